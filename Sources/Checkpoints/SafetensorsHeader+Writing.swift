/// The first bytes of a file: the header's length, and the header padded with spaces so that data
/// start at a multiple of `alignment`, 8 upstream.
///
/// `tensors` are in canonical order. Metadata is sorted by key; upstream leaves its order open.
func serializedHeader(
  _ tensors: [TensorSpecification], metadata: [String: String], alignment: Int, file: String
) throws(CheckpointError) -> [UInt8] {
  var members: [String] = []
  if !metadata.isEmpty {
    let pairs = metadata.sorted { precedesInBytes($0.key, $1.key) }
      .map { "\(quoted($0.key)):\(quoted($0.value))" }
    members.append("\"\(SafetensorsHeader.metadataKey)\":{\(pairs.joined(separator: ","))}")
  }
  var names: Set<String> = [SafetensorsHeader.metadataKey]
  var offset = 0
  for tensor in tensors {
    let length = try checkedByteCount(of: tensor, file: file)
    guard names.insert(tensor.name).inserted else {
      throw .duplicateTensor(tensor: tensor.name, file: file)
    }
    let (end, overflows) = offset.addingReportingOverflow(length)
    guard !overflows else {
      throw .shapeOverflows(tensor: tensor.name, file: file, shape: tensor.shape)
    }
    let shape = tensor.shape.map(String.init).joined(separator: ",")
    members.append(
      "\(quoted(tensor.name)):{\"dtype\":\"\(tensor.elementType.rawValue)\","
        + "\"shape\":[\(shape)],\"data_offsets\":[\(offset),\(end)]}")
    offset = end
  }
  var text = Array("{\(members.joined(separator: ","))}".utf8)
  text.append(
    contentsOf: repeatElement(UInt8(ascii: " "), count: -(8 + text.count) & (alignment - 1)))
  guard text.count <= SafetensorsHeader.lengthLimit else {
    throw .headerTooLong(
      file: file, limit: SafetensorsHeader.lengthLimit, actual: UInt64(text.count))
  }
  return withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) } + text
}

/// Holds a tensor to the rules that the reader will hold it to.
private func checkedByteCount(
  of tensor: TensorSpecification, file: String
) throws(CheckpointError) -> Int {
  guard !tensor.name.isEmpty else { throw .emptyTensorName(file: file) }
  guard tensor.shape.count <= SafetensorsHeader.dimensionLimit else {
    throw .tooManyDimensions(
      tensor: tensor.name, file: file, limit: SafetensorsHeader.dimensionLimit)
  }
  for (index, dimension) in tensor.shape.enumerated() where dimension < 0 {
    throw .negativeDimension(
      tensor: tensor.name, file: file, dimension: index, actual: dimension)
  }
  guard let length = byteCount(of: tensor.shape, tensor.elementType) else {
    throw .shapeOverflows(tensor: tensor.name, file: file, shape: tensor.shape)
  }
  return length
}

/// A JSON string that escapes what must be escaped and nothing else, as upstream.
private func quoted(_ text: String) -> String {
  var result = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": result += "\\\""
    case "\\": result += "\\\\"
    case "\n": result += "\\n"
    case "\r": result += "\\r"
    case "\t": result += "\\t"
    case "\u{8}": result += "\\b"
    case "\u{c}": result += "\\f"
    case ..<"\u{20}":
      let digits = String(scalar.value, radix: 16)
      result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result + "\""
}
