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
  /// Some tasks are of images and others of texts.
  case mixedKinds(text: String, image: String)
  /// A suite of texts was given to a model of images.
  case textSuite(path: String)
  /// A source of texts has none.
  case noTexts(source: String)
  /// An item of a source is empty or no UTF-8.
  case textNotReadable(source: String, key: String, reason: String)
  /// A source of texts is larger than any is expected to be.
  case textsTooLarge(source: String, actual: Int, limit: Int)
  /// A text is not there or not the pinned one.
  case textChanged(task: String, source: String, key: String)

  /// The stable identifier.
  public var code: String {
    switch self {
    case .tooFewSamples: "probing.too-few-samples"
    case .countNotPositive: "probing.count-not-positive"
    case .duplicateTask: "probing.duplicate-task"
    case .samplesChanged: "probing.samples-changed"
    case .imageSizeMismatch: "probing.image-size-mismatch"
    case .mixedKinds: "probing.mixed-kinds"
    case .textSuite: "probing.text-suite"
    case .noTexts: "probing.no-texts"
    case .textNotReadable: "probing.text-not-readable"
    case .textsTooLarge: "probing.texts-too-large"
    case .textChanged: "probing.text-changed"
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
    case .mixedKinds(let text, let image):
      "task `\(text)` is of texts and task `\(image)` is not: a suite is of one kind"
    case .textSuite: "this is a suite of texts, and the model reads images"
    case .noTexts: "the source has no text"
    case .textNotReadable(_, let key, let reason): "item \(key) is \(reason)"
    case .textsTooLarge(_, let actual, let limit):
      "the texts take \(actual) bytes, expected at most \(limit)"
    case .textChanged(let task, _, let key):
      "item \(key) of task `\(task)` is not the text that the suite was made with"
    }
  }

  /// The file or folder at fault.
  public var location: String? {
    switch self {
    case .countNotPositive, .duplicateTask, .mixedKinds: nil
    case .tooFewSamples(_, let file, _, _), .samplesChanged(_, let file, _, _),
      .imageSizeMismatch(let file, _, _), .textSuite(let file), .noTexts(let file),
      .textNotReadable(let file, _, _), .textsTooLarge(let file, _, _),
      .textChanged(_, let file, _):
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
    case .mixedKinds: ["make a suite of each kind"]
    case .textSuite:
      ["language models are captured with the Python package routemark-capture in `python/`"]
    case .noTexts: ["part items with blank lines, or name a folder of .txt files or a .jsonl file"]
    case .textNotReadable: ["save the text as UTF-8, or take it out of the source"]
    case .textsTooLarge: ["take a part of the texts"]
    case .textChanged: ["restore the original texts, or make a new suite and traces"]
    case .imageSizeMismatch: ["check `preprocessor_config.json` and the suite's preprocessing"]
    }
  }
}
