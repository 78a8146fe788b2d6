import Diagnostics
import Documents

extension ModelFingerprint: Codable {
  private enum CodingKeys: String, CodingKey {
    case schema, toolVersion, modelDigest, suiteDigest, signal, options, tasks, experts
    case preprocessingDigest, routerState, layerCount, counts, sampleCount, meanLogits, blocks,
      routingScores, routingPreferences
  }

  /// Reads and validates a fingerprint.
  ///
  /// - Throws: ``FingerprintError/unknownSchema(expected:actual:)``, what ``validate()`` throws,
  ///   and `DecodingError` for missing keys and wrong types.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let schema = try container.decode(String.self, forKey: .schema)
    guard Self.schemas.contains(schema) else {
      throw FingerprintError.unknownSchema(expected: Self.schema, actual: schema)
    }
    description = TraceDescription(
      tasks: try container.decode([String].self, forKey: .tasks),
      experts: try container.decode([String].self, forKey: .experts),
      layerCount: try container.decode(Int.self, forKey: .layerCount),
      signal: try container.decode(RouterSignal.self, forKey: .signal),
      modelDigest: try container.decodeIfPresent(Digest.self, forKey: .modelDigest),
      suiteDigest: try container.decode(Digest.self, forKey: .suiteDigest),
      toolVersion: try container.decode(String.self, forKey: .toolVersion),
      preprocessingDigest: try container.decodeIfPresent(Digest.self, forKey: .preprocessingDigest),
      routerState: try container.decodeIfPresent(RouterState.self, forKey: .routerState))
    options = try container.decode(FingerprintOptions.self, forKey: .options)
    counts = try container.decode([Int].self, forKey: .counts)
    sampleCount = try container.decode(Int.self, forKey: .sampleCount)
    meanLogits = try container.decode(PackedTable<Double>.self, forKey: .meanLogits).rows
    blocks = try container.decodeIfPresent(TaskBlocks.self, forKey: .blocks)
    routingScores = try container.decode(PackedTable<Double>.self, forKey: .routingScores).rows
      .map { RoutingScoreFingerprint(values: $0) }
    routingPreferences = try container.decode(
      PackedTable<Double>.self, forKey: .routingPreferences
    ).rows.map { RoutingPreferenceFingerprint(distributions: $0) }
    try validate()
  }

  /// Writes a fingerprint.
  ///
  /// - Throws: what the encoder throws. A fingerprint is valid by construction, so no number
  ///   that is not finite reaches the encoder.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(Self.schema(EvidenceVersion(encoder)), forKey: .schema)
    try container.encode(toolVersion, forKey: .toolVersion)
    try container.encodeIfPresent(modelDigest, forKey: .modelDigest)
    try container.encode(suiteDigest, forKey: .suiteDigest)
    try container.encode(signal, forKey: .signal)
    try container.encode(options, forKey: .options)
    try container.encode(tasks, forKey: .tasks)
    try container.encode(experts, forKey: .experts)
    try container.encodeIfPresent(description.preprocessingDigest, forKey: .preprocessingDigest)
    try container.encodeIfPresent(description.routerState, forKey: .routerState)
    try container.encode(layerCount, forKey: .layerCount)
    try container.encode(counts, forKey: .counts)
    try container.encode(sampleCount, forKey: .sampleCount)
    try container.encode(PackedTable(meanLogits), forKey: .meanLogits)
    try container.encodeIfPresent(blocks, forKey: .blocks)
    try container.encode(PackedTable(routingScores.map(\.values)), forKey: .routingScores)
    try container.encode(
      PackedTable(routingPreferences.map(\.distributions)), forKey: .routingPreferences)
  }
}

extension TaskBlocks: Codable {
  private enum CodingKeys: String, CodingKey {
    case counts, meanLogits, packedLogits
  }

  /// Reads blocks, with a table for each task or all of them packed one after another.
  ///
  /// - Throws: `DecodingError`.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let counts = try container.decode([[Int]].self, forKey: .counts)
    guard container.contains(.packedLogits) else {
      self.init(
        counts: counts,
        meanLogits: try container.decode([[[[Float]]]].self, forKey: .meanLogits))
      return
    }
    var rest = try container.decode(PackedTable<Float>.self, forKey: .packedLogits).rows[...]
    var tables: [[[[Float]]]] = []
    for task in counts {
      guard task.count <= rest.count else {
        throw DecodingError.dataCorruptedError(
          forKey: .packedLogits, in: container, debugDescription: "fewer tables than counts")
      }
      tables.append(Array(rest.prefix(task.count)))
      rest = rest.dropFirst(task.count)
    }
    guard rest.isEmpty else {
      throw DecodingError.dataCorruptedError(
        forKey: .packedLogits, in: container, debugDescription: "more tables than counts")
    }
    self.init(counts: counts, meanLogits: tables)
  }

  /// Writes a table for each task, or all of them packed where there are many numbers.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(counts, forKey: .counts)
    let size = meanLogits.reduce(0) { $0 + $1.count * ($1.first?.joined().count ?? 0) }
    if EvidenceVersion(encoder) >= .two, size > PackedLimit.count {
      try container.encode(PackedTable(meanLogits.flatMap { $0 }), forKey: .packedLogits)
    } else {
      try container.encode(meanLogits, forKey: .meanLogits)
    }
  }
}
