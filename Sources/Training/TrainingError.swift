import Diagnostics

/// What can go wrong when a model is trained.
public enum TrainingError: DiagnosableError, Equatable {
  /// A dimension of the tower does not fit the others.
  case invalidShape(dimension: String, value: Int, requirement: String)
  /// There is no backward pass for towers of this family.
  case unsupportedFamily(file: String, family: String)
  /// A hyperparameter is outside the values it may take.
  case invalidHyperparameter(name: String, value: String, requirement: String)
  /// A source of tensors gave the wrong number of values.
  case wrongElementCount(tensor: String, expected: Int, actual: Int)
  /// A tensor or head holds NaN or infinity.
  case nonFiniteParameter(tensor: String, index: Int)
  /// The rows of a zero-shot head do not have the width of the tower's projection.
  case headWidth(head: String, expected: Int, actual: Int)
  /// A row of a zero-shot head has length zero and cannot be normalised.
  case zeroHeadRow(head: String, row: Int)
  /// A label names a class the head does not have.
  case labelOutOfRange(sample: Int, expected: Range<Int>, actual: Int)
  /// A teacher's probabilities are of another number of classes than the head's.
  case teacherClasses(sample: Int, expected: Int, actual: Int)
  /// The data set has fewer samples than a batch.
  case tooFewSamples(task: String, expected: Int, actual: Int)
  /// The loss became NaN or infinite: training diverged, or an input was not finite.
  case nonFiniteLoss(step: Int, sample: Int)
  /// The merge has no experts, or two lists of experts disagree in length.
  case expertCount(place: String, expected: Int, actual: Int)
  /// A saved state belongs to another run: a setting differs.
  case stateMismatch(path: String, setting: String, expected: String, actual: String)
  /// A saved state lacks an entry.
  case stateIncomplete(path: String, missing: String)

  /// The stable identifier.
  public var code: String {
    switch self {
    case .invalidShape: "training.invalid-shape"
    case .unsupportedFamily: "training.unsupported-family"
    case .invalidHyperparameter: "training.invalid-hyperparameter"
    case .wrongElementCount: "training.wrong-element-count"
    case .nonFiniteParameter: "training.non-finite-parameter"
    case .headWidth: "training.head-width"
    case .zeroHeadRow: "training.zero-head-row"
    case .labelOutOfRange: "training.label-out-of-range"
    case .teacherClasses: "training.teacher-classes"
    case .tooFewSamples: "training.too-few-samples"
    case .nonFiniteLoss: "training.non-finite-loss"
    case .expertCount: "training.expert-count"
    case .stateMismatch: "training.state-mismatch"
    case .stateIncomplete: "training.state-incomplete"
    }
  }

  /// What is wrong, with the values.
  public var what: String {
    switch self {
    case .invalidShape(let dimension, let value, let requirement):
      "`\(dimension)` is `\(value)`, expected \(requirement)"
    case .unsupportedFamily(_, let family): "training of a \(family) is not implemented"
    case .invalidHyperparameter(let name, let value, let requirement):
      "`\(name)` is `\(value)`, expected \(requirement)"
    case .wrongElementCount(_, let expected, let actual):
      "the tensor has `\(actual)` values, expected `\(expected)`"
    case .nonFiniteParameter(_, let index): "value `\(index)` is not finite"
    case .headWidth(_, let expected, let actual):
      "the rows of the head have `\(actual)` values, expected the projection's `\(expected)`"
    case .zeroHeadRow(_, let row): "row `\(row)` of the head has length 0, expected a direction"
    case .labelOutOfRange(_, let expected, let actual):
      "the label is `\(actual)`, expected `\(expected.lowerBound)` to `\(expected.upperBound - 1)`"
    case .teacherClasses(_, let expected, let actual):
      "the teacher has `\(actual)` classes, expected the head's `\(expected)`"
    case .tooFewSamples(_, let expected, let actual):
      "the data has `\(actual)` samples, expected at least `\(expected)`"
    case .nonFiniteLoss: "the loss is not finite"
    case .expertCount(_, let expected, let actual):
      "there are `\(actual)` experts, expected \(expected == 0 ? "at least one" : "`\(expected)`")"
    case .stateMismatch(_, let setting, let expected, let actual):
      "`\(setting)` of the saved state is `\(actual)`, expected `\(expected)`"
    case .stateIncomplete(_, let missing): "the saved state has no `\(missing)`"
    }
  }

  /// The tensor, sample, step or file at fault.
  public var location: String? {
    switch self {
    case .invalidShape, .invalidHyperparameter: nil
    case .unsupportedFamily(let file, _): file
    case .wrongElementCount(let tensor, _, _), .nonFiniteParameter(let tensor, _):
      "tensor `\(tensor)`"
    case .headWidth(let head, _, _), .zeroHeadRow(let head, _): "head `\(head)`"
    case .labelOutOfRange(let sample, _, _), .teacherClasses(let sample, _, _): "sample \(sample)"
    case .tooFewSamples(let task, _, _): "task `\(task)`"
    case .nonFiniteLoss(let step, let sample): "step \(step), sample \(sample) of the batch"
    case .expertCount(let place, _, _): place
    case .stateMismatch(let path, _, _, _), .stateIncomplete(let path, _): path
    }
  }

  /// How to fix it.
  public var hints: [String] {
    switch self {
    case .invalidShape: ["check the dimensions in `config.json`"]
    case .unsupportedFamily:
      [
        "train a CLIP tower here, or train this one elsewhere: merges, captures and comparisons read it"
      ]
    case .invalidHyperparameter: ["choose a value in the stated range"]
    case .wrongElementCount: ["check that `config.json` belongs to this checkpoint"]
    case .nonFiniteParameter: ["fetch the checkpoint again, or train it again"]
    case .headWidth: ["use the head that was made for this tower's text encoder"]
    case .zeroHeadRow: ["make the head again from its class names"]
    case .labelOutOfRange: ["use the head whose classes are those of the data"]
    case .teacherClasses: ["let the teacher answer with the head that is trained against"]
    case .tooFewSamples: ["use a smaller batch, or more data"]
    case .nonFiniteLoss: ["lower the learning rate, or add warmup steps"]
    case .expertCount: ["give every expert one task vector"]
    case .stateMismatch:
      [
        "resume with the settings the run was started with",
        "or start again in another folder",
      ]
    case .stateIncomplete: ["start again: the file was not written by this program"]
    }
  }
}
