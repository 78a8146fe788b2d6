import Diagnostics

/// What keeps an examination from being what was asked for.
public enum ExaminationError: DiagnosableError, Equatable {
  /// A probe suite is needed and none was named.
  case suiteNeeded(path: String, purpose: String)
  /// A task was named for a victim that is a merge, whose experts have their tasks' names.
  case taskOfMerge(path: String)
  /// JSON of a schema that is none of RouteMark's.
  case unknownSchema(file: String, actual: String?)

  /// The stable identifier.
  public var code: String {
    switch self {
    case .suiteNeeded: "examination.suite-needed"
    case .taskOfMerge: "examination.task-of-merge"
    case .unknownSchema: "inspect.unknown-schema"
    }
  }

  /// What is wrong, with the values.
  public var what: String {
    switch self {
    case .suiteNeeded(_, let purpose): "a probe suite is needed, because \(purpose)"
    case .taskOfMerge: "a task was named for a plain victim, and the victim is a merge"
    case .unknownSchema(_, let actual):
      "the schema is \(actual.map { "`\($0)`" } ?? "not stated"), expected that of a suite, a fingerprint or a case"
    }
  }

  /// The file or folder.
  public var location: String? {
    switch self {
    case .suiteNeeded(let path, _), .taskOfMerge(let path), .unknownSchema(let path, _): path
    }
  }

  /// How to fix it.
  public var hints: [String] {
    switch self {
    case .suiteNeeded: ["name the probe suite that the models are compared over"]
    case .taskOfMerge: ["name no task: the experts of a merge are known by their names"]
    case .unknownSchema: ["for a model, name its folder and not its `config.json`"]
    }
  }
}
