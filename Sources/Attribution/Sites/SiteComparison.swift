import RoutingFingerprints
import Statistics

/// Two site fingerprints, expert by expert.
///
/// Experts that occur at the same sites form a block, and only experts of one block can be one another. Where
/// slots are sites, a block is one site's experts; where they are columns, all experts are one block; experts
/// that several layers share form blocks in between. Within a block experts are matched one to one
/// (Hungarian method) by
///
/// Equation: Sim = ((1 + cos(RSF_j, RSF_k)) / 2 + 1 - JSD(RPF_j, RPF_k)) / 2     (RouteMark, eq. 13-15)
/// with RSF_e = F~[:, e, l in block] minus its mean over tasks, `[N, sites of the block]`, and RPF_e the softmax
/// over tasks of its sum. A constant that is added to an expert's score changes neither.
///
/// The model's score is the mean over blocks of the mean over matched pairs. What chance gives is the same
/// score with the suspect's tasks rotated by 1 ... N - 1, matched anew each time; see ``agreement``.
public struct SiteComparison: Sendable, Equatable, Codable {
  /// A suspect's expert and the victim's expert that it was matched with.
  public struct Pair: Sendable, Equatable, Codable {
    /// The suspect's expert.
    public let suspect: String
    /// The victim's expert.
    public let victim: String
    /// Their similarity, 0 to 1.
    public let similarity: Double
    /// The similarity minus the largest with another victim expert of the block; `nil` where there is none.
    public let margin: Double?
  }

  /// Experts that occur at the same sites.
  public struct Block: Sendable, Equatable, Codable {
    /// Places of the sites.
    public let sites: [Int]
    /// Matched pairs, in the order of the suspect's experts.
    public let pairs: [Pair]
    /// Suspect experts without a partner.
    public let unmatched: [String]
    /// The mean similarity of the pairs.
    public let score: Double
  }

  /// Blocks that both models have.
  public let blocks: [Block]
  /// Sites that say in both models what an earlier site says, and were counted once.
  public let repeatedSites: [Int]
  /// Suspect experts at sites where the victim has none that could be they.
  public let withoutCounterpart: Int
  /// The mean over blocks.
  public let score: Double
  /// The score with the suspect's tasks rotated by 1 to N - 1.
  public let rotations: [Double]

  /// How far the score lies beyond the best that rotated tasks give.
  ///
  /// Equation: (score - chance) / (1 - chance) with chance = max of rotations     (Cohen's kappa, 1960)
  ///
  /// - Returns: at most 1, and below 0 where rotated tasks do better; 0 where rotated tasks fit to a thousandth, which
  ///   leaves nothing but rounding to tell them apart; `nil` for one task.
  public var agreement: Double? {
    guard let chance = rotations.max(), !blocks.isEmpty else { return nil }
    return chance < 0.999 ? (score - chance) / (1 - chance) : 0
  }

  enum CodingKeys: String, CodingKey {
    case blocks, score, rotations
    case repeatedSites = "repeated_sites"
    case withoutCounterpart = "without_counterpart"
  }

