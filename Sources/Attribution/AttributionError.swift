import Diagnostics
import RoutingFingerprints

/// Which model is meant.
public enum SubjectRole: String, Sendable, CaseIterable {
  /// The reference model.
  case victim
  /// The model under examination.
  case suspect
  /// A merge of null experts.
  case null
}

/// Why two fingerprints cannot be compared, or a case cannot be read.
public enum AttributionError: DiagnosableError, Equatable {
  /// The fingerprints were taken over different probe suites.
  case suitesDiffer(victim: Digest, suspect: Digest)
  /// The fingerprints have different sets of tasks.
  case tasksDiffer(onlyVictim: [String], onlySuspect: [String])
  /// A task has different numbers of samples, so one fingerprint covers part of the suite.
  case countsDiffer(task: String, victim: Int, suspect: Int)
  /// The models have different numbers of routed layers.
  case layerCountsDiffer(victim: Int, suspect: Int)
  /// The fingerprints were taken of different signals.
  case signalsDiffer(victim: RouterSignal, suspect: RouterSignal)
  /// The traces hold different kinds of numbers.
  case siteSignalsDiffer(victim: SiteSignal, suspect: SiteSignal)
  /// The values sum to one over layers, so the axes of experts and layers are swapped.
  case axesSwapped(role: SubjectRole)
  /// The fingerprints were formed under different options.
  case optionsDiffer(option: String, victim: String, suspect: String)
  /// Scores or preferences do not follow from the mean logits.
  case inconsistentFingerprint(role: SubjectRole, discrepancy: Discrepancy)
  /// A threshold lies outside 0...1.
  case thresholdOutOfRange(name: String, actual: String)
  /// A "no evidence" threshold lies above its "consistent" one.
  case thresholdsCross(name: String, noEvidence: Double, consistent: Double)
  /// The file has another schema.
  case unknownSchema(expected: String, actual: String)
  /// An array has the wrong length.
  case wrongLength(key: String, expected: Int, actual: Int)
  /// An index names no expert.
  case indexOutOfRange(key: String, actual: Int, count: Int)
  /// Re-runs are of experts that the fingerprints do not have.
  case otherExperts(key: String, expert: String)

  /// The stable identifier.
  public var code: String {
    switch self {
    case .suitesDiffer: "attribution.suites-differ"
    case .tasksDiffer: "attribution.tasks-differ"
    case .countsDiffer: "attribution.counts-differ"
    case .layerCountsDiffer: "attribution.layer-counts-differ"
    case .signalsDiffer: "attribution.signals-differ"
    case .siteSignalsDiffer: "attribution.site-signals-differ"
    case .axesSwapped: "attribution.axes-swapped"
    case .optionsDiffer: "attribution.options-differ"
    case .inconsistentFingerprint: "attribution.inconsistent-fingerprint"
    case .thresholdOutOfRange: "attribution.threshold-out-of-range"
    case .thresholdsCross: "attribution.thresholds-cross"
    case .unknownSchema: "attribution.unknown-schema"
    case .wrongLength: "attribution.wrong-length"
    case .indexOutOfRange: "attribution.index-out-of-range"
    case .otherExperts: "attribution.other-experts"
    }
  }

