import Diagnostics

/// The p-value of a secret subset, and how it was found.
public struct SubsetOutcome: Sendable, Hashable {
  /// How memberships were gone through.
  public enum Method: Sendable, Hashable {
    /// All of them were counted.
    case counted
    /// `draws` were drawn from `seed`, of which `atMost` had a sum as small as the observed one:
    /// p = (1 + atMost) / (draws + 1).
    case drawn(draws: Int, seed: UInt64, atMost: Int)
  }

  /// z of the subset.
  public let z: Double
  /// N.
  public let imageCount: Int
  /// n.
  public let usedCount: Int
  /// Whether memberships were permuted within classes.
  public let isWithinClasses: Bool
  /// How.
  public let method: Method
  /// The p-value.
  public let pValue: Double
  /// The smallest p-value that could have come out.
  public let floor: Double

  /// The result at a level, with the pool that would decide it.
  ///
  /// - Throws: ``ExactTestError`` never for an outcome of this module.
  public func result(level: Double = 0.01) throws(ExactTestError) -> ExactTestResult {
    var steps: [DecidingStep] = []
    if pValue > level {
      if case .drawn(let draws, _, _) = method, floor > level {
        steps.append(.moreDraws(max(draws, RerunRank.rerunsNeeded(for: level))))
      }
      if let images = SubsetPower.imagesNeeded(images: imageCount, z: z, level: level),
        images > imageCount
      {
        steps.append(.poolOf(images: images))
      }
    }
    return try ExactTestResult(
      test: .secretSubset,
      assumption: isWithinClasses ? .uniformSubsetWithinClasses : .uniformSubset, statistic: z,
      pValue: pValue, floor: floor, wouldDecide: steps)
  }
}

extension SubsetOutcome: Codable {
  private enum CodingKeys: String, CodingKey, CaseIterable {
    case z, images, used, method, draws, seed, floor
    case withinClasses = "within_classes"
    case atMost = "at_most"
    case pValue = "p"
  }

  private enum Kind: String, Codable {
    case counted, drawn
  }

  /// Reads and checks an outcome.
  ///
  /// - Throws: ``ExactTestError`` when numbers do not belong together, and `DecodingError`.
  public init(from decoder: any Decoder) throws {
    try decoder.refuseKeys(beside: CodingKeys.self)
    let container = try decoder.container(keyedBy: CodingKeys.self)
    z = try container.decode(Double.self, forKey: .z)
    imageCount = try container.decode(Int.self, forKey: .images)
    usedCount = try container.decode(Int.self, forKey: .used)
    isWithinClasses = try container.decode(Bool.self, forKey: .withinClasses)
    pValue = try container.decode(Double.self, forKey: .pValue)
    floor = try container.decode(Double.self, forKey: .floor)
    guard imageCount >= 2, (1..<imageCount).contains(usedCount) else {
      throw ExactTestError.nothingToPermute(images: imageCount, used: usedCount)
    }
    switch try container.decode(Kind.self, forKey: .method) {
    case .counted: method = .counted
    case .drawn:
      let draws = try container.decode(Int.self, forKey: .draws)
      let atMost = try container.decode(Int.self, forKey: .atMost)
      guard (1..<Int.max).contains(draws), (0...draws).contains(atMost),
        pValue == Double(1 + atMost) / Double(draws + 1)
      else {
        throw ExactTestError.valueOutOfRange(
          name: "p", range: "(1 + at_most) / (draws + 1)", actual: "\(pValue)")
      }
      method = .drawn(
        draws: draws, seed: try container.decode(UInt64.self, forKey: .seed), atMost: atMost)
    }
    _ = try result()
  }

  /// Writes the form that ``init(from:)`` reads.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(z, forKey: .z)
    try container.encode(imageCount, forKey: .images)
    try container.encode(usedCount, forKey: .used)
    try container.encode(isWithinClasses, forKey: .withinClasses)
    try container.encode(pValue, forKey: .pValue)
    try container.encode(floor, forKey: .floor)
    switch method {
    case .counted: try container.encode(Kind.counted, forKey: .method)
    case .drawn(let draws, let seed, let atMost):
      try container.encode(Kind.drawn, forKey: .method)
      try container.encode(draws, forKey: .draws)
      try container.encode(seed, forKey: .seed)
      try container.encode(atMost, forKey: .atMost)
    }
  }
}
