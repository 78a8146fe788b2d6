import Checkpoints
import Diagnostics

/// What can be wrong with a merge, its parts, or a merged model's folder.
public enum MergeError: DiagnosableError, Equatable {
  /// A merge needs at least one expert.
  case noExperts
  /// Two experts have the same name.
  case duplicateExpert(name: String)
  /// An expert's tower has another shape than the base model's.
  case configurationMismatch(
    expert: String, file: String, key: String, expected: String, actual: String)
  /// The gates were trained for other experts, or for the same in another order.
  case gateExpertsMismatch(file: String, expected: [String], actual: [String])
  /// The gates of a layer do not fit the tower or the number of experts.
  case gateShapeMismatch(file: String, tensor: String, expected: [Int], actual: [Int])
  /// A layer has no gate under any of the names of gates of depth 0, 1 and 2.
  case missingGate(file: String, layer: Int)
  /// A part of a recipe is not the file that was merged.
  case digestMismatch(file: String, part: String, expected: Digest, actual: Digest)
  /// Task vectors of a full merge are not numbered 0, 1, 2, ... or differ between layers.
  case taskVectorGap(file: String, layer: Int, expected: Int, actual: Int)
  /// The names in `config.json` do not match the number of task vectors.
  case expertCountMismatch(file: String, expected: Int, actual: Int)
  /// The operation needs a merged model, and this folder holds a plain tower.
  case notAMixture(path: String)
  /// The scaling coefficient is not a finite number.
  case scalingNotFinite(value: Float)
  /// The gate depth is not 0, 1 or 2.
  case unsupportedGateDepth(depth: Int)
  /// The share of a task vector that TIES keeps is not above 0 and at most 1.
  case trimOutOfRange(value: Double)
  /// A cache of packed weights is not what a run wrote.
  case damagedCache(file: String, reason: String)
  /// Others than the user could change cached weights.
  case sharedCache(folder: String)

  /// The stable identifier.
  public var code: String {
    switch self {
    case .noExperts: "merge.no-experts"
    case .duplicateExpert: "merge.duplicate-expert"
    case .configurationMismatch: "merge.configuration-mismatch"
    case .gateExpertsMismatch: "merge.gate-experts-mismatch"
    case .gateShapeMismatch: "merge.gate-shape-mismatch"
    case .missingGate: "merge.missing-gate"
    case .digestMismatch: "merge.digest-mismatch"
    case .taskVectorGap: "merge.task-vector-gap"
    case .expertCountMismatch: "merge.expert-count-mismatch"
    case .notAMixture: "merge.not-a-mixture"
    case .scalingNotFinite: "merge.scaling-not-finite"
    case .unsupportedGateDepth: "merge.unsupported-gate-depth"
    case .trimOutOfRange: "merge.trim-out-of-range"
    case .damagedCache: "merge.damaged-cache"
    case .sharedCache: "merge.shared-cache"
    }
  }

  /// What is wrong, with the values.
  public var what: String {
    switch self {
    case .noExperts: "a merge needs at least one expert"
    case .duplicateExpert(let name): "two experts are named `\(name)`"
    case .configurationMismatch(let expert, _, let key, let expected, let actual):
      "expert `\(expert)` has `\(key)` \(actual), the base model has \(expected)"
    case .gateExpertsMismatch(_, let expected, let actual):
      "the gates belong to experts \(Self.list(actual)), the merge has \(Self.list(expected))"
    case .gateShapeMismatch(_, let tensor, let expected, let actual):
      "gate `\(tensor)` has shape \(actual), expected \(expected)"
    case .missingGate(_, let layer): "layer \(layer) has no gate"
    case .digestMismatch(_, let part, let expected, let actual):
      "\(part) has digest \(actual), the recipe was made with \(expected)"
    case .taskVectorGap(_, let layer, let expected, let actual):
      "layer \(layer) has \(actual) task vectors numbered from 0, expected \(expected)"
    case .expertCountMismatch(_, let expected, let actual):
      "`config.json` names \(expected) experts, the checkpoint has \(actual)"
    case .notAMixture: "expected a merged model, found a plain tower"
    case .scalingNotFinite(let value):
      "the scaling coefficient is \(value), expected a finite number"
    case .unsupportedGateDepth(let depth): "the gate depth is \(depth), expected 0, 1 or 2"
    case .trimOutOfRange(let value): "the kept share is \(value), expected above 0 and at most 1"
    case .damagedCache(_, let reason): "the cached weights are damaged: \(reason)"
    case .sharedCache: "the folder for cached weights belongs to or can be changed by others"
    }
  }

  /// The file at fault.
  public var location: String? {
    switch self {
    case .noExperts, .duplicateExpert, .scalingNotFinite, .unsupportedGateDepth,
      .trimOutOfRange:
      nil
    case .configurationMismatch(_, let file, _, _, _), .gateExpertsMismatch(let file, _, _),
      .gateShapeMismatch(let file, _, _, _), .missingGate(let file, _),
      .digestMismatch(let file, _, _, _), .taskVectorGap(let file, _, _, _),
      .expertCountMismatch(let file, _, _):
      file
    case .notAMixture(let path): path
    case .damagedCache(let file, _): file
    case .sharedCache(let folder): folder
    }
  }

  /// How to fix it.
  public var hints: [String] {
    switch self {
    case .noExperts: ["name experts with --expert NAME=DIR"]
    case .duplicateExpert: ["give every expert a name of its own"]
    case .configurationMismatch: ["merge only experts that were fine-tuned from the base model"]
    case .gateExpertsMismatch:
      [
        "list the experts with the gates' names, in the gates' order, or leave --gates out",
        "to use them by position all the same, pass --reuse-gates",
      ]
    case .gateShapeMismatch, .missingGate: ["use gates that were trained for this merge"]
    case .digestMismatch: ["restore the original file, or merge again"]
    case .taskVectorGap, .expertCountMismatch: ["check that the checkpoint is complete"]
    case .notAMixture: ["make one with `routemark merge`"]
    case .scalingNotFinite: ["choose a number such as 0.3"]
    case .unsupportedGateDepth: ["choose 2, the depth that WEMoE uses"]
    case .damagedCache: ["delete the file: the next run makes it anew"]
    case .sharedCache:
      ["name a folder that only you can write to: who changes the weights changes the evidence"]
    case .trimOutOfRange: ["choose 0.2, the share that the TIES paper keeps"]
    }
  }

  private static func list(_ names: [String]) -> String {
    names.map { "`\($0)`" }.joined(separator: ", ")
  }
}
