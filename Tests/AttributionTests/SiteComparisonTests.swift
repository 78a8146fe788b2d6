import Attribution
import Diagnostics
import Foundation
import RoutingFingerprints
import Testing

@Suite struct SiteComparisonTests {
  private static let tasks = (0..<5).map { "task-\($0)" }
  private static let suite = "sha256:" + String(repeating: "0", count: 64)

  /// Five tasks, each liked by one expert; `scale` per expert tells experts apart.
  private func means(
    _ experts: Int, turned: Int = 0, shift: Double = 0, even: Bool = false
  ) -> [[Double]] {
    Self.tasks.indices.map { task in
      (0..<experts).map { expert in
        let liked = (task + turned) % Self.tasks.count == expert % Self.tasks.count
        // Some tasks are liked by a second expert as well, so that rotated tasks do not fit.
        let second = !even && task < 2 && expert == 3
        return (liked ? 3 : 0) + (second ? 2 + Double(task) : 0)
          + 0.1 * Double((task * 7 + expert * 3) % 5) + shift * Double(expert)
      }
    }
  }

  private func fingerprint(
    _ sites: [(names: [String], means: [[Double]])], slots: SiteSlots = .sites,
    signal: SiteSignal = .logits, origin: RouterOrigin? = nil
  ) throws -> SiteFingerprint {
    try SiteFingerprint(
      tasks: Self.tasks, counts: [2, 2, 2, 2, 2], signal: signal, slots: slots,
      sites: sites.enumerated().map {
        .init(
          name: "layer \($0)", layer: $0, experts: $1.names, means: $1.means,
          halves: [$1.means, $1.means])
      },
      suiteDigest: try #require(Digest(Self.suite)), routerOrigin: origin, tool: "test")
  }

  private func own(_ experts: Int, _ site: Int) -> [String] {
    (0..<experts).map { "\(site).\($0)" }
  }

  private func verdict(_ victim: SiteFingerprint, _ suspect: SiteFingerprint) -> SiteVerdict {
    SiteVerdict(
      victim: victim, suspect: suspect,
      comparison: SiteComparison(victim: victim, suspect: suspect), thresholds: .standard)
  }

  @Test func aModelMatchesItselfExpertByExpert() throws {
    let model = try fingerprint([(own(5, 0), means(5)), (own(4, 1), means(4))])
    let comparison = SiteComparison(victim: model, suspect: model)
    #expect(comparison.blocks.map(\.sites) == [[0], [1]])
    #expect(comparison.blocks.allSatisfy { $0.pairs.allSatisfy { $0.suspect == $0.victim } })
    #expect(abs(comparison.score - 1) < 1e-12)
    #expect(comparison.rotations.count == 4)
    #expect(verdict(model, model) == .matchesRouting)
  }

  /// Rewiring adds a constant per expert: scores change, and what they say of tasks does not.
  @Test func aConstantPerExpertChangesNothing() throws {
    let model = try fingerprint([(own(5, 0), means(5))])
    let shifted = try fingerprint([(own(5, 0), means(5, shift: 0.75))])
    let comparison = SiteComparison(victim: model, suspect: shifted)
    #expect(abs(comparison.score - 1) < 1e-12)
  }

  @Test func tasksThatExpertsLikeOtherwiseAreNoMatch() throws {
    let model = try fingerprint([
      (own(3, 0), [[3, 2, 2], [1, 3, 0], [2, 2, 3], [2, 1, 1], [1, 1, 2]]),
      (own(3, 1), [[3, 0, 3], [2, 1, 2], [2, 1, 1], [2, 2, 2], [1, 3, 1]]),
    ])
    let other = try fingerprint([
      (own(3, 0), [[1, 3, 1], [0, 2, 2], [0, 0, 1], [3, 1, 3], [1, 0, 3]]),
      (own(3, 1), [[3, 0, 0], [2, 1, 2], [0, 3, 1], [3, 3, 2], [0, 3, 0]]),
    ])
    #expect(verdict(model, other) == .noEvidenceOfReuse)
  }

  /// One expert per task, all alike: with tasks rotated and experts matched anew, everything fits as well.
  @Test func whereRotatedTasksFitAsWellNothingCanBeSaid() throws {
    let model = try fingerprint([(own(5, 0), means(5, even: true))])
    #expect(try #require(SiteComparison(victim: model, suspect: model).rotations.max()) > 0.99)
    #expect(verdict(model, model) == .inconclusive)
  }

  @Test func sharedExpertsFormABlockOfTheirSites() throws {
    let first = ["a", "b", "c", "d", "e"]
    let second = ["c", "d", "e", "f", "g"]
    let model = try fingerprint([(first, means(5)), (second, means(5, turned: 1))])
    let comparison = SiteComparison(victim: model, suspect: model)
    #expect(comparison.blocks.map(\.sites) == [[0], [0, 1], [1]])
    #expect(
      comparison.blocks.map { $0.pairs.map(\.suspect) } == [
        ["a", "b"], ["c", "d", "e"], ["f", "g"],
      ])
  }

