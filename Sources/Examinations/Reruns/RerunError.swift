import Diagnostics

/// What keeps an expert's training from being run again, or its re-runs from being used.
public enum RerunError: DiagnosableError, Equatable {
  /// A manifest of another schema.
  case unknownSchema(file: String, actual: String)
  /// The expert's `config.json` does not say how it was trained.
  case noRecord(model: String)
  /// The expert was trained in several stages, or by something else than fine-tuning.
  case notOneTraining(model: String, stages: Int)
  /// What is given is not what the expert was trained with.
  case otherInput(model: String, key: String, expected: String, actual: String)
  /// A run is not the one that the manifest names.
  case runChanged(folder: String, run: String, expected: Digest, actual: Digest)
  /// The folder has re-runs of another expert, or under another plan.
  case otherSet(folder: String, key: String, expected: String, actual: String)
  /// There are no re-runs of a victim expert.
  case noReruns(victim: String, available: [String])
  /// Two sets are of one expert.
  case twoSets(victim: String)
  /// A run is the victim itself, or is there twice.
  case sameWeights(path: String, as: String)

  /// The stable identifier.
  public var code: String {
    switch self {
    case .unknownSchema: "rerun.unknown-schema"
    case .noRecord: "rerun.no-record"
    case .notOneTraining: "rerun.not-one-training"
    case .otherInput: "rerun.other-input"
    case .runChanged: "rerun.run-changed"
    case .otherSet: "rerun.other-set"
    case .noReruns: "rerun.no-re-runs"
    case .twoSets: "rerun.two-sets"
    case .sameWeights: "rerun.same-weights"
    }
  }

  /// What is wrong, with the values.
  public var what: String {
    switch self {
    case .unknownSchema(_, let actual):
      "the schema is `\(actual)`, expected `\(RerunSet.schema)`"
    case .noRecord: "`config.json` has no `training` that says how the expert was made"
    case .notOneTraining(_, let stages):
      "expected one fine-tuning from the base in the record, found \(stages) trainings or another kind"
    case .otherInput(_, let key, let expected, let actual):
      "the expert's record states `\(key)` \(expected), what was given has \(actual)"
    case .runChanged(_, let run, let expected, let actual):
      "the run `\(run)` has digest \(actual), the manifest says \(expected)"
    case .otherSet(_, let key, let expected, let actual):
      "the folder holds re-runs with `\(key)` \(actual), expected \(expected)"
    case .noReruns(let victim, let available):
      "there are no re-runs of the victim expert `\(victim)`, there are some of "
        + (available.isEmpty ? "none" : available.joined(separator: ", "))
    case .twoSets(let victim): "two sets of re-runs are of the victim expert `\(victim)`"
    case .sameWeights(_, let other): "the run has the weights of \(other)"
    }
  }

  /// The file or folder.
  public var location: String? {
    switch self {
    case .unknownSchema(let path, _), .noRecord(let path), .notOneTraining(let path, _),
      .otherInput(let path, _, _, _), .runChanged(let path, _, _, _), .otherSet(let path, _, _, _),
      .sameWeights(let path, _):
      path
    case .noReruns, .twoSets: nil
    }
  }

  /// How to fix it.
  public var hints: [String] {
    switch self {
    case .unknownSchema: ["name a folder that `rerun train` or `rerun import` has written"]
    case .noRecord:
      ["run the recipe again yourself, with fresh seeds, and import the runs: `rerun import`"]
    case .notOneTraining:
      ["run all stages again yourself, with fresh seeds, and import the runs: `rerun import`"]
    case .otherInput: ["name the base, images and heads that the expert was trained with"]
    case .runChanged: ["make the set again in a new folder"]
    case .otherSet: ["choose another folder"]
    case .noReruns: ["make re-runs of the expert, or name the set that has them"]
    case .twoSets: ["name one set for each victim expert"]
    case .sameWeights: ["every run needs a seed of its own"]
    }
  }
}
