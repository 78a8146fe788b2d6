import Diagnostics

/// Why a baseline has no value for two models.
public enum BaselineError: DiagnosableError, Equatable {
  /// The models have no tensor of the same name and shape.
  case nothingPaired(victim: String, suspect: String, expected: Int, actual: Int)
  /// All numbers of a vector are zero, so that no angle to it exists.
  case zeroVector(model: String, vector: String, expected: String, actual: Double)
  /// The model is a plain tower, and there is no base model to tell its task vector from.
  case noTaskVectors(model: String, expected: String, actual: String)
  /// The models differ in a size that the method needs to be the same.
  case sizeMismatch(victim: String, suspect: String, size: String, expected: Int, actual: Int)
  /// The model has fewer layers than the method looks at.
  case tooFewLayers(model: String, expected: Int, actual: Int)
  /// All entries of an invariant term are the same, so that it cannot be standardised.
  case constantTerm(model: String, layer: Int, term: String, expected: String, actual: Double)
  /// There are fewer samples than the estimator needs.
  case tooFewSamples(model: String, expected: Int, actual: Int)
  /// All samples have the same hidden state.
  case constantStates(model: String, layer: Int, expected: String, actual: Double)
  /// A hidden state is not a finite number.
  case nonFiniteState(model: String, layer: Int, sample: Int, expected: String, actual: Float)

  /// The stable identifier.
  public var code: String {
    switch self {
    case .nothingPaired: "baseline.nothing-paired"
    case .zeroVector: "baseline.zero-vector"
    case .noTaskVectors: "baseline.no-task-vectors"
    case .sizeMismatch: "baseline.size-mismatch"
    case .tooFewLayers: "baseline.too-few-layers"
    case .constantTerm: "baseline.constant-term"
    case .tooFewSamples: "baseline.too-few-samples"
    case .constantStates: "baseline.constant-states"
    case .nonFiniteState: "baseline.non-finite-state"
    }
  }

  /// What is wrong, with the values.
  public var what: String {
    switch self {
    case .nothingPaired(_, _, let expected, let actual):
      "\(actual) tensors have the same name and shape in both models, expected at least \(expected)"
    case .zeroVector(_, let vector, let expected, let actual):
      "the length of \(vector) is \(actual), expected \(expected)"
    case .noTaskVectors(_, let expected, let actual): "expected \(expected), found \(actual)"
    case .sizeMismatch(_, _, let size, let expected, let actual):
      "the suspect's \(size) is \(actual), the victim's is \(expected)"
    case .tooFewLayers(_, let expected, let actual):
      "the model has \(actual) layers, expected at least \(expected)"
    case .constantTerm(_, _, let term, let expected, let actual):
      "the variance of the entries of \(term) is \(actual), expected \(expected)"
    case .tooFewSamples(_, let expected, let actual):
      "there are \(actual) samples, expected at least \(expected)"
    case .constantStates(_, _, let expected, let actual):
      "the spread of the samples' hidden states is \(actual), expected \(expected)"
    case .nonFiniteState(_, _, _, let expected, let actual):
      "a hidden state is \(actual), expected \(expected)"
    }
  }

  /// The models, layers and samples at fault.
  public var location: String? {
    switch self {
    case .nothingPaired(let victim, let suspect, _, _),
      .sizeMismatch(let victim, let suspect, _, _, _):
      "\(suspect), compared with \(victim)"
    case .zeroVector(let model, _, _, _), .noTaskVectors(let model, _, _),
      .tooFewLayers(let model, _, _), .tooFewSamples(let model, _, _):
      model
    case .constantTerm(let model, let layer, _, _, _), .constantStates(let model, let layer, _, _):
      "\(model), layer \(layer)"
    case .nonFiniteState(let model, let layer, let sample, _, _):
      "\(model), layer \(layer), sample \(sample)"
    }
  }

  /// How to fix it.
  public var hints: [String] {
    switch self {
    case .nothingPaired, .sizeMismatch: ["compare models of one architecture"]
    case .zeroVector: ["leave out experts that equal the base model"]
    case .noTaskVectors: ["name the model it was fine-tuned from with --base DIR"]
    case .tooFewLayers: ["the method looks at the last two layers"]
    case .constantTerm: ["check that the weights of this layer are not all zero"]
    case .tooFewSamples: ["make a larger suite with `routemark suite create`"]
    case .constantStates: ["use a suite of images that differ"]
    case .nonFiniteState: ["check the model's weights with `routemark inspect`"]
    }
  }
}
