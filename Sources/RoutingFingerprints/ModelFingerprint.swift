import Diagnostics
import Documents

/// A model's routing fingerprint over one probe suite: everything attribution needs.
///
/// It holds the mean signal as well as what follows from it, so that anyone can recompute it.
///
///     let fingerprint = try accumulator.fingerprint(FingerprintOptions())
///     fingerprint.routingScores[0].values  // [N, L] of expert 0
public struct ModelFingerprint: Sendable, Equatable {
  /// The schema this version writes.
  public static let schema = "routemark.fingerprint/2"
  /// The schemas this version reads.
  public static let schemas = ["routemark.fingerprint/1", schema]

  /// The schema of a version.
  static func schema(_ version: EvidenceVersion) -> String {
    "routemark.fingerprint/\(version.rawValue)"
  }

  /// The largest magnitude of a mean: that of a Float, of which it is the mean.
  public static let magnitudeLimit = Double(Float.greatestFiniteMagnitude)

  /// The most samples of a task: a mean over as many blocks as there may be stays far from overflow.
  public static let sampleLimit = 1 << 40

  /// Axes, signal and origin.
  public let description: TraceDescription
  /// The choices under which preferences were formed and are compared.
  public let options: FingerprintOptions
  /// The number of samples of each task, `[N]`.
  public let counts: [Int]
  /// The number S of samples: the sum of `counts`.
  public let sampleCount: Int
  /// Mean signal over each task's samples, `[N, E, L]` (equation 8).
  public let meanLogits: [[[Double]]]
  /// The same by blocks of samples; `nil` when none were kept.
  public let blocks: TaskBlocks?
  /// Each expert's score fingerprint, `[E]` of `[N, L]` (equation 9-10).
  public let routingScores: [RoutingScoreFingerprint]
  /// Each expert's preference fingerprint, `[E]` of `[1, N]` or `[L, N]` (equation 11-12).
  public let routingPreferences: [RoutingPreferenceFingerprint]

  /// Names of the N tasks.
  public var tasks: [String] { description.tasks }
  /// Names of the E experts.
  public var experts: [String] { description.experts }
  /// The number L of routed layers.
  public var layerCount: Int { description.layerCount }
  /// What was recorded.
  public var signal: RouterSignal { description.signal }
  /// The model's digest, where known.
  public var modelDigest: Digest? { description.modelDigest }
  /// The probe suite's digest.
  public var suiteDigest: Digest { description.suiteDigest }
  /// The program that recorded the trace, with its version.
  public var toolVersion: String { description.toolVersion }

  /// Computes the fingerprint that follows from mean logits.
  ///
  /// Equation: F~[i, e, l] = F[i, e, l] - 1/E * sum over e' of F[i, e', l]     (RouteMark, eq. 9)
  /// Shapes: `meanLogits` is `[N, E, L]`, `counts` is `[N]`.
  /// Numerics: experts are centred as differences from expert 0, so that equal experts give
  /// exactly zero.
  ///
  /// - Throws: what ``validate()`` throws.
  public init(
    description: TraceDescription, counts: [Int], meanLogits: [[[Double]]],
    blocks: TaskBlocks? = nil, options: FingerprintOptions = FingerprintOptions()
  ) throws(FingerprintError) {
    try description.validate()
    self.description = description
    self.options = options
    self.counts = counts
    self.meanLogits = meanLogits
    self.blocks = blocks
    try Self.validate(counts, tasks: description.tasks)
    try Self.validate(meanLogits, description)
    try Self.validate(blocks, counts: counts, description)
    sampleCount = counts.reduce(0, +)
    routingScores = Self.centred(meanLogits, description)
    routingPreferences = routingScores.map {
      RoutingPreferenceFingerprint($0, mode: options.rpfMode)
    }
  }

  private static func centred(
    _ meanLogits: [[[Double]]], _ description: TraceDescription
  ) -> [RoutingScoreFingerprint] {
    let expertCount = description.experts.count
    var scores = [[[Double]]](
      repeating: [[Double]](
        repeating: [Double](repeating: 0, count: description.layerCount),
        count: description.tasks.count),
      count: expertCount)  // [E, N, L]
    for (task, table) in meanLogits.enumerated() {
      for layer in 0..<description.layerCount {
        let reference = table[0][layer]
        let mean = table.reduce(0) { $0 + ($1[layer] - reference) } / Double(expertCount)
        for expert in 0..<expertCount {
          scores[expert][task][layer] = (table[expert][layer] - reference) - mean
        }
      }
    }
    return scores.map { RoutingScoreFingerprint(values: $0) }
  }

