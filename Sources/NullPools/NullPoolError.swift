import Diagnostics

/// What can go wrong with a pool of null experts.
public enum NullPoolError: DiagnosableError, Equatable {
  /// A value of the recipes' distribution is outside what it may be.
  case invalidDistribution(name: String, expected: String, actual: String)
  /// The manifest has a schema that this version does not read.
  case unknownSchema(expected: String, actual: String)
  /// An entry of the manifest contradicts another.
  case malformedManifest(place: String, expected: String, actual: String)
  /// The pool's experts come from another base model.
  case otherBase(pool: String, expected: Digest, actual: Digest)
  /// The pool was trained against other zero-shot heads.
  case otherHead(pool: String, expected: Digest, actual: Digest)
  /// The pool's experts were trained on other tasks or images.
  case otherTasks(pool: String, expected: String, actual: String)
  /// The pool's merges were captured over another suite.
  case otherSuite(pool: String, expected: Digest, actual: Digest)
  /// A pool that is continued was begun with another setting.
  case otherSetting(pool: String, name: String, expected: String, actual: String)
  /// An expert or fingerprint of the pool is not what the manifest says.
  case partChanged(pool: String, part: String, expected: Digest, actual: Digest)
  /// The pool has no finished expert of a task.
  case noExperts(pool: String, task: String, available: [String])
  /// Fewer experts of a task are finished than are asked for.
  case tooFewExperts(pool: String, task: String, expected: Int, actual: Int)

  /// The stable identifier.
  public var code: String {
    switch self {
    case .invalidDistribution: "nulls.invalid-distribution"
    case .unknownSchema: "nulls.unknown-schema"
    case .malformedManifest: "nulls.malformed-manifest"
    case .otherBase: "nulls.other-base"
    case .otherHead: "nulls.other-head"
    case .otherTasks: "nulls.other-tasks"
    case .otherSuite: "nulls.other-suite"
    case .otherSetting: "nulls.other-setting"
    case .partChanged: "nulls.part-changed"
    case .noExperts: "nulls.no-experts"
    case .tooFewExperts: "nulls.too-few-experts"
    }
  }

  /// What is wrong, with the values.
  public var what: String {
    switch self {
    case .invalidDistribution(let name, let expected, let actual):
      "`\(name)` of the recipes is `\(actual)`, expected \(expected)"
    case .unknownSchema(let expected, let actual):
      "the pool's schema is `\(actual)`, expected `\(expected)`"
    case .malformedManifest(_, let expected, let actual):
      "the manifest has \(actual), expected \(expected)"
    case .otherBase(_, let expected, let actual):
      "the pool belongs to the base model \(expected), not to \(actual)"
    case .otherHead(_, let expected, let actual):
      "the pool belongs to the heads \(expected), not to \(actual)"
    case .otherTasks(_, let expected, let actual):
      "the pool belongs to the tasks \(expected), not to \(actual)"
    case .otherSuite(_, let expected, let actual):
      "the pool's merges belong to the suite \(expected), not to \(actual)"
    case .otherSetting(_, let name, let expected, let actual):
      "the pool was begun with `\(name)` \(expected), not \(actual)"
    case .partChanged(_, let part, let expected, let actual):
      "`\(part)` has the digest \(actual), the manifest says \(expected)"
    case .noExperts(_, let task, let available):
      "the pool has no expert of task `\(task)`, only of "
        + available.map { "`\($0)`" }.joined(separator: ", ")
    case .tooFewExperts(_, let task, let expected, let actual):
      "the pool has \(actual) finished experts of task `\(task)`, expected \(expected)"
    }
  }

  /// The pool, or the place in its manifest.
  public var location: String? {
    switch self {
    case .invalidDistribution, .unknownSchema: nil
    case .malformedManifest(let place, _, _): place
    case .otherBase(let pool, _, _), .otherHead(let pool, _, _), .otherTasks(let pool, _, _),
      .otherSuite(let pool, _, _), .otherSetting(let pool, _, _, _),
      .partChanged(let pool, _, _, _), .noExperts(let pool, _, _),
      .tooFewExperts(let pool, _, _, _):
      pool
    }
  }

  /// How to fix it.
  public var hints: [String] {
    switch self {
    case .invalidDistribution: ["choose a value in the stated range"]
    case .unknownSchema: ["use the version of routemark that made the pool"]
    case .malformedManifest: ["make the pool again: the manifest was changed by hand"]
    case .otherBase, .otherTasks:
      ["train a pool of this base and these tasks with `routemark null train`"]
    case .otherHead: ["name the heads that the pool was trained with"]
    case .otherSuite: ["make merges for this suite in a copy of the pool: `routemark null merge`"]
    case .otherSetting: ["go on with the pool's own settings, or begin another pool"]
    case .partChanged: ["restore the part, or train the pool again"]
    case .noExperts: ["train nulls of that task with `routemark null train`"]
    case .tooFewExperts: ["run the same `routemark null train` again: it goes on"]
    }
  }
}