  /// What is wrong, with the values.
  public var what: String {
    switch self {
    case .suitesDiffer(let victim, let suspect):
      "expected the victim's probe suite `\(victim)`, found `\(suspect)`"
    case .tasksDiffer(let onlyVictim, let onlySuspect):
      "expected the same tasks, found only in the victim: \(Self.list(onlyVictim)), "
        + "only in the suspect: \(Self.list(onlySuspect))"
    case .countsDiffer(let task, let victim, let suspect):
      "expected the victim's \(victim) samples of task `\(task)`, found \(suspect)"
    case .layerCountsDiffer(let victim, let suspect):
      "expected the victim's \(victim) routed layers, found \(suspect)"
    case .signalsDiffer(let victim, let suspect):
      "expected the victim's signal `\(victim.rawValue)`, found `\(suspect.rawValue)`"
    case .siteSignalsDiffer(let victim, let suspect):
      "expected the victim's signal `\(victim.rawValue)`, found `\(suspect.rawValue)`"
    case .axesSwapped(let role):
      "the \(role.rawValue)'s values sum to 1 over layers, expected over experts, if at all"
    case .optionsDiffer(let option, let victim, let suspect):
      "expected the victim's `\(option)` `\(victim)`, found `\(suspect)`"
    case .inconsistentFingerprint(_, let discrepancy):
      "expected `\(discrepancy.recomputed)` from the mean logits, found `\(discrepancy.stored)`"
    case .thresholdOutOfRange(_, let actual): "expected a threshold in 0...1, found \(actual)"
    case .thresholdsCross(let name, let noEvidence, let consistent):
      "expected the lower threshold on \(name) to be at most \(consistent), found \(noEvidence)"
    case .unknownSchema(let expected, let actual):
      "expected schema `\(expected)`, found `\(actual)`"
    case .wrongLength(_, let expected, let actual):
      "expected \(expected) entries, found \(actual)"
    case .indexOutOfRange(_, let actual, let count):
      "expected an index in 0..<\(count), found \(actual)"
    case .otherExperts(_, let expert):
      "the comparison of `\(expert)` names experts that the fingerprints do not have"
    }
  }

  /// The key or option at fault.
  public var location: String? {
    switch self {
    case .inconsistentFingerprint(let role, let discrepancy):
      "\(role.rawValue), key `\(discrepancy.path)`"
    case .thresholdOutOfRange(let name, _): "threshold `\(name)`"
    case .unknownSchema: "key `schema`"
    case .wrongLength(let key, _, _), .indexOutOfRange(let key, _, _), .otherExperts(let key, _):
      "key `\(key)`"
    case .suitesDiffer, .tasksDiffer, .countsDiffer, .layerCountsDiffer, .signalsDiffer,
      .siteSignalsDiffer, .axesSwapped, .optionsDiffer, .thresholdsCross:
      nil
    }
  }

  /// How to fix it.
  public var hints: [String] {
    switch self {
    case .suitesDiffer: ["capture both models over the same suite"]
    case .tasksDiffer: ["capture both models over the same suite, with the same task names"]
    case .countsDiffer: ["combine all shards of the suite for both models"]
    case .layerCountsDiffer:
      ["only models with the same number of routed layers can be compared layer by layer"]
    case .signalsDiffer, .siteSignalsDiffer:
      [
        "record the same signal of both models; logits and probabilities compare, weights do not"
      ]
    case .axesSwapped: ["write `router_logits` as [S, E, L], not as [S, L, E]"]
    case .optionsDiffer: ["form both fingerprints with the same options"]
    case .inconsistentFingerprint: ["the file was edited; form the fingerprint from its trace"]
    case .thresholdOutOfRange: ["similarities and margins lie in 0...1"]
    case .thresholdsCross: ["lower the `no evidence` threshold or raise the `consistent` one"]
    case .unknownSchema: ["check that this is a case, written by a version that is known"]
    case .wrongLength, .indexOutOfRange, .otherExperts:
      ["the file is damaged or was edited; compare the two models again"]
    }
  }

  static func requireCount(
    _ actual: Int, _ expected: Int, key: String
  ) throws(AttributionError) {
    guard actual == expected else {
      throw .wrongLength(key: key, expected: expected, actual: actual)
    }
  }

  static func requireIndex(
    _ actual: Int, count: Int, key: String
  ) throws(AttributionError) {
    guard (0..<count).contains(actual) else {
      throw .indexOutOfRange(key: key, actual: actual, count: count)
    }
  }

  private static func list(_ names: [String]) -> String {
    names.isEmpty ? "none" : names.map { "`\($0)`" }.joined(separator: ", ")
  }
}
