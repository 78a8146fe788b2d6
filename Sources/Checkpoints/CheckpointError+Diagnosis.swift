import Diagnostics

extension CheckpointError {
  /// The stable identifier.
  public var code: String {
    switch self {
    case .tooShort: "checkpoint.too-short"
    case .headerTooLong: "checkpoint.header-too-long"
    case .headerBeyondFile: "checkpoint.header-beyond-file"
    case .emptyTensorName: "checkpoint.empty-tensor-name"
    case .unknownElementType: "checkpoint.unknown-element-type"
    case .tooManyDimensions: "checkpoint.too-many-dimensions"
    case .negativeDimension: "checkpoint.negative-dimension"
    case .shapeOverflows: "checkpoint.shape-overflows"
    case .reversedOffsets: "checkpoint.reversed-offsets"
    case .lengthMismatch: "checkpoint.length-mismatch"
    case .gapOrOverlap: "checkpoint.gap-or-overlap"
    case .dataBeyondFile: "checkpoint.data-beyond-file"
    case .trailingBytes: "checkpoint.trailing-bytes"
    case .noWeights: "checkpoint.no-weights"
    case .unsafeShardName: "checkpoint.unsafe-shard-name"
    case .missingShard: "checkpoint.missing-shard"
    case .tensorNotInShard: "checkpoint.tensor-not-in-shard"
    case .tensorInTwoShards: "checkpoint.tensor-in-two-shards"
    case .missingTensor: "checkpoint.missing-tensor"
    case .shapeMismatch: "checkpoint.shape-mismatch"
    case .elementTypeMismatch: "checkpoint.element-type-mismatch"
    case .nonFinite: "checkpoint.non-finite"
    case .notRepresentable: "checkpoint.not-representable"
    case .notRowMajor: "checkpoint.not-row-major"
    case .fileChanged: "checkpoint.file-changed"
    case .duplicateTensor: "checkpoint.duplicate-tensor"
    case .notAnOutputFolder: "checkpoint.not-an-output-folder"
    case .foreignFile: "checkpoint.foreign-file"
    }
  }

  /// What is wrong, with the values.
  public var what: String {
    switch self {
    case .tooShort(_, let expected, let actual):
      "the file has \(actual) bytes, a safetensors file has at least \(expected)"
    case .headerTooLong(_, let limit, let actual):
      "the header announces \(actual) bytes, at most \(limit) are accepted"
    case .headerBeyondFile(_, let expected, let actual):
      "the header announces \(expected) bytes, the file has \(actual) left"
    case .emptyTensorName: "a tensor has an empty name"
    case .unknownElementType(_, _, let actual):
      "element type `\(actual)` is not known, expected one of "
        + ElementType.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")
    case .tooManyDimensions(_, _, let limit): "the shape has more than \(limit) dimensions"
    case .negativeDimension(_, _, let dimension, let actual):
      "dimension \(dimension) is `\(actual)`, expected zero or more"
    case .shapeOverflows(_, _, let shape):
      "shape \(shape) asks for more bytes than any file can have"
    case .reversedOffsets(_, _, let start, let end):
      "the data starts at byte \(start) and ends before it, at byte \(end)"
    case .lengthMismatch(_, _, let expected, let actual):
      "the offsets span \(actual) bytes, shape and element type ask for \(expected)"
    case .gapOrOverlap(_, _, let expectedStart, let actualStart):
      "the data starts at byte \(actualStart), expected \(expectedStart), "
        + "where the previous tensor ends"
    case .dataBeyondFile(_, _, let expectedEnd, let actualEnd):
      "the data ends at byte \(actualEnd), the file's data ends at byte \(expectedEnd)"
    case .trailingBytes(_, let expected, let actual):
      "the file has \(actual) bytes of data, its tensors take \(expected)"
    case .noWeights:
      "the folder has none of " + WeightFiles.names.map { "`\($0)`" }.joined(separator: ", ")
    case .unsafeShardName(_, let shard): "shard `\(shard)` is not a plain file name"
    case .missingShard(_, let shard): "shard `\(shard)` is not there"
    case .tensorNotInShard(_, let shard, let index):
      "`\(index)` places the tensor in this file, which does not have it: `\(shard)`"
    case .tensorInTwoShards(_, let first, _): "the tensor is also in `\(first)`"
    default: valueDescription
    }
  }

