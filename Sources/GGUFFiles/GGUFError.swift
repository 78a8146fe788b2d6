import Diagnostics

/// What can be wrong with a GGUF file: one case per rule of the format.
public enum GGUFError: DiagnosableError, Equatable {
  /// The version is none that is read.
  case unsupportedVersion(file: String, actual: UInt32)
  /// A number or text would lie beyond the end of the file.
  case endsEarly(file: String, offset: Int, needed: UInt64)
  /// A count is larger than the file has room for.
  case countBeyondFile(file: String, what: String, actual: UInt64)
  /// A text is not UTF-8.
  case notText(file: String, offset: Int)
  /// The type of a metadata value is unknown.
  case unknownValueType(file: String, key: String, actual: UInt32)
  /// Arrays lie in arrays in arrays.
  case nestedTooDeep(file: String, key: String, limit: Int)
  /// A key or a tensor's name stands there twice.
  case duplicateName(file: String, name: String)
  /// The alignment is no power of two, or too large.
  case badAlignment(file: String, actual: String)
  /// A tensor has more dimensions than the format allows.
  case tooManyDimensions(tensor: String, file: String, limit: Int, actual: UInt32)
  /// A tensor's size does not fit in 63 bits, or its rows are no whole blocks.
  case badShape(tensor: String, file: String, shape: [UInt64])
  /// A tensor's type is unknown or not read.
  case unsupportedType(tensor: String, file: String, actual: UInt32)
  /// A tensor's data lies beyond the end of the file.
  case dataBeyondFile(tensor: String, file: String, expectedEnd: UInt64, actualEnd: Int)
  /// Two tensors share bytes.
  case overlap(first: String, second: String, file: String)

  /// The stable identifier.
  public var code: String {
    switch self {
    case .unsupportedVersion: "gguf.unsupported-version"
    case .endsEarly: "gguf.ends-early"
    case .countBeyondFile: "gguf.count-beyond-file"
    case .notText: "gguf.not-text"
    case .unknownValueType: "gguf.unknown-value-type"
    case .nestedTooDeep: "gguf.nested-too-deep"
    case .duplicateName: "gguf.duplicate-name"
    case .badAlignment: "gguf.bad-alignment"
    case .tooManyDimensions: "gguf.too-many-dimensions"
    case .badShape: "gguf.bad-shape"
    case .unsupportedType: "gguf.unsupported-type"
    case .dataBeyondFile: "gguf.data-beyond-file"
    case .overlap: "gguf.overlap"
    }
  }

  /// What is wrong, with the values.
  public var what: String {
    switch self {
    case .unsupportedVersion(_, let actual): "the GGUF version is \(actual), expected 2 or 3"
    case .endsEarly(_, _, let needed): "the file ends where \(needed) more bytes are announced"
    case .countBeyondFile(_, let what, let actual):
      "the file announces \(actual) \(what), which it has no room for"
    case .notText: "a text is not valid UTF-8"
    case .unknownValueType(_, let key, let actual):
      "the metadata value `\(key)` has the unknown type \(actual)"
    case .nestedTooDeep(_, let key, let limit):
      "the metadata value `\(key)` nests arrays more than \(limit) deep"
    case .duplicateName(_, let name): "the name `\(name)` stands there twice"
    case .badAlignment(_, let actual):
      "the alignment is \(actual), expected a power of two up to 1048576"
    case .tooManyDimensions(let tensor, _, let limit, let actual):
      "the tensor `\(tensor)` has \(actual) dimensions, at most \(limit) are accepted"
    case .badShape(let tensor, _, let shape):
      "the tensor `\(tensor)` of shape \(shape) is too large, or its rows are not whole blocks"
    case .unsupportedType(let tensor, _, let actual):
      "the tensor `\(tensor)` has the type \(GGUFTensorType.name(of: actual)), which is not read"
    case .dataBeyondFile(let tensor, _, let expected, let actual):
      "the data of `\(tensor)` ends at byte \(expected), the file at byte \(actual)"
    case .overlap(let first, let second, _):
      "the tensors `\(first)` and `\(second)` share bytes"
    }
  }

  /// The file, and the byte where one is known.
  public var location: String? {
    switch self {
    case .endsEarly(let file, let offset, _), .notText(let file, let offset):
      "\(file), byte \(offset)"
    case .unsupportedVersion(let file, _), .countBeyondFile(let file, _, _),
      .unknownValueType(let file, _, _), .nestedTooDeep(let file, _, _),
      .duplicateName(let file, _), .badAlignment(let file, _),
      .tooManyDimensions(_, let file, _, _), .badShape(_, let file, _),
      .unsupportedType(_, let file, _), .dataBeyondFile(_, let file, _, _),
      .overlap(_, _, let file):
      file
    }
  }

  /// How to fix it.
  public var hints: [String] {
    switch self {
    case .unsupportedVersion: ["convert the model again with a current version of llama.cpp"]
    case .unsupportedType:
      ["use a file in F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, or Q2_K to Q6_K"]
    default: ["download the file again, and compare its SHA-256 with the publisher's"]
    }
  }
}
