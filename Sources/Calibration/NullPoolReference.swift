import Diagnostics

/// Which null experts a case was calibrated with.
public struct NullPoolReference: Codable, Sendable, Equatable {
  /// The digest of the pool's manifest.
  public var manifestDigest: Digest
  /// The digest of the base model from which the nulls were trained.
  public var baseDigest: Digest
  /// The digest of the probe suite over which null merges were captured.
  public var suiteDigest: Digest
  /// The tasks that have nulls.
  public var tasks: [String]
  /// K, the number of null experts a task; null merges are counted by their fingerprints.
  public var nullCount: Int
  /// The distribution from which their recipes were drawn, in words: a p-value speaks of innocents
  /// trained like this.
  public var recipes: String

  /// A reference by parts.
  public init(
    manifestDigest: Digest, baseDigest: Digest, suiteDigest: Digest, tasks: [String],
    nullCount: Int, recipes: String
  ) {
    self.manifestDigest = manifestDigest
    self.baseDigest = baseDigest
    self.suiteDigest = suiteDigest
    self.tasks = tasks
    self.nullCount = nullCount
    self.recipes = recipes
  }
}