  @Test func sitesThatRepeatAnEarlierOneCountOnce() throws {
    let model = try fingerprint([
      (own(5, 0), means(5)), (own(5, 1), means(5)), (own(5, 2), means(5, turned: 1)),
    ])
    let comparison = SiteComparison(victim: model, suspect: model)
    #expect(comparison.repeatedSites == [1])
    #expect(comparison.blocks.map(\.sites) == [[0], [2]])
    // A suspect whose second site says something of its own has three sites.
    let other = try fingerprint([
      (own(5, 0), means(5)), (own(5, 1), means(5, turned: 3)), (own(5, 2), means(5, turned: 1)),
    ])
    #expect(SiteComparison(victim: model, suspect: other).repeatedSites.isEmpty)
  }

  @Test func columnsAgainstSitesAreMatchedSiteBySite() throws {
    let names = ["a", "b", "c", "d", "e"]
    let columns = try fingerprint(
      [(names, means(5)), (names, means(5, turned: 1))], slots: .columns)
    let order = [3, 1, 4, 0, 2]
    let shuffled = try fingerprint([
      (own(5, 0), means(5)),
      (own(5, 1), means(5, turned: 1).map { row in order.map { row[$0] } }),
    ])
    let comparison = SiteComparison(victim: columns, suspect: shuffled)
    #expect(comparison.blocks.count == 2)
    #expect(comparison.blocks[1].pairs.map(\.victim) == order.map { names[$0] })
    #expect(abs(comparison.score - 1) < 1e-12)
  }

  @Test func addedExpertsHaveNoPartner() throws {
    let model = try fingerprint([(own(5, 0), means(5))])
    var wider = means(5)
    for task in wider.indices { wider[task].append(task == 2 ? 1 : 0.5) }
    let suspect = try fingerprint([(own(6, 0), wider)])
    let block = SiteComparison(victim: model, suspect: suspect).blocks[0]
    #expect(block.pairs.count == 5 && block.unmatched == ["0.5"])
  }

  @Test func originsThatAreNoEvidenceSayWhy() throws {
    let model = try fingerprint([(own(5, 0), means(5))])
    for origin in RouterOrigin.allCases {
      let suspect = try fingerprint([(own(5, 0), means(5))], origin: origin)
      let expected: SiteVerdict =
        origin == .weights ? .matchesRouting : .notApplicable(.origin(origin))
      #expect(verdict(model, suspect) == expected)
      #expect(verdict(suspect, model) == expected)
    }
    let prompts = try fingerprint([(own(5, 0), means(5))], origin: .prompts)
    #expect(
      verdict(model, prompts).description == "not applicable: the router was made from prompts")
  }

  @Test func routersWithoutSignalAreNoEvidence() throws {
    let flat = try fingerprint([(own(5, 0), Self.tasks.map { _ in [1, 2, 3, 4, 5] })])
    #expect(verdict(flat, flat) == .notApplicable(.constant))
    // Halves that show different tastes: nothing comes back.
    var torn = try fingerprint([(own(5, 0), means(5))])
    torn.sites[0].halves = [means(5), means(5, turned: 2)]
    #expect(verdict(torn, torn) == .notApplicable(.noRepetition))
  }

  @Test func aCaseIsReadBackAndFindsWhatWasEdited() throws {
    let model = try fingerprint([(own(5, 0), means(5)), (own(5, 1), means(5, turned: 1))])
    let value = try SiteCase(
      victim: model, suspect: model,
      provenance: .init(tool: "test", command: "test", date: nil, victim: "a", suspect: "b"))
    #expect(try value.discrepancies().isEmpty)
    let data = try JSONEncoder().encode(value)
    #expect(try JSONDecoder().decode(SiteCase.self, from: data) == value)
    let text = String(decoding: data, as: UTF8.self)
    let edited = text.replacingOccurrences(
      of: "\"verdict\":\"matches the routing\"", with: "\"verdict\":\"inconclusive\"")
    #expect(edited != text)
    let read = try JSONDecoder().decode(SiteCase.self, from: Data(edited.utf8))
    #expect(try read.discrepancies().map(\.path) == ["verdict"])
  }

  @Test func whatCannotBeComparedIsRefused() throws {
    let model = try fingerprint([(own(5, 0), means(5))])
    let provenance = SiteCase.Provenance(
      tool: "test", command: "test", date: nil, victim: "a", suspect: "b")
    let twice = try fingerprint([(own(5, 0), means(5)), (own(5, 1), means(5))])
    #expect(throws: AttributionError.layerCountsDiffer(victim: 1, suspect: 2)) {
      try SiteCase(victim: model, suspect: twice, provenance: provenance)
    }
    let chosen = try fingerprint([(own(5, 0), means(5))], signal: .selections)
    #expect(throws: AttributionError.siteSignalsDiffer(victim: .logits, suspect: .selections)) {
      try SiteCase(victim: model, suspect: chosen, provenance: provenance)
    }
    let sigmoid = try fingerprint([(own(5, 0), means(5))], signal: .sigmoid)
    _ = try SiteCase(victim: model, suspect: sigmoid, provenance: provenance)
    #expect(throws: FingerprintError.columnsDiffer(site: "layer 1", first: "layer 0")) {
      try fingerprint([(["a", "b"], means(2)), (["a", "c"], means(2))], slots: .columns)
    }
  }
}
