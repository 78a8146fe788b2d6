import Diagnostics

/// Why a model cannot be brought into a base model's coordinates.
public enum CoordinateError: DiagnosableError, Equatable {
  /// The model's tower does not have the base model's dimensions.
  case otherShape(path: String, key: String, expected: String, actual: String)

  /// The stable identifier.
  public var code: String { "coordinates.other-shape" }

  /// What is wrong, with the values.
  public var what: String {
    switch self {
    case .otherShape(_, let key, let expected, let actual):
      "`\(key)` is `\(actual)`, the base model's is `\(expected)`"
    }
  }

  /// The folder at fault.
  public var location: String? {
    switch self {
    case .otherShape(let path, _, _, _): path
    }
  }

  /// How to fix it.
  public var hints: [String] { ["compare models of one base model only"] }
}