  /// The part of ``what`` that is about the values of tensors.
  private var valueDescription: String {
    switch self {
    case .missingTensor: "the tensor is missing"
    case .shapeMismatch(_, _, let expected, let actual):
      "the tensor has shape \(actual), expected \(expected)"
    case .elementTypeMismatch(_, _, let expected, let actual):
      "the tensor has element type `\(actual.rawValue)`, expected \(expected)"
    case .nonFinite(_, _, let index, let actual):
      "element \(index) is `\(actual)`, expected a finite number"
    case .notRepresentable(_, _, let index, let expected, let actual):
      "element \(index) is `\(actual)`, which does not fit in `\(expected)`"
    case .notRowMajor: "the tensor's elements do not lie one behind the other"
    case .fileChanged(_, let expected, let actual):
      "the file has \(actual) bytes, it had \(expected) when it was opened"
    case .duplicateTensor: "the tensor is to be written twice"
    case .notAnOutputFolder: "the folder to be replaced has no `config.json`"
    case .foreignFile(_, let name):
      "the folder to be replaced holds `\(name)`, which is no part of a model"
    default: preconditionFailure("`what` describes every other case")
    }
  }

  /// The file, and the tensor, key or byte in it.
  public var location: String? {
    switch self {
    case .tooShort(let file, _, _), .headerTooLong(let file, _, _),
      .headerBeyondFile(let file, _, _), .emptyTensorName(let file), .trailingBytes(let file, _, _),
      .fileChanged(let file, _, _), .noWeights(let file),
      .unsafeShardName(let file, _), .missingShard(let file, _), .notAnOutputFolder(let file),
      .foreignFile(let file, _):
      file
    case .unknownElementType(let tensor, let file, _), .tooManyDimensions(let tensor, let file, _),
      .negativeDimension(let tensor, let file, _, _), .shapeOverflows(let tensor, let file, _),
      .reversedOffsets(let tensor, let file, _, _), .lengthMismatch(let tensor, let file, _, _),
      .gapOrOverlap(let tensor, let file, _, _), .dataBeyondFile(let tensor, let file, _, _),
      .tensorNotInShard(let tensor, let file, _), .tensorInTwoShards(let tensor, _, let file),
      .missingTensor(let tensor, let file), .notRowMajor(let tensor, let file),
      .shapeMismatch(let tensor, let file, _, _), .elementTypeMismatch(let tensor, let file, _, _),
      .nonFinite(let tensor, let file, _, _), .notRepresentable(let tensor, let file, _, _, _),
      .duplicateTensor(let tensor, let file):
      "\(file), tensor `\(tensor)`"
    }
  }

  /// How to fix it.
  public var hints: [String] {
    switch self {
    case .tooShort, .headerTooLong, .headerBeyondFile, .dataBeyondFile, .trailingBytes:
      ["check that this is a safetensors file and that its download is complete"]
    case .emptyTensorName, .tooManyDimensions, .negativeDimension, .shapeOverflows,
      .reversedOffsets, .lengthMismatch, .gapOrOverlap:
      ["write the file again with the safetensors library"]
    case .unknownElementType, .elementTypeMismatch:
      ["convert the weights to F32, F16 or BF16; quantized checkpoints are not read"]
    case .noWeights: ["name a file of weights, or a folder as Hugging Face keeps it"]
    case .unsafeShardName: ["name shards by file names in the folder of the index"]
    case .missingShard, .tensorNotInShard, .tensorInTwoShards:
      ["download all shards and their index from the same revision"]
    case .missingTensor, .shapeMismatch: ["check that `config.json` belongs to this checkpoint"]
    case .nonFinite: ["check the training run: weights with NaN or infinity cannot be used"]
    case .notRepresentable: ["choose a wider element type"]
    case .notRowMajor: ["write the tensor as safetensors, or make it contiguous and save it again"]
    case .fileChanged: ["check that nothing else is writing to the file, then try again"]
    case .duplicateTensor: ["give every tensor its own name"]
    case .notAnOutputFolder, .foreignFile:
      ["choose another name, or remove the folder yourself"]
    }
  }
}