  /// Compares two fingerprints of one suite whose tasks are in the same order.
  ///
  /// - Precondition: both have as many sites and the same tasks.
  public init(victim: SiteFingerprint, suspect: SiteFingerprint, base: JSDBase = .two) {
    precondition(
      victim.sites.count == suspect.sites.count && victim.tasks == suspect.tasks,
      "compared fingerprints have the same sites and tasks")
    let bySite = victim.slots != suspect.slots
    let scores = [victim, suspect].map { fingerprint in
      fingerprint.sites.map { SiteFingerprint.taskCentred(SiteFingerprint.centred($0.means)) }
    }
    repeatedSites = Self.repeated(scores)
    let kept = Set(victim.sites.indices).subtracting(repeatedSites)
    let own = Self.appearances(victim, kept: kept, bySite: bySite)
    let other = Self.appearances(suspect, kept: kept, bySite: bySite)
    var parts: [([Int], ExpertBlock, ExpertBlock)] = []
    var lost = 0
    for (sites, experts) in other.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
      guard let partners = own[sites] else {
        lost += experts.count
        continue
      }
      parts.append(
        (sites, ExpertBlock(partners, scores[0]), ExpertBlock(experts, scores[1])))
    }
    withoutCounterpart = lost
    blocks = parts.map { Self.block(sites: $0, victim: $1, suspect: $2, base: base) }
    score = Self.mean(blocks.map(\.score))
    rotations = victim.tasks.indices.dropFirst().map { shift in
      Self.mean(
        parts.map { _, victim, suspect in
          Self.score(victim.similarities(to: suspect, rotatedBy: shift, base: base))
        })
    }
  }

  /// Sites whose centred scores equal those of an earlier one in both models.
  private static func repeated(_ scores: [[[[Double]]]]) -> [Int] {
    scores[0].indices.filter { site in
      (0..<site).contains { earlier in
        scores.allSatisfy { $0[site] == $0[earlier] }
      }
    }
  }

  /// An expert's name and its column at each of its sites.
  private struct Appearance {
    let name: String
    var columns: [(site: Int, column: Int)]
  }

  /// Experts by the sites where they occur.
  private static func appearances(
    _ fingerprint: SiteFingerprint, kept: Set<Int>, bySite: Bool
  ) -> [[Int]: [Appearance]] {
    var order: [String] = []
    var found: [String: Appearance] = [:]
    for (place, site) in fingerprint.sites.enumerated() where kept.contains(place) {
      for (column, expert) in site.experts.enumerated() {
        let key = bySite ? "\(place) \(expert)" : expert
        if found[key] == nil {
          order.append(key)
          found[key] = Appearance(name: expert, columns: [])
        }
        found[key]?.columns.append((place, column))
      }
    }
    return Dictionary(grouping: order.compactMap { found[$0] }) { $0.columns.map(\.site) }
  }

  /// The experts of a block with their scores.
  private struct ExpertBlock {
    let names: [String]
    let scores: [[[Double]]]  // [E] of [N, sites]

    init(_ experts: [Appearance], _ scores: [[[Double]]]) {
      names = experts.map(\.name)
      self.scores = experts.map { expert in
        scores[0].indices.map { task in
          expert.columns.map { scores[$0.site][task][$0.column] }
        }
      }
    }

    /// `[victim experts, suspect experts]` with the suspect's tasks rotated.
    func similarities(to other: ExpertBlock, rotatedBy shift: Int, base: JSDBase) -> [[Double]] {
      let (rows, columns) = (prints(0), other.prints(shift))
      return rows.map { row in
        columns.map { column in
          (row.direction.similarity(to: column.direction)
            + row.preference.similarity(to: column.preference, base: base)) / 2
        }
      }
    }

    private func prints(
      _ shift: Int
    ) -> [(direction: ScoreDirection, preference: RoutingPreferenceFingerprint)] {
      scores.map { rows in
        let turned = rows.indices.map { rows[($0 + shift) % rows.count] }
        let scores = RoutingScoreFingerprint(values: turned)
        return (scores.direction, RoutingPreferenceFingerprint(scores, mode: .global))
      }
    }
  }

  private static func block(
    sites: [Int], victim: ExpertBlock, suspect: ExpertBlock, base: JSDBase
  ) -> Block {
    let table = victim.similarities(to: suspect, rotatedBy: 0, base: base)
    let partners = matched(table)
    var pairs: [Pair] = []
    var unmatched: [String] = []
    for (column, name) in suspect.names.enumerated() {
      guard let row = partners.firstIndex(of: column) else {
        unmatched.append(name)
        continue
      }
      let others = table.indices.filter { $0 != row }.map { table[$0][column] }
      pairs.append(
        Pair(
          suspect: name, victim: victim.names[row], similarity: table[row][column],
          margin: others.max().map { table[row][column] - $0 }))
    }
    return Block(
      sites: sites, pairs: pairs, unmatched: unmatched, score: mean(pairs.map(\.similarity)))
  }

  private static func matched(_ table: [[Double]]) -> [Int?] { Assignment.maximising(table) }

  private static func score(_ table: [[Double]]) -> Double {
    mean(zip(table, matched(table)).compactMap { row, column in column.map { row[$0] } })
  }

  private static func mean(_ values: [Double]) -> Double {
    values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
  }
}
