import Diagnostics

/// What can be wrong with a checkpoint or an output folder: one case per rule.
public enum CheckpointError: DiagnosableError, Equatable {
  // Safetensors header
  /// The file is too short to hold the length of its header (8 bytes).
  case tooShort(file: String, expected: Int, actual: Int)
  /// The header announces more bytes than any header may have.
  case headerTooLong(file: String, limit: Int, actual: UInt64)
  /// The header announces more bytes than the file has left.
  case headerBeyondFile(file: String, expected: Int, actual: Int)
  /// A tensor has no name.
  case emptyTensorName(file: String)
  /// The element type is not one of the format's.
  case unknownElementType(tensor: String, file: String, actual: String)
  /// The shape has more dimensions than any tensor needs.
  case tooManyDimensions(tensor: String, file: String, limit: Int)
  /// A dimension is below zero.
  case negativeDimension(tensor: String, file: String, dimension: Int, actual: Int)
  /// The number of bytes that the shape asks for does not fit in 63 bits.
  case shapeOverflows(tensor: String, file: String, shape: [Int])
  /// The data would end before it starts.
  case reversedOffsets(tensor: String, file: String, start: Int, end: Int)
  /// The offsets span another number of bytes than shape and element type ask for.
  case lengthMismatch(tensor: String, file: String, expected: Int, actual: Int)
  /// The data does not start where the data of the previous tensor ends.
  case gapOrOverlap(tensor: String, file: String, expectedStart: Int, actualStart: Int)
  /// The data would end behind the end of the file.
  case dataBeyondFile(tensor: String, file: String, expectedEnd: Int, actualEnd: Int)
  /// Bytes follow the data of the last tensor.
  case trailingBytes(file: String, expected: Int, actual: Int)

  // Folders and shards
  /// The folder has no file of weights under any of the names that are looked for.
  case noWeights(folder: String)
  /// The index names a shard by something else than a plain file name.
  case unsafeShardName(index: String, shard: String)
  /// The index names a shard that is not there.
  case missingShard(index: String, shard: String)
  /// The index places a tensor in a shard that does not have it.
  case tensorNotInShard(tensor: String, shard: String, index: String)
  /// Two shards have a tensor of the same name.
  case tensorInTwoShards(tensor: String, first: String, second: String)

  // Reading tensors
  /// There is no tensor of that name.
  case missingTensor(tensor: String, file: String)
  /// The tensor has another shape than asked for.
  case shapeMismatch(tensor: String, file: String, expected: [Int], actual: [Int])
  /// The elements are of a kind that was not asked for, such as integers where floats are needed.
  case elementTypeMismatch(tensor: String, file: String, expected: String, actual: ElementType)
  /// An element is NaN or infinite; `index` counts elements in row-major order.
  case nonFinite(tensor: String, file: String, index: Int, actual: String)
  /// An element does not fit in the type that it is converted to.
  case notRepresentable(
    tensor: String, file: String, index: Int, expected: String, actual: String)
  /// The elements do not lie in row-major order, so they cannot be read piece by piece.
  case notRowMajor(tensor: String, file: String)
  /// The file changed its length between two reads.
  case fileChanged(file: String, expected: Int, actual: Int)

  // Writing
  /// Two tensors to be written have the same name.
  case duplicateTensor(tensor: String, file: String)
  /// The folder to be replaced has no `config.json`, so it is not one of our outputs.
  case notAnOutputFolder(path: String)
  /// The folder to be replaced holds something that no model folder holds.
  case foreignFile(folder: String, name: String)
}
