import RoutingFingerprints
import Testing

@Suite struct RoutingScoreFingerprintTests {
  @Test("equations 9 and 10: two experts are centred to plus and minus half their difference")
  func centresTwoExperts() throws {
    let fingerprint = try ModelFingerprint(
      description: describe(tasks: 2, experts: 2, layers: 1), counts: [1, 1],
      meanLogits: [[[2], [4]], [[5], [-1]]])
    #expect(fingerprint.routingScores.map(\.values) == [[[-1], [3]], [[1], [-3]]])
  }

  @Test("equations 9 and 10: three experts over two layers")
  func centresThreeExperts() throws {
    let fingerprint = try ModelFingerprint(
      description: describe(tasks: 1, experts: 3, layers: 2), counts: [1],
      meanLogits: [[[1, 0], [2, 0], [6, 3]]])
    #expect(fingerprint.routingScores.map(\.values) == [[[-2, -1]], [[-1, -1]], [[3, 2]]])
  }

  @Test("equal experts are centred to exactly zero, whatever their value")
  func equalExperts() throws {
    let fingerprint = try ModelFingerprint(
      description: describe(tasks: 1, experts: 3, layers: 2), counts: [1],
      meanLogits: [[[0.1, 0.3], [0.1, 0.3], [0.1, 0.3]]])
    #expect(fingerprint.routingScores.allSatisfy { $0.carriesNoSignal })
  }

  @Test("a constant added to all experts of a layer changes nothing", arguments: UInt64(0)..<20)
  func invariantToLayerConstants(seed: UInt64) throws {
    let trace = SeededTrace(seed: seed)
    let fingerprint = try trace.sums().fingerprint()
    var generator = SeededGenerator(seed: seed)
    let shifts = (0..<fingerprint.layerCount).map { _ in
      Double.random(in: -5...5, using: &generator)
    }
    let shifted = try ModelFingerprint(
      description: fingerprint.description, counts: fingerprint.counts,
      meanLogits: fingerprint.meanLogits.map { table in
        table.map { row in zip(row, shifts).map { $0 + $1 } }
      })
    for (left, right) in zip(fingerprint.routingScores, shifted.routingScores) {
      for (left, right) in zip(left.values.joined(), right.values.joined()) {
        #expect(abs(left - right) <= 1e-11, "seed \(seed)")
      }
    }
  }

  @Test("equation 13: opposite scores are 0 alike, orthogonal ones 0.5, (3, 4) and (4, 3) 0.98")
  func similarityOfEquation13() {
    let a = RoutingScoreFingerprint(values: [[3], [4]])
    #expect(a.similarity(to: RoutingScoreFingerprint(values: [[-3], [-4]])) == 0)
    #expect(a.similarity(to: RoutingScoreFingerprint(values: [[-4], [3]])) == 0.5)
    #expect(abs(a.similarity(to: RoutingScoreFingerprint(values: [[4], [3]])) - 0.98) < 1e-15)
    #expect(a.similarity(to: RoutingScoreFingerprint(values: [[6], [8]])) == 1)
  }

  @Test("similarity is in 0...1, symmetric to the bit and 1 with itself", arguments: UInt64(0)..<40)
  func similarityProperties(seed: UInt64) throws {
    let scores = try SeededTrace(seed: seed).sums().fingerprint().routingScores
    for left in scores {
      for right in scores {
        let similarity = left.similarity(to: right)
        #expect((0...1).contains(similarity), "seed \(seed)")
        #expect(similarity == right.similarity(to: left), "seed \(seed)")
      }
      if !left.carriesNoSignal { #expect(left.similarity(to: left) == 1, "seed \(seed)") }
    }
  }

  @Test("a fingerprint without signal has cosine 0 with everything, itself included")
  func zeroHasNoDirection() {
    let zero = RoutingScoreFingerprint(values: [[0, 0], [0, -0.0]])
    #expect(zero.carriesNoSignal)
    #expect(zero.cosine(with: zero) == 0)
    #expect(zero.cosine(with: RoutingScoreFingerprint(values: [[1, 2], [3, 4]])) == 0)
    #expect(zero.similarity(to: zero) == 0.5)
  }

  @Test("huge and tiny scores neither overflow nor vanish", arguments: [1e38, 1e-300])
  func extremeMagnitudes(scale: Double) {
    let a = RoutingScoreFingerprint(values: [[3 * scale], [4 * scale]])
    let b = RoutingScoreFingerprint(values: [[4 * scale], [3 * scale]])
    #expect(abs(a.cosine(with: b) - 0.96) < 1e-15)
    #expect(a.cosine(with: a) == 1)
  }
}
