import Diagnostics

/// What can go wrong between a suite, its sources and a model that takes its probes.
public enum ProbeSuiteError: DiagnosableError, Equatable {
  /// The source has fewer images than the suite asks for.
  case tooFewSamples(task: String, source: String, expected: Int, actual: Int)
  /// A count of images is not positive.
  case countNotPositive(task: String, count: Int)
  /// Two tasks have the same name.
  case duplicateTask(name: String)
  /// The images of a source are not those that the suite pinned.
  case samplesChanged(task: String, source: String, expected: Digest, actual: Digest)
  /// The preprocessing makes images of another size than the model takes.
  case imageSizeMismatch(model: String, expected: [Int], actual: [Int])

  /// The stable identifier.
  public var code: String {
    switch self {
    case .tooFewSamples: "probing.too-few-samples"
    case .countNotPositive: "probing.count-not-positive"
    case .duplicateTask: "probing.duplicate-task"
    case .samplesChanged: "probing.samples-changed"
    case .imageSizeMismatch: "probing.image-size-mismatch"
    }
  }

  /// What is wrong, with the values.
  public var what: String {
    switch self {
    case .tooFewSamples(let task, _, let expected, let actual):
      "task `\(task)` asks for \(expected) images, the source has \(actual)"
    case .countNotPositive(let task, let count):
      "task `\(task)` asks for \(count) images, expected at least 1"
    case .duplicateTask(let name): "two tasks are named `\(name)`"
    case .samplesChanged(let task, _, let expected, let actual):
      "the images of task `\(task)` have digest \(actual), the suite was made with \(expected)"
    case .imageSizeMismatch(_, let expected, let actual):
      "preprocessing makes images of \(actual) pixels, the model takes \(expected)"
    }
  }

  /// The file or folder at fault.
  public var location: String? {
    switch self {
    case .countNotPositive, .duplicateTask: nil
    case .tooFewSamples(_, let file, _, _), .samplesChanged(_, let file, _, _),
      .imageSizeMismatch(let file, _, _):
      file
    }
  }

  /// How to fix it.
  public var hints: [String] {
    switch self {
    case .tooFewSamples: ["ask for fewer images, or name a larger source"]
    case .countNotPositive: ["ask for 1 image or more"]
    case .duplicateTask: ["give every task a name of its own"]
    case .samplesChanged: ["restore the original images, or make a new suite and fingerprints"]
    case .imageSizeMismatch: ["check `preprocessor_config.json` and the suite's preprocessing"]
    }
  }
}