  /// The fingerprint that follows from this one's mean logits, to verify it.
  ///
  /// - Parameters:
  ///   - options: The options to form it under; `nil` keeps this one's.
  /// - Throws: what ``validate()`` throws.
  public func recomputed(
    options: FingerprintOptions? = nil
  ) throws(FingerprintError) -> ModelFingerprint {
    try ModelFingerprint(
      description: description, counts: counts, meanLogits: meanLogits, blocks: blocks,
      options: options ?? self.options)
  }

  /// The same fingerprint without blocks.
  public func withoutBlocks() -> ModelFingerprint {
    ModelFingerprint(
      unchecked: description, options: options, counts: counts, sampleCount: sampleCount,
      meanLogits: meanLogits, blocks: nil, routingScores: routingScores,
      routingPreferences: routingPreferences)
  }

  /// The fingerprint of drawn blocks, as if the suite had held their samples only.
  ///
  /// - Parameter draws: Indices of blocks for each task, repeated where drawn repeatedly.
  /// - Returns: A fingerprint without blocks, its counts those of this one; `nil` when this one has
  ///   no blocks.
  /// - Throws: what ``validate()`` throws.
  /// - Precondition: every task has at least one draw, of its own blocks.
  public func resampled(_ draws: [[Int]]) throws(FingerprintError) -> ModelFingerprint? {
    guard let blocks else { return nil }
    return try ModelFingerprint(
      description: description, counts: counts, meanLogits: blocks.mean(drawing: draws),
      options: options)
  }

  /// The same fingerprint with its tasks in another order.
  ///
  /// Scores and preferences are carried over, not recomputed.
  ///
  /// - Precondition: `order` names every task once.
  public func reordered(tasks order: [String]) -> ModelFingerprint {
    guard order != tasks else { return self }
    let places = Dictionary(uniqueKeysWithValues: zip(tasks, tasks.indices))
    let sources = order.compactMap { places[$0] }
    precondition(
      sources.count == tasks.count && Set(sources).count == tasks.count,
      "the new order names every task once")
    var description = description
    description.tasks = order
    return ModelFingerprint(
      unchecked: description, options: options, counts: sources.map { counts[$0] },
      sampleCount: sampleCount, meanLogits: sources.map { meanLogits[$0] },
      blocks: blocks?.reordered(sources),
      routingScores: routingScores.map { scores in
        RoutingScoreFingerprint(values: sources.map { scores.values[$0] })
      },
      routingPreferences: routingPreferences.map { preference in
        RoutingPreferenceFingerprint(
          distributions: preference.distributions.map { row in sources.map { row[$0] } })
      })
  }

  private init(
    unchecked description: TraceDescription, options: FingerprintOptions, counts: [Int],
    sampleCount: Int, meanLogits: [[[Double]]], blocks: TaskBlocks?,
    routingScores: [RoutingScoreFingerprint], routingPreferences: [RoutingPreferenceFingerprint]
  ) {
    self.description = description
    self.options = options
    self.counts = counts
    self.sampleCount = sampleCount
    self.meanLogits = meanLogits
    self.blocks = blocks
    self.routingScores = routingScores
    self.routingPreferences = routingPreferences
  }

  /// The scores and preferences that do not follow from the mean logits.
  ///
  /// - Returns: Paths such as `routingScores[1][0][3]`; nothing when all agree to
  ///   ``Discrepancy/tolerance``.
  /// - Throws: what ``validate()`` throws.
  public func discrepancies() throws(FingerprintError) -> [Discrepancy] {
    let expected = try recomputed()
    var list = DiscrepancyList()
    list.compareExactly("sampleCount", sampleCount, expected.sampleCount)
    for expert in experts.indices {
      list.compare(
        "routingScores[\(expert)]", routingScores[expert].values,
        expected.routingScores[expert].values)
      list.compare(
        "routingPreferences[\(expert)]", routingPreferences[expert].distributions,
        expected.routingPreferences[expert].distributions)
    }
    blocks?.compare(with: meanLogits, into: &list)
    return list.discrepancies
  }
}
