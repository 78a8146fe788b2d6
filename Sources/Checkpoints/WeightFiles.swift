import Documents
import Files
import Foundation

/// The files of weights that a path stands for, and their index when there are several.
struct WeightFiles {
  let files: [String]
  let index: ShardIndex?

  /// The files that a folder of Hugging Face, of open_clip or of a peft adapter may have its weights
  /// in, the first choice first, as `transformers` chooses.
  static let names = [
    "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin",
    "pytorch_model.bin.index.json", "open_clip_model.safetensors", "open_clip_pytorch_model.bin",
    "adapter_model.safetensors", "adapter_model.bin",
  ]

  /// Resolves a file, an index file or a folder.
  init(path: String) throws {
    var isDirectory: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
    guard exists, isDirectory.boolValue else {
      if path.hasSuffix(".index.json") {
        try self.init(index: path)
      } else {
        self.init(files: [path], index: nil)
      }
      return
    }
    let folder = path.hasSuffix("/") ? path : path + "/"
    let found = Self.names.first { FileManager.default.fileExists(atPath: folder + $0) }
    guard let found else { throw CheckpointError.noWeights(folder: path) }
    if found.hasSuffix(".json") {
      try self.init(index: folder + found)
    } else {
      self.init(files: [folder + found], index: nil)
    }
  }

  private init(files: [String], index: ShardIndex?) {
    self.files = files
    self.index = index
  }

  private init(index path: String) throws {
    let index = try ShardIndex(path: path)
    let files = index.shards.map { index.folder + $0 }
    for (shard, file) in zip(index.shards, files)
    where !FileManager.default.fileExists(atPath: file) {
      throw CheckpointError.missingShard(index: path, shard: shard)
    }
    self.init(files: files, index: index)
  }
}

/// A `model.safetensors.index.json` or `pytorch_model.bin.index.json`: which shard has which tensor.
///
/// Shards are plain file names beside the index. A shard may be a symbolic link, as in the caches
/// of Hugging Face; a name that walks to another folder is refused.
struct ShardIndex {
  let path: String
  /// Shard names by tensor name.
  let weightMap: [String: String]
  /// Sorted, each once.
  let shards: [String]

  private struct Contents: Decodable {
    let weightMap: [String: String]

    enum CodingKeys: String, CodingKey {
      case weightMap = "weight_map"
    }
  }

  init(path: String) throws {
    self.path = path
    weightMap = try StrictJSON.decode(Contents.self, contentsOf: path).weightMap
    shards = Set(weightMap.values).sorted(by: precedesInBytes)
    for shard in shards {
      let isPlain =
        !shard.isEmpty && shard != "." && shard != ".."
        && !shard.utf8.contains { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") || $0 == 0 }
      guard isPlain else { throw CheckpointError.unsafeShardName(index: path, shard: shard) }
    }
    guard !shards.isEmpty else {
      throw DocumentError.unexpectedValue(
        file: path, keyPath: "weight_map", expected: "at least one tensor", actual: "none")
    }
  }

  /// The folder of the index with a slash behind it, or nothing.
  var folder: String {
    path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
  }

  /// Checks that every tensor of the index is in its shard; `files` has the file of each tensor.
  ///
  /// - Returns: the tensors that the index does not list, sorted. Published models have such, for
  ///   instance buffers that a later version of a framework no longer loads.
  func unlisted(_ files: [String: String]) throws(CheckpointError) -> [String] {
    for (tensor, shard) in weightMap.sorted(by: { precedesInBytes($0.key, $1.key) }) {
      guard files[tensor] == folder + shard else {
        throw .tensorNotInShard(tensor: tensor, shard: folder + shard, index: path)
      }
    }
    return files.keys.filter { weightMap[$0] == nil }.sorted(by: precedesInBytes)
  }
}
