import Diagnostics

/// What can be wrong with a JSON text: one case per rule.
public enum DocumentError: DiagnosableError, Equatable {
  /// The text is larger than the reader accepts.
  case textTooLarge(file: String, limit: Int, actual: Int)
  /// The text is not UTF-8.
  case notUTF8(file: String, offset: Int)
  /// A string has more combining marks in a row than text of any language.
  case tooManyMarks(file: String, offset: Int, limit: Int)
  /// The text is not JSON.
  case invalidJSON(file: String, offset: Int, expected: String, actual: String)
  /// Arrays and objects are nested too deeply.
  case nestedTooDeeply(file: String, offset: Int, limit: Int)
  /// An object has a key twice, after escape sequences are resolved.
  case duplicateKey(file: String, keyPath: String)
  /// An object lacks a key.
  case missingKey(file: String, keyPath: String)
  /// A value has the wrong type or lies outside its range.
  case unexpectedValue(file: String, keyPath: String, expected: String, actual: String)

  /// The stable identifier.
  public var code: String {
    switch self {
    case .textTooLarge: "json.text-too-large"
    case .notUTF8: "json.not-utf8"
    case .tooManyMarks: "json.too-many-marks"
    case .invalidJSON: "json.invalid"
    case .nestedTooDeeply: "json.nested-too-deeply"
    case .duplicateKey: "json.duplicate-key"
    case .missingKey: "json.missing-key"
    case .unexpectedValue: "json.unexpected-value"
    }
  }

  /// What is wrong, with the values.
  public var what: String {
    switch self {
    case .textTooLarge(_, let limit, let actual):
      "the file has \(actual) bytes, at most \(limit) are accepted"
    case .notUTF8: "the text is not UTF-8"
    case .tooManyMarks(_, _, let limit):
      "a string has more than \(limit) combining marks in a row"
    case .invalidJSON(_, _, let expected, let actual):
      "the text is not JSON: expected \(expected), found \(actual)"
    case .nestedTooDeeply(_, _, let limit): "JSON is nested more than \(limit) levels deep"
    case .duplicateKey: "the key is there twice"
    case .missingKey: "the key is missing"
    case .unexpectedValue(_, _, let expected, let actual): "expected \(expected), found \(actual)"
    }
  }

  /// The file, and the byte or the key in it.
  public var location: String? {
    switch self {
    case .textTooLarge(let file, _, _): file
    case .notUTF8(let file, let offset), .invalidJSON(let file, let offset, _, _),
      .nestedTooDeeply(let file, let offset, _), .tooManyMarks(let file, let offset, _):
      "\(file), byte \(offset)"
    case .duplicateKey(let file, let keyPath), .missingKey(let file, let keyPath),
      .unexpectedValue(let file, let keyPath, _, _):
      keyPath.isEmpty ? file : "\(file), key `\(keyPath)`"
    }
  }

  /// How to fix it.
  public var hints: [String] {
    switch self {
    case .textTooLarge, .notUTF8, .invalidJSON, .nestedTooDeeply, .duplicateKey:
      ["check that this is the right file and that nothing has cut or edited it"]
    case .tooManyMarks: ["write names in the characters of a language"]
    case .missingKey, .unexpectedValue: ["compare the file with its format's description"]
    }
  }
}
