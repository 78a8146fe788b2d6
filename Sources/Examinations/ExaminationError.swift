import Diagnostics

/// What keeps an examination from being what was asked for.
public enum ExaminationError: DiagnosableError, Equatable {
  /// A probe suite is needed and none was named.
  case suiteNeeded(path: String, purpose: String)
  /// A task was named for a victim that is a merge, whose experts have their tasks' names.
  case taskOfMerge(path: String)
  /// Nothing is stated of how imported experts were trained.
  case recipeNeeded(pool: String)
  /// A null expert has the base model's own weights.
  case isTheBase(path: String)
  /// A pool has the expert already.
  case isInThePool(path: String, as: String)
  /// JSON of a schema that is none of RouteMark's.
  case unknownSchema(file: String, actual: String?)
  /// Something was asked for that comparisons site by site do not have.
  case notForSites(path: String, what: String)

  /// The stable identifier.
  public var code: String {
    switch self {
    case .suiteNeeded: "examination.suite-needed"
    case .taskOfMerge: "examination.task-of-merge"
    case .recipeNeeded: "examination.recipe-needed"
    case .isTheBase: "examination.is-the-base"
    case .isInThePool: "examination.is-in-the-pool"
    case .unknownSchema: "inspect.unknown-schema"
    case .notForSites: "examination.not-for-sites"
    }
  }

  /// What is wrong, with the values.
  public var what: String {
    switch self {
    case .suiteNeeded(_, let purpose): "a probe suite is needed, because \(purpose)"
    case .taskOfMerge: "a task was named for a plain victim, and the victim is a merge"
    case .recipeNeeded: "nothing is stated of how the experts were trained"
    case .isTheBase: "the expert is the base model itself, so it shows nothing of fine-tuning"
    case .isInThePool(_, let known): "the pool has these weights already, as `\(known)`"
    case .unknownSchema(_, let actual):
      "the schema is \(actual.map { "`\($0)`" } ?? "not stated"), expected that of a suite, a fingerprint or a case"
    case .notForSites(_, let what): "traces of format 2 are compared site by site, without \(what)"
    }
  }

  /// The file or folder.
  public var location: String? {
    switch self {
    case .suiteNeeded(let path, _), .taskOfMerge(let path), .recipeNeeded(let path),
      .isTheBase(let path), .isInThePool(let path, _), .unknownSchema(let path, _),
      .notForSites(let path, _):
      path
    }
  }

  /// How to fix it.
  public var hints: [String] {
    switch self {
    case .suiteNeeded: ["name the probe suite that the models are compared over"]
    case .taskOfMerge: ["name no task: the experts of a merge are known by their names"]
    case .recipeNeeded:
      ["state data, images, learning rate and seeds: a p-value speaks of innocents who trained so"]
    case .isTheBase: ["name experts that were fine-tuned from the base model"]
    case .isInThePool: ["name each expert once"]
    case .unknownSchema: ["for a model, name its folder and not its `config.json`"]
    case .notForSites: ["leave it away, or compare traces of format 1"]
    }
  }
}
