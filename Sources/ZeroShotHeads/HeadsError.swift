import Diagnostics

/// What can go wrong when zero-shot heads are made or imported.
public enum HeadsError: DiagnosableError, Equatable {
  /// The folder's tokenizer or text tower is of a kind that is not read.
  case unsupported(file: String, what: String)
  /// A value of a file is missing or not what it should be.
  case malformed(file: String, key: String, expected: String, actual: String)
  /// A prompt has more tokens than the tower has positions.
  case promptTooLong(prompt: String, limit: Int, actual: Int)
  /// The number of class names is not the number of rows.
  case classCount(file: String, task: String, expected: Int, actual: Int)
  /// A list of class names is empty, or has a name twice.
  case impossibleClasses(task: String, reason: String)
  /// A template has no place for the class name.
  case templateWithoutPlace(template: String)
  /// Nothing says what cosines are multiplied with.
  case noLogitScale(file: String)

  /// The stable identifier.
  public var code: String {
    switch self {
    case .unsupported: "heads.unsupported"
    case .malformed: "heads.malformed"
    case .promptTooLong: "heads.prompt-too-long"
    case .classCount: "heads.class-count"
    case .impossibleClasses: "heads.impossible-classes"
    case .templateWithoutPlace: "heads.template-without-place"
    case .noLogitScale: "heads.no-logit-scale"
    }
  }

  /// What is wrong, with the values.
  public var what: String {
    switch self {
    case .unsupported(_, let what): "\(what) is not read here"
    case .malformed(_, let key, let expected, let actual):
      "`\(key)` is \(actual), expected \(expected)"
    case .promptTooLong(let prompt, let limit, let actual):
      "the prompt `\(prompt)` has \(actual) tokens, the text tower takes at most \(limit)"
    case .classCount(_, let task, let expected, let actual):
      "task `\(task)` has \(expected) rows of features and \(actual) class names"
    case .impossibleClasses(let task, let reason): "the class names of task `\(task)`: \(reason)"
    case .templateWithoutPlace(let template):
      "the template `\(template)` has no `{}` where the class name goes"
    case .noLogitScale: "nothing says what cosines are multiplied with (the logit scale)"
    }
  }

  /// The file.
  public var location: String? {
    switch self {
    case .unsupported(let file, _), .malformed(let file, _, _, _), .classCount(let file, _, _, _),
      .noLogitScale(let file):
      file
    case .promptTooLong, .impossibleClasses, .templateWithoutPlace: nil
    }
  }

  /// How to fix it.
  public var hints: [String] {
    switch self {
    case .unsupported:
      ["compute the text features where the model runs and import them as heads"]
    case .malformed: ["take the files from the model's own folder"]
    case .promptTooLong: ["shorten the class name or the template"]
    case .classCount: ["list one class name per row, in the order of the rows"]
    case .impossibleClasses: ["name every class once, in the order of the labels"]
    case .templateWithoutPlace: ["write a template such as `a photo of a {}.`"]
    case .noLogitScale: ["state the logit scale; CLIP's is about 100"]
    }
  }
}
