import Diagnostics

/// A model's routing fingerprint over one probe suite: everything attribution needs.
///
/// It holds the mean signal as well as what follows from it, so that anyone can recompute it.
///
///     let fingerprint = try accumulator.fingerprint(FingerprintOptions())
///     fingerprint.routingScores[0].values  // [N, L] of expert 0
public struct ModelFingerprint: Sendable, Equatable {
  /// The schema this version reads and writes.
  public static let schema = "routemark.fingerprint/1"
  /// The largest magnitude of a mean: that of a Float, of which it is the mean.
  public static let magnitudeLimit = Double(Float.greatestFiniteMagnitude)

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
    options: FingerprintOptions = FingerprintOptions()
  ) throws(FingerprintError) {
    try description.validate()
    self.description = description
    self.options = options
    self.counts = counts
    self.meanLogits = meanLogits
    try Self.validate(counts, tasks: description.tasks)
    try Self.validate(meanLogits, description)
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
      description: description, counts: counts, meanLogits: meanLogits,
      options: options ?? self.options)
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
    sampleCount: Int, meanLogits: [[[Double]]], routingScores: [RoutingScoreFingerprint],
    routingPreferences: [RoutingPreferenceFingerprint]
  ) {
    self.description = description
    self.options = options
    self.counts = counts
    self.sampleCount = sampleCount
    self.meanLogits = meanLogits
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
    return list.discrepancies
  }

  /// Checks schema-independent rules: names, lengths, counts, finite numbers, distributions.
  ///
  /// - Throws: ``FingerprintError`` naming the key and the index at fault.
  public func validate() throws(FingerprintError) {
    try description.validate()
    try Self.validate(counts, tasks: tasks)
    guard sampleCount == counts.reduce(0, +) else {
      throw .wrongSampleCount(expected: counts.reduce(0, +), actual: sampleCount)
    }
    try Self.validate(meanLogits, description)
    try Self.requireCount(routingScores.count, experts.count, key: "routingScores")
    for (expert, scores) in routingScores.enumerated() {
      try Self.validate(
        scores.values, rows: tasks.count, columns: layerCount,
        // Centring can double a mean's magnitude; the rest is room for rounding.
        limit: 4 * Self.magnitudeLimit, key: "routingScores[\(expert)]")
    }
    try Self.requireCount(routingPreferences.count, experts.count, key: "routingPreferences")
    for (expert, preference) in routingPreferences.enumerated() {
      try validate(preference, key: "routingPreferences[\(expert)]")
    }
  }

  private func validate(
    _ preference: RoutingPreferenceFingerprint, key: String
  ) throws(FingerprintError) {
    try Self.validate(
      preference.distributions, rows: options.rpfMode == .global ? 1 : layerCount,
      columns: tasks.count, limit: 1, key: key)
    for (row, distribution) in preference.distributions.enumerated() {
      let sum = distribution.reduce(0, +)
      guard distribution.allSatisfy({ $0 >= 0 }), abs(sum - 1) <= 1e-9 else {
        throw .notADistribution(key: "\(key)[\(row)]", sum: sum)
      }
    }
  }

  private static func validate(_ counts: [Int], tasks: [String]) throws(FingerprintError) {
    try requireCount(counts.count, tasks.count, key: "counts")
    var total = 0
    for (task, count) in zip(tasks, counts) {
      guard count >= 1 else { throw .emptyTask(task: task, count: count) }
      let sum = total.addingReportingOverflow(count)
      guard !sum.overflow else { throw .sampleCountOverflow(task: task, count: count) }
      total = sum.partialValue
    }
  }

  private static func validate(
    _ meanLogits: [[[Double]]], _ description: TraceDescription
  ) throws(FingerprintError) {
    try requireCount(meanLogits.count, description.tasks.count, key: "meanLogits")
    for (task, table) in meanLogits.enumerated() {
      try validate(
        table, rows: description.experts.count, columns: description.layerCount,
        limit: magnitudeLimit, key: "meanLogits[\(task)]")
    }
  }

  private static func validate(
    _ table: [[Double]], rows: Int, columns: Int, limit: Double, key: String
  ) throws(FingerprintError) {
    try requireCount(table.count, rows, key: key)
    for (row, values) in table.enumerated() {
      try requireCount(values.count, columns, key: "\(key)[\(row)]")
      for (column, value) in values.enumerated() where !(abs(value) <= limit) {
        throw .valueOutOfRange(key: "\(key)[\(row)][\(column)]", value: "\(value)", limit: limit)
      }
    }
  }

  private static func requireCount(
    _ actual: Int, _ expected: Int, key: String
  ) throws(FingerprintError) {
    guard actual == expected else {
      throw .wrongLength(key: key, expected: expected, actual: actual)
    }
  }
}

extension ModelFingerprint: Codable {
  private enum CodingKeys: String, CodingKey {
    case schema, toolVersion, modelDigest, suiteDigest, signal, options, tasks, experts
    case layerCount, counts, sampleCount, meanLogits, routingScores, routingPreferences
  }

  /// Reads and validates a fingerprint.
  ///
  /// - Throws: ``FingerprintError/unknownSchema(expected:actual:)``, what ``validate()`` throws,
  ///   and `DecodingError` for missing keys and wrong types.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let schema = try container.decode(String.self, forKey: .schema)
    guard schema == Self.schema else {
      throw FingerprintError.unknownSchema(expected: Self.schema, actual: schema)
    }
    description = TraceDescription(
      tasks: try container.decode([String].self, forKey: .tasks),
      experts: try container.decode([String].self, forKey: .experts),
      layerCount: try container.decode(Int.self, forKey: .layerCount),
      signal: try container.decode(RouterSignal.self, forKey: .signal),
      modelDigest: try container.decodeIfPresent(Digest.self, forKey: .modelDigest),
      suiteDigest: try container.decode(Digest.self, forKey: .suiteDigest),
      toolVersion: try container.decode(String.self, forKey: .toolVersion))
    options = try container.decode(FingerprintOptions.self, forKey: .options)
    counts = try container.decode([Int].self, forKey: .counts)
    sampleCount = try container.decode(Int.self, forKey: .sampleCount)
    meanLogits = try container.decode([[[Double]]].self, forKey: .meanLogits)
    routingScores = try container.decode([RoutingScoreFingerprint].self, forKey: .routingScores)
    routingPreferences = try container.decode(
      [RoutingPreferenceFingerprint].self, forKey: .routingPreferences)
    try validate()
  }

  /// Writes a fingerprint.
  ///
  /// - Throws: what the encoder throws. A fingerprint is valid by construction, so no number
  ///   that is not finite reaches the encoder.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(Self.schema, forKey: .schema)
    try container.encode(toolVersion, forKey: .toolVersion)
    try container.encodeIfPresent(modelDigest, forKey: .modelDigest)
    try container.encode(suiteDigest, forKey: .suiteDigest)
    try container.encode(signal, forKey: .signal)
    try container.encode(options, forKey: .options)
    try container.encode(tasks, forKey: .tasks)
    try container.encode(experts, forKey: .experts)
    try container.encode(layerCount, forKey: .layerCount)
    try container.encode(counts, forKey: .counts)
    try container.encode(sampleCount, forKey: .sampleCount)
    try container.encode(meanLogits, forKey: .meanLogits)
    try container.encode(routingScores, forKey: .routingScores)
    try container.encode(routingPreferences, forKey: .routingPreferences)
  }
}
