/// The fingerprints of many registered experts, laid out for finding the few that are most like a
/// suspect's.
///
/// Comparing one expert with all of them by the definition costs a logarithm for every task of every
/// one. Here the cosines of all score fingerprints are computed first, in Float; since a preference
/// similarity is at most 1, a cosine bounds the similarity (equation 15) from above, and only experts
/// whose bound reaches the closest found so far are compared in full. The result is that of comparing
/// with all, to the last bit.
public struct ExpertRegistry: Sendable {
  /// A registered expert and how alike it is.
  public struct Match: Sendable, Equatable {
    /// The expert's place in the registry: how many were registered before it.
    public let index: Int
    /// Score similarity, (1 + cos) / 2 (equation 13).
    public let score: Double
    /// Preference similarity, 1 - JSD (equation 14).
    public let preference: Double
    /// The mean of both (equation 15).
    public var similarity: Double { (score + preference) / 2 }
  }

  /// Rows that are screened together, one a lane.
  private typealias Lanes = SIMD8<Float>

  private var directions: [ScoreDirection] = []
  private var preferences: [RoutingPreferenceFingerprint] = []
  /// Unit vectors, `[ceil(R / 8), N L, 8]`.
  private var screen: [Lanes] = []
  private var dimension = 0

  /// A registry of no experts.
  public init() {}

  /// R, the number of registered experts.
  public var count: Int { directions.count }

  /// Registers an expert.
  ///
  /// - Precondition: all experts' fingerprints have the same shape, of at least one number.
  public mutating func register(
    _ scores: RoutingScoreFingerprint, _ preference: RoutingPreferenceFingerprint
  ) {
    let direction = scores.direction
    let unit = direction.unit
    if directions.isEmpty { dimension = unit.count }
    precondition(
      !unit.isEmpty && unit.count == dimension, "registered fingerprints have the same shape")
    let (block, lane) = directions.count.quotientAndRemainder(dividingBy: Lanes.scalarCount)
    if lane == 0 { screen += [Lanes](repeating: Lanes(), count: dimension) }
    for (place, component) in unit.enumerated() {
      screen[block * dimension + place][lane] = Float(component)
    }
    directions.append(direction)
    preferences.append(preference)
  }

  /// Registers every expert of a model, in order.
  public mutating func register(_ fingerprint: ModelFingerprint) {
    for (scores, preference) in zip(fingerprint.routingScores, fingerprint.routingPreferences) {
      register(scores, preference)
    }
  }

  /// The `limit` registered experts most like an expert, the most similar first; of equals the one
  /// registered first.
  ///
  /// - Parameters:
  ///   - scores, preference: The expert's fingerprint, over the tasks and layers of the registry.
  ///   - base: The base of the divergence's logarithm.
  /// - Precondition: the fingerprint has the registered shape.
  public func closest(
    _ limit: Int, to scores: RoutingScoreFingerprint, _ preference: RoutingPreferenceFingerprint,
    base: JSDBase
  ) -> [Match] {
    guard limit > 0, count > 0 else { return [] }
    let suspect = scores.direction
    let cosines = screenedCosines(with: suspect.unit)
    // Float rounds every component and every partial sum; the vectors have length 1.
    let slack = Float(dimension + 4) * Float.ulpOfOne
    var closest = ClosestMatches(limit: limit)
    func examine(_ index: Int) {
      closest.insert(
        Match(
          index: index, score: directions[index].similarity(to: suspect),
          preference: preferences[index].similarity(to: preference, base: base)))
    }
    // Beginning with large cosines leaves few to be compared in full.
    let start = Self.largest(limit, of: cosines)
    for index in start { examine(index) }
    let examined = Set(start)
    for index in 0..<count {
      let bound = (3 + Double(cosines[index] + slack)) / 4
      if closest.mayHold(bound), !examined.contains(index) { examine(index) }
    }
    return closest.matches
  }

  /// The cosine with every registered expert, within `slack`.
  private func screenedCosines(with unit: [Double]) -> [Float] {
    precondition(unit.count == dimension, "compared fingerprints have the same shape")
    let unit = unit.map { Float($0) }
    let blocks = screen.count / dimension
    var cosines = [Float](repeating: 0, count: blocks * Lanes.scalarCount)
    unit.withUnsafeBufferPointer { unit in
      screen.withUnsafeBufferPointer { screen in
        for block in 0..<blocks {
          var sums = Lanes()
          for place in 0..<dimension { sums += screen[block * dimension + place] * unit[place] }
          for lane in 0..<Lanes.scalarCount {
            cosines[block * Lanes.scalarCount + lane] = sums[lane]
          }
        }
      }
    }
    return Array(cosines.prefix(count))
  }

  /// Places of the `limit` largest numbers.
  private static func largest(_ limit: Int, of numbers: [Float]) -> [Int] {
    var places: [Int] = []
    for (index, number) in numbers.enumerated() {
      if places.count == limit, let last = places.last, number <= numbers[last] { continue }
      places.insert(index, at: places.firstIndex { numbers[$0] < number } ?? places.count)
      if places.count > limit { places.removeLast() }
    }
    return places
  }
}

/// The best matches so far, in order.
private struct ClosestMatches {
  let limit: Int
  private(set) var matches: [ExpertRegistry.Match] = []

  init(limit: Int) { self.limit = limit }

  /// Whether a match of this similarity could be among them.
  func mayHold(_ similarity: Double) -> Bool {
    guard matches.count == limit, let last = matches.last else { return true }
    return similarity >= last.similarity
  }

  mutating func insert(_ match: ExpertRegistry.Match) {
    let place = matches.firstIndex {
      $0.similarity < match.similarity
        || ($0.similarity == match.similarity && $0.index > match.index)
    }
    matches.insert(match, at: place ?? matches.count)
    if matches.count > limit { matches.removeLast() }
  }
}
