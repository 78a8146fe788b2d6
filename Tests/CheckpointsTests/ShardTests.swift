import Checkpoints
import Diagnostics
import Documents
import Foundation
import Testing

@Suite struct ShardTests {
  /// Two shards with a tensor each, `a` and `b`, and an index as given.
  private func folder(_ index: String) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for (name, value) in [("a", Float(1)), ("b", 2)] {
      try writeSafetensors(
        path: "\(folder.path)/\(name).safetensors",
        tensors: [(.init(name: name, elementType: .f32, shape: [1]), [value])],
        metadata: ["format": "pt", name: "here"])
    }
    _ = try folder.write(index, "model.safetensors.index.json")
    return folder
  }

  private func expect(
    _ index: String, fails error: (_ folder: String, _ index: String) -> CheckpointError,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let folder = try folder(index)
    let expected = error(folder.path + "/", folder.path + "/model.safetensors.index.json")
    #expect(throws: expected, sourceLocation: sourceLocation) {
      _ = try Checkpoint(path: folder.path)
    }
  }

  private func expect(
    _ index: String, fails error: (_ folder: String, _ index: String) -> DocumentError,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let folder = try folder(index)
    let expected = error(folder.path + "/", folder.path + "/model.safetensors.index.json")
    #expect(throws: expected, sourceLocation: sourceLocation) {
      _ = try Checkpoint(path: folder.path)
    }
  }

  private static let valid =
    #"{"metadata":{"total_size":8},"weight_map":{"b":"b.safetensors","a":"a.safetensors"}}"#

  @Test func shardsAreOneTable() throws {
    let folder = try folder(Self.valid)
    for path in [folder.path, folder.path + "/", folder.path + "/model.safetensors.index.json"] {
      let checkpoint = try Checkpoint(path: path)
      #expect(checkpoint.tensorNames == ["a", "b"])
      #expect(try checkpoint.floats("a", shape: [1]) == [1])
      #expect(try checkpoint.floats("b", shape: [1]) == [2])
      #expect(checkpoint.metadata == ["format": "pt", "a": "here", "b": "here"])
      #expect(checkpoint.descriptor(of: "b")?.file == folder.path + "/b.safetensors")
    }
  }

  @Test func aSingleFileIsPreferredToAnIndex() throws {
    let folder = try folder(Self.valid)
    try writeSafetensors(path: folder.path + "/model.safetensors", tensors: [])
    #expect(try Checkpoint(path: folder.path).tensorNames.isEmpty)
  }

  @Test func shardsMayBeSymbolicLinks() throws {
    let blobs = try folder(Self.valid)
    let folder = try TemporaryFolder()
    _ = try folder.write(
      #"{"weight_map":{"a":"model-1.safetensors"}}"#, "model.safetensors.index.json")
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/model-1.safetensors",
      withDestinationPath: blobs.path + "/a.safetensors")
    #expect(try Checkpoint(path: folder.path).floats("a", shape: [1]) == [1])
  }

  @Test(arguments: ["../a.safetensors", "/etc/passwd", "x/a.safetensors", "..", "", #"x\a"#])
  func shardNamesMustBePlain(name: String) throws {
    let escaped = name.replacingOccurrences(of: #"\"#, with: #"\\"#)
    try expect(#"{"weight_map":{"a":"\#(escaped)"}}"#) { _, index in
      .unsafeShardName(index: index, shard: name)
    }
  }

  @Test func shardsMustBeThere() throws {
    try expect(#"{"weight_map":{"a":"a.safetensors","c":"c.safetensors"}}"#) { _, index in
      .missingShard(index: index, shard: "c.safetensors")
    }
  }

  @Test func tensorsMustBeInTheirShard() throws {
    try expect(
      #"{"weight_map":{"a":"a.safetensors","b":"b.safetensors","c":"a.safetensors"}}"#
    ) { folder, index in
      .tensorNotInShard(tensor: "c", shard: folder + "a.safetensors", index: index)
    }
    try expect(#"{"weight_map":{"a":"b.safetensors","b":"a.safetensors"}}"#) { folder, index in
      .tensorNotInShard(tensor: "a", shard: folder + "b.safetensors", index: index)
    }
  }

  /// Published models have shards with more tensors than their index lists; no download mends that.
  @Test func tensorsThatTheIndexLeavesOutAreNoPartOfTheModel() throws {
    let folder = try folder(Self.valid)
    try writeSafetensors(
      path: folder.path + "/b.safetensors",
      tensors: [
        (.init(name: "b", elementType: .f32, shape: [1]), [2]),
        (.init(name: "extra", elementType: .f32, shape: [1]), [3]),
      ], replacing: true)
    let checkpoint = try Checkpoint(path: folder.path)
    #expect(checkpoint.tensorNames == ["a", "b"])
    #expect(checkpoint.unlistedTensors == ["extra"])
    #expect(checkpoint.descriptor(of: "extra") == nil)
  }

  @Test func tensorsMayNotBeInTwoShards() throws {
    let folder = try folder(Self.valid)
    try writeSafetensors(
      path: folder.path + "/b.safetensors",
      tensors: [
        (.init(name: "b", elementType: .f32, shape: [1]), [2]),
        (.init(name: "a", elementType: .f32, shape: [1]), [3]),
      ], replacing: true)
    #expect(
      throws: CheckpointError.tensorInTwoShards(
        tensor: "a", first: folder.path + "/a.safetensors",
        second: folder.path + "/b.safetensors")
    ) { try Checkpoint(path: folder.path) }
  }

  @Test func anIndexMustNameShards() throws {
    try expect(#"{"weight_map":{}}"#) { _, index in
      DocumentError.unexpectedValue(
        file: index, keyPath: "weight_map", expected: "at least one tensor", actual: "none")
    }
    try expect(#"{"map":{}}"#) { _, index in
      DocumentError.missingKey(file: index, keyPath: "weight_map")
    }
    try expect(#"{"weight_map":{"a":"a.safetensors","\u0061":"b.safetensors"}}"#) { _, index in
      DocumentError.duplicateKey(file: index, keyPath: "weight_map.a")
    }
  }

  @Test func aFolderWithoutWeightsIsNamed() throws {
    let folder = try TemporaryFolder()
    #expect(throws: CheckpointError.noWeights(folder: folder.path)) {
      try Checkpoint(path: folder.path)
    }
  }

  @Test func theDigestOfShardsIsThatOfTheirList() throws {
    let folder = try folder(Self.valid)
    let lines = try ["a.safetensors", "b.safetensors"].map { name in
      "\(try Digest.sha256(ofFile: "\(folder.path)/\(name)").hexadecimal)  \(name)\n"
    }
    let digest = try Checkpoint(path: folder.path).digest()
    #expect(digest == Digest.sha256(of: lines.joined().utf8))
  }
}
