import Diagnostics

extension ModelFingerprint: Codable {
  private enum CodingKeys: String, CodingKey {
    case schema, toolVersion, modelDigest, suiteDigest, signal, options, tasks, experts
    case layerCount, counts, sampleCount, meanLogits, blocks, routingScores, routingPreferences
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
    blocks = try container.decodeIfPresent(TaskBlocks.self, forKey: .blocks)
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
    try container.encodeIfPresent(blocks, forKey: .blocks)
    try container.encode(routingScores, forKey: .routingScores)
    try container.encode(routingPreferences, forKey: .routingPreferences)
  }
}
