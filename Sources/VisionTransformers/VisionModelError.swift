import Diagnostics

/// What can be wrong with the description of a vision tower.
public enum VisionModelError: DiagnosableError, Equatable {
  /// A number in `config.json` is outside of what a tower can have.
  case valueOutOfRange(file: String, key: String, expected: String, actual: String)
  /// `config.json` names an activation function that is not implemented.
  case unknownActivation(file: String, actual: String)
  /// No tensor of the checkpoint ends in the name that every CLIP vision tower has.
  case notAVisionTower(file: String, missingTensor: String)

  /// The stable identifier.
  public var code: String {
    switch self {
    case .valueOutOfRange: "vision.value-out-of-range"
    case .unknownActivation: "vision.unknown-activation"
    case .notAVisionTower: "vision.not-a-vision-tower"
    }
  }

  /// What is wrong, with the values.
  public var what: String {
    switch self {
    case .valueOutOfRange(_, let key, let expected, let actual):
      "`\(key)` is \(actual), expected \(expected)"
    case .unknownActivation(_, let actual):
      "`hidden_act` is `\(actual)`, expected `quick_gelu` or `gelu`"
    case .notAVisionTower(_, let missingTensor):
      "no tensor is named `\(missingTensor)`, so this is not a CLIP vision tower"
    }
  }

  /// The file at fault.
  public var location: String? {
    switch self {
    case .valueOutOfRange(let file, _, _, _), .unknownActivation(let file, _),
      .notAVisionTower(let file, _):
      file
    }
  }

  /// How to fix it.
  public var hints: [String] {
    switch self {
    case .valueOutOfRange:
      ["check that `config.json` belongs to this checkpoint"]
    case .unknownActivation: ["only the activations of CLIP vision towers are supported"]
    case .notAVisionTower:
      ["run `routemark inspect` on the folder to see which tensors it has"]
    }
  }
}
