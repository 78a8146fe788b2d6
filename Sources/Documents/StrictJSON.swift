import Foundation

/// Decodes JSON files and refuses what Foundation would let pass.
///
/// Foundation keeps one of two equal keys without a word and nests as deep as the stack goes. Here
/// the text is checked first: strict UTF-8 and RFC 8259 grammar, no key twice, bounded nesting,
/// bounded size.
public enum StrictJSON {
  /// The largest text that is accepted, in bytes.
  public static let sizeLimit = 256 << 20

  /// Decodes a value; `file` names the text in errors, and `context` is the decoder's `userInfo`.
  ///
  /// - Throws: the JSON cases of ``DocumentError``, each with the file and the key path. Typed
  ///   errors that `type` throws while decoding are passed on as they are.
  public static func decode<Value: Decodable>(
    _ type: Value.Type, from bytes: some ContiguousBytes, file: String,
    context: [CodingUserInfoKey: any Sendable] = [:]
  ) throws -> Value {
    try bytes.withUnsafeBytes { bytes in
      guard bytes.count <= sizeLimit else {
        throw DocumentError.textTooLarge(file: file, limit: sizeLimit, actual: bytes.count)
      }
      var reader = try JSONReader(bytes, file: file)
      try reader.skipValue()
      try reader.finish()
      do {
        let decoder = JSONDecoder()
        decoder.userInfo = context
        return try decoder.decode(type, from: Data(bytes))
      } catch let error as DecodingError {
        throw DocumentError(error, file: file)
      }
    }
  }
}

extension DocumentError {
  /// The typed form of Foundation's error.
  fileprivate init(_ error: DecodingError, file: String) {
    switch error {
    case .keyNotFound(let key, let context):
      self = .missingKey(file: file, keyPath: Self.keyPath(context.codingPath + [key]))
    case .valueNotFound(let type, let context):
      self = .unexpectedValue(
        file: file, keyPath: Self.keyPath(context.codingPath), expected: Self.name(of: type),
        actual: "null")
    case .typeMismatch(let type, let context):
      self = .unexpectedValue(
        file: file, keyPath: Self.keyPath(context.codingPath), expected: Self.name(of: type),
        actual: Self.foundKind(in: context.debugDescription))
    case .dataCorrupted(let context):
      self = .unexpectedValue(
        file: file, keyPath: Self.keyPath(context.codingPath), expected: "a valid value",
        actual: "another: \(context.debugDescription)")
    @unknown default:
      self = .unexpectedValue(
        file: file, keyPath: "", expected: "a valid value", actual: "\(error)")
    }
  }

  private static func keyPath(_ path: [any CodingKey]) -> String {
    path.reduce(into: "") { text, key in
      if let index = key.intValue {
        text += "[\(index)]"
      } else {
        text += text.isEmpty ? key.stringValue : ".\(key.stringValue)"
      }
    }
  }

  /// What stands in the file: Foundation says "Expected to decode Int but found a string instead".
  private static func foundKind(in description: String) -> String {
    guard let found = description.range(of: "but found "),
      let end = description.range(of: " instead", range: found.upperBound..<description.endIndex)
    else { return "a value of another kind" }
    return String(description[found.upperBound..<end.lowerBound])
  }

  /// What a reader of the file would call a Swift type.
  private static func name(of type: any Any.Type) -> String {
    switch type {
    case is String.Type: "a string"
    case is Bool.Type: "a boolean"
    case is any BinaryInteger.Type: "an integer"
    case is any BinaryFloatingPoint.Type: "a number"
    default:
      "\(type)".hasPrefix("Array") ? "an array" : "an object"
    }
  }
}
