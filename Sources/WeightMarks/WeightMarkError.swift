import Diagnostics

/// What keeps weights from being marked, or compared with a mark's reference.
public enum WeightMarkError: DiagnosableError, Equatable {
  /// A merged model was named where one tower is needed.
  case notAPlainTower(path: String)
  /// Two towers are of different shapes.
  case anotherShape(path: String, key: String, expected: String, actual: String)
  /// The strength is no positive number, or so large that it would ruin the model.
  case strengthOutOfRange(actual: String)
  /// A tensor has no difference from the base model by which the mark could be measured.
  case sameAsBase(tensor: String, path: String)

  /// The stable identifier.
  public var code: String {
    switch self {
    case .notAPlainTower: "mark.not-a-plain-tower"
    case .anotherShape: "mark.another-shape"
    case .strengthOutOfRange: "mark.strength-out-of-range"
    case .sameAsBase: "mark.same-as-base"
    }
  }

  /// What is wrong, with the values.
  public var what: String {
    switch self {
    case .notAPlainTower: "expected one tower, found a merged model"
    case .anotherShape(_, let key, let expected, let actual):
      "expected `\(key)` to be \(expected), found \(actual)"
    case .strengthOutOfRange(let actual):
      "expected a strength above 0 and at most 10, found \(actual)"
    case .sameAsBase:
      "the tensor is that of the base model, so there is nothing to measure a mark by"
    }
  }

  /// The model, and the tensor in it.
  public var location: String? {
    switch self {
    case .notAPlainTower(let path), .anotherShape(let path, _, _, _): path
    case .strengthOutOfRange: nil
    case .sameAsBase(let tensor, let path): "\(path), tensor `\(tensor)`"
    }
  }

  /// How to fix it.
  public var hints: [String] {
    switch self {
    case .notAPlainTower: ["mark each expert before it is merged"]
    case .anotherShape: ["name models of one base"]
    case .strengthOutOfRange: ["0.1 changes hardly any answer and is found in every kind of copy"]
    case .sameAsBase: ["name the model that the expert was fine-tuned from, not the expert itself"]
    }
  }
}
