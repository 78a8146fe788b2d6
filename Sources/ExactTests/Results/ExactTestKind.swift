/// Which test was run.
public enum ExactTestKind: String, Codable, Sendable, Hashable, CaseIterable {
  /// The victim's rank among re-runs of its recipe.
  case reruns = "re-runs"
  /// The same, with as many re-runs as it took.
  case sequentialReruns = "sequential-re-runs"
  /// The ranks of several experts together.
  case combinedReruns = "combined-re-runs"
  /// Whether the suspect knows the images of a secret subset better.
  case secretSubset = "secret-subset"
  /// Whether the suspect carries a secret key.
  case keyedMark = "keyed-mark"
  /// Several tests of one expert together.
  case combination
  /// A score's distance from null experts.
  case nullDistance = "null-distance"

  /// The test in words, for tables.
  public var words: String {
    switch self {
    case .reruns: "re-runs"
    case .sequentialReruns: "re-runs, as many as it took"
    case .combinedReruns: "re-runs of all experts"
    case .secretSubset: "secret subset"
    case .keyedMark: "keyed mark"
    case .combination: "several tests together"
    case .nullDistance: "distance from null experts (screening)"
    }
  }

  /// Whether it ranks the victim among re-runs.
  public var isOfReruns: Bool { self == .reruns || self == .sequentialReruns }
}
