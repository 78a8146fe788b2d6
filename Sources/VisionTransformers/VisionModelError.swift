import Diagnostics

/// What can be wrong with the description of a vision tower.
public enum VisionModelError: DiagnosableError, Equatable {
  /// A number in `config.json` is outside of what a tower can have.
  case valueOutOfRange(file: String, key: String, expected: String, actual: String)
  /// `config.json` names an activation function that is not implemented.
  case unknownActivation(file: String, actual: String)

  /// The stable identifier.
  public var code: String {
    switch self {
    case .valueOutOfRange: "vision.value-out-of-range"
    case .unknownActivation: "vision.unknown-activation"
    }
  }

  /// What is wrong, with the values.
  public var what: String {
    switch self {
    case .valueOutOfRange(_, let key, let expected, let actual):
      "`\(key)` is \(actual), expected \(expected)"
    case .unknownActivation(_, let actual):
      "`hidden_act` is `\(actual)`, expected `quick_gelu`, `gelu` or `gelu_pytorch_tanh`"
    }
  }

  /// The file at fault.
  public var location: String? {
    switch self {
    case .valueOutOfRange(let file, _, _, _), .unknownActivation(let file, _):
      file
    }
  }

  /// How to fix it.
  public var hints: [String] {
    switch self {
    case .valueOutOfRange:
      ["check that `config.json` belongs to this checkpoint"]
    case .unknownActivation: ["use a tower with one of these activations"]
    }
  }
}
