import Calibration
import Statistics
import Testing

@Suite struct ResidualSimilarityTests {
  // Three axes: the task's, the victim's own, the null's own.
  private let victim: Response = [[2, 1, 0]]
  private let null: Response = [[3, 0, 0]]

  private func score(_ suspect: Response) throws -> Double {
    ResidualScores(
      try gram([victim, suspect, null]), weighting: .victimResidualEnergy
    ).score
  }

  @Test("what nulls share does not count, what is the victim's own does")
  func byHand() throws {
    #expect(try abs(score([[5, 3, 0]]) - 1) < 1e-12)
    #expect(try abs(score([[5, -3, 0]]) + 1) < 1e-12)
    #expect(try abs(score([[5, 1, 1]]) - 0.5.squareRoot()) < 1e-12)
    #expect(try abs(score([[9, 0, 4]])) < 1e-12)
  }

  @Test("an expert of which nothing is left scores 0")
  func degenerate() throws {
    #expect(try score([[7, 0, 0]]) == 0)
    #expect(try score([[0, 0, 0]]) == 0)
    let within = try gram([[[1, 0, 0]], [[1, 1, 0]], null])
    for weighting in LayerWeighting.allCases {
      #expect(ResidualScores(within, weighting: weighting).score == 0)
    }
  }

  @Test("layers count by the victim's residual energy, or all alike")
  func weights() throws {
    // Layer 0: own part 3, same direction. Layer 1: own part 1, orthogonal.
    let gram = try gram([
      [[2, 3, 0], [2, 1, 0]], [[1, 5, 0], [2, 0, 1]], [[1, 0, 0], [1, 0, 0]],
    ])
    #expect(abs(ResidualScores(gram, weighting: .victimResidualEnergy).score - 0.9) < 1e-12)
    #expect(abs(ResidualScores(gram, weighting: .uniform).score - 0.5) < 1e-12)
  }

  @Test("scores do not depend on the size of responses", arguments: UInt64(0)..<5)
  func scale(seed: UInt64) throws {
    var experts = SeededExperts(seed: seed)
    let responses = (0..<6).map { _ in experts.vector() }
    let scaled = responses.enumerated().map { index, response in
      response.map { $0.map { $0 * [1e-9, 1, 1e9][index % 3] } }
    }
    let one = ResidualScores(try gram(responses), weighting: .victimResidualEnergy)
    let other = ResidualScores(try gram(scaled), weighting: .victimResidualEnergy)
    #expect(abs(one.score - other.score) < 1e-12)
    for (a, b) in zip(one.competing, other.competing) { #expect(abs(a - b) < 1e-12) }
  }

  @Test("exchanging the suspect and a null exchanges their scores", arguments: UInt64(0)..<5)
  func exchangeable(seed: UInt64) throws {
    var experts = SeededExperts(seed: seed)
    let task = experts.vector()
    let responses = (0..<7).map { _ in experts.expert(of: task) }
    var exchanged = responses
    exchanged.swapAt(1, 4)
    let one = ResidualScores(try gram(responses), weighting: .victimResidualEnergy)
    let other = ResidualScores(try gram(exchanged), weighting: .victimResidualEnergy)
    #expect(abs(one.score - other.competing[2]) < 1e-9)
    #expect(abs(one.competing[2] - other.score) < 1e-9)
    #expect(abs(one.replacing[2] - other.leaveOneOut[2]) < 1e-9)
    #expect(abs(one.competing[0] - other.competing[0]) < 1e-9)
  }

  @Test("reused experts score high, independent ones near nothing", arguments: UInt64(0)..<5)
  func reuse(seed: UInt64) throws {
    var experts = SeededExperts(seed: seed)
    let task = experts.vector()
    let victim = experts.expert(of: task)
    let nulls = (0..<8).map { _ in experts.expert(of: task) }
    func scores(_ suspect: Response) throws -> ResidualScores {
      ResidualScores(
        try gram([victim, suspect] + nulls), weighting: .victimResidualEnergy)
    }
    let copy = try scores(victim)
    #expect(copy.score > 0.999 && copy.withinTaskP == 1.0 / 9)
    let tuned = try scores(experts.add(victim, experts.vector(), 0.5))
    #expect(tuned.score > 0.6)
    let innocent = try scores(experts.expert(of: task))
    #expect(abs(innocent.score) < 0.45)
    #expect(innocent.plain > 0.3, "the plain cosine takes the task for the expert")
  }
}
