import Attribution
import Foundation
import RoutingFingerprints
import Testing

/// A case with test provenance.
func makeCase(
  _ victim: ModelFingerprint, _ suspect: ModelFingerprint,
  thresholds: AttributionThresholds = .standard
) throws -> AttributionCase {
  try AttributionCase(
    victim: victim, suspect: suspect, thresholds: thresholds, victimLabel: "mine",
    suspectLabel: "theirs", toolVersion: "test 1", commandLine: "routemark attribute",
    date: "2026-01-01")
}

@Suite struct AttributionCaseTests {
  let victim: ModelFingerprint

  init() throws {
    victim = try fingerprint(specialists(3), experts: ["a", "b", "c"])
  }

  @Test("a copy matches the routing of every expert")
  func copy() throws {
    let result = try makeCase(victim, victim)
    #expect(
      result.attributions.map(\.verdict) == ["a", "b", "c"].map { .matchesRouting(of: $0) })
    #expect(result.attributions.map(\.similarity) == [1, 1, 1])
    #expect(result.summary.unmatchedVictimExperts.isEmpty)
    #expect(
      result.summary.statement
        == "3 of 3 suspect experts match the routing of 3 of 3 victim experts")
    #expect(try result.discrepancies().isEmpty)
  }

  @Test("experts in another order are attributed to the right ones")
  func permutedSuspect() throws {
    let suspect = try fingerprint(specialists(3).map { [$0[2], $0[0], $0[1]] })
    let result = try makeCase(victim, suspect)
    #expect(result.attributions.map(\.topOneExpert) == ["c", "a", "b"])
    #expect(result.attributions.map(\.topOneIndex) == [2, 0, 1])
  }

  @Test("margin is top-1 minus runner-up of the profile")
  func margin() throws {
    let suspect = try fingerprint(randomMeans(seed: 3, tasks: 3, experts: 4, layers: 2))
    for (index, attribution) in try makeCase(victim, suspect).attributions.enumerated() {
      let sorted = attribution.profile.sorted(by: >)
      #expect(attribution.suspectIndex == index && attribution.suspectExpert == "e\(index)")
      #expect(attribution.similarity == sorted[0])
      #expect(attribution.runnerUpSimilarity == sorted[1])
      #expect(attribution.attributionMargin == sorted[0] - sorted[1])
      #expect(attribution.profile[attribution.topOneIndex] == sorted[0])
    }
  }

  @Test("ties go to the lowest index")
  func ties() throws {
    // Victim experts 1 and 2 are equal; the suspect is a copy.
    let twins = try fingerprint([
      [[4], [0], [0]], [[0], [4], [4]], [[0], [1], [1]],
    ])
    let attributions = try makeCase(twins, twins).attributions
    #expect(attributions.map(\.topOneIndex) == [0, 1, 1])
    #expect(attributions[1].runnerUpIndex == 2)
    #expect(attributions[2].attributionMargin == 0)
    #expect(attributions[2].verdict == .noEvidenceOfReuse)
  }

  @Test("a suspect with fewer experts leaves victim experts unmatched")
  func fewerExperts() throws {
    let suspect = try fingerprint(specialists(3).map { [$0[0], $0[1]] })
    let result = try makeCase(victim, suspect)
    #expect(result.attributions.count == 2)
    #expect(result.summary.unmatchedVictimExperts.contains("c"))
    #expect(try result.discrepancies().isEmpty)
  }

  @Test("two suspect experts that match one victim expert are both reported, with a note")
  func clones() throws {
    let suspect = try fingerprint(specialists(3).map { [$0[0], $0[0], $0[1], $0[2]] })
    let result = try makeCase(
      victim, suspect,
      thresholds: AttributionThresholds(
        consistentSimilarity: 0.7, consistentMargin: 0.2, noEvidenceMargin: 0.1))
    let match = result.summary.matches[0]
    #expect(match.isCloned && match.suspectIndices == [0, 1])
    #expect(
      result.summary.cloneNotes
        == ["suspect experts e0, e1 all match the routing of a"])
    #expect(result.summary.suspectExpertCount == 4)
    #expect(try result.discrepancies().isEmpty)
  }

  @Test("a suspect expert without signal is flagged and inconclusive")
  func suspectWithoutSignal() throws {
    let suspect = try fingerprint(
      (0..<3).map { _ in [[0.6, 0.6], [0.6, 0.6]] })
    let result = try makeCase(victim, suspect)
    #expect(result.attributions.allSatisfy { $0.carriesNoSignal })
    #expect(
      result.attributions.allSatisfy { $0.verdict == .inconclusive(.suspectCarriesNoSignal) })
    #expect(result.summary.inconclusiveCount == 2)
    #expect(try result.discrepancies().isEmpty)
  }

  @Test("a victim with one expert has no margin and never a consistent verdict")
  func oneVictimExpert() throws {
    let single = try fingerprint(specialists(3).map { [$0[0]] })
    let result = try makeCase(single, victim)
    for attribution in result.attributions {
      #expect(attribution.attributionMargin == nil && attribution.runnerUpIndex == nil)
      #expect(attribution.verdict == .inconclusive(.singleVictimExpert))
    }
    #expect(try result.discrepancies().isEmpty)
    let data = try JSONEncoder().encode(result)
    #expect(try JSONDecoder().decode(AttributionCase.self, from: data) == result)
    #expect(
      try makeCase(single, single).attributions[0].verdict
        == .inconclusive(.suspectCarriesNoSignal))
  }

  @Test("one task: preferences say nothing, scores still do")
  func oneTask() throws {
    let model = try fingerprint([[[4, 0], [0, 4], [0, 0]]])
    let result = try makeCase(model, model)
    #expect(result.matrix.preference.joined().allSatisfy { $0 == 1 })
    #expect(result.attributions.map(\.topOneIndex) == [0, 1, 2])
    #expect(try result.discrepancies().isEmpty)
  }

  @Test("reading what was written gives every bit back", arguments: UInt64(0)..<10)
  func roundTrip(seed: UInt64) throws {
    let options = FingerprintOptions(
      rpfMode: seed % 2 == 0 ? .global : .perLayer, jsdBase: seed % 3 == 0 ? .natural : .two)
    let result = try makeCase(
      fingerprint(randomMeans(seed: seed, tasks: 3, experts: 4, layers: 2), options: options),
      fingerprint(
        randomMeans(seed: seed + 99, tasks: 3, experts: 2, layers: 2),
        tasks: ["t2", "t1", "t0"], counts: [5, 4, 3], options: options))
    let data = try JSONEncoder().encode(result)
    let read = try JSONDecoder().decode(AttributionCase.self, from: data)
    #expect(read == result)
    #expect(try read.discrepancies().isEmpty)
  }

  @Test("every case states what the method cannot tell")
  func limits() throws {
    let limits = try makeCase(victim, victim).limits
    #expect(limits == AttributionCase.standardLimits)
    #expect(limits[0].contains("trained independently on the same task"))
  }

  @Test("a fingerprint whose scores were edited is refused")
  func editedFingerprint() throws {
    let text = String(decoding: try JSONEncoder().encode(victim), as: UTF8.self)
    var object = try #require(
      JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    var scores = try #require(object["routingScores"] as? [[[Double]]])
    let stored = scores[0][0][0] + 1
    let recomputed = scores[0][0][0]
    scores[0][0][0] = stored
    object["routingScores"] = scores
    let edited = try JSONDecoder().decode(
      ModelFingerprint.self, from: JSONSerialization.data(withJSONObject: object))
    #expect(
      throws: AttributionError.inconsistentFingerprint(
        role: .suspect,
        discrepancy: Discrepancy(
          path: "routingScores[0][0][0]", stored: "\(stored)", recomputed: "\(recomputed)"))
    ) { try makeCase(victim, edited) }
  }
}
