import Calibration
import Foundation
import Statistics
import Testing

@Suite struct ResponseGramTests {
  private func error(_ layers: [[Double]], masked: Double = 0) -> CalibrationError? {
    do {
      _ = try ResponseGram(
        victimExpert: "a", suspectExpert: "x", maskedShare: masked, layers: layers)
      return nil
    } catch { return error }
  }

  private let unit: [Double] = [1, 0, 0, 0, 1, 0, 0, 0, 1]

  @Test("rows are victim, suspect, nulls")
  func order() throws {
    let gram = try gram([[[2, 0]], [[1, 1]], [[0, 3]]])
    #expect(gram.side == 3 && gram.nullCount == 1)
    #expect(gram.product(layer: 0, 0, 1) == 2)
    #expect(gram.product(layer: 0, 1, 2) == 3)
    #expect(gram.product(layer: 0, 2, 2) == 9)
  }

  @Test("every rule is a typed error that names layer and entry")
  func rules() {
    #expect(error([]) == .noLayers(pair: "`a` / `x`"))
    #expect(
      error([[1, 0, 0, 1]])
        == .wrongGramSize(pair: "`a` / `x`", layer: 0, expected: 9, actual: 4))
    #expect(
      error([unit, unit + [1]])
        == .wrongGramSize(pair: "`a` / `x`", layer: 1, expected: 9, actual: 10))
    var matrix = unit
    matrix[5] = .nan
    #expect(
      error([unit, matrix])
        == .gramEntryOutOfRange(pair: "`a` / `x`", layer: 1, row: 1, column: 2, value: "nan"))
    matrix = unit
    matrix[4] = -1
    #expect(
      error([matrix]) == .negativeSquare(pair: "`a` / `x`", layer: 0, row: 1, value: -1))
    matrix = unit
    matrix[3] = 0.5
    #expect(
      error([matrix])
        == .gramNotSymmetric(
          pair: "`a` / `x`", layer: 0, row: 1, column: 0, first: 0.5, second: 0))
    matrix[1] = 1.5
    matrix[3] = 1.5
    #expect(
      error([matrix])
        == .impossibleProduct(
          pair: "`a` / `x`", layer: 0, row: 1, column: 0, value: 1.5, limit: 1))
    #expect(
      error([unit], masked: 1.5) == .maskedShareOutOfRange(pair: "`a` / `x`", value: "1.5"))
    #expect(error([unit], masked: 1) == nil)
  }

  @Test("errors say where and what to do")
  func words() {
    let error = CalibrationError.negativeSquare(pair: "`a` / `x`", layer: 3, row: 1, value: -1)
    #expect(error.location == "pair `a` / `x`, layer 3, entry [1, 1]")
    #expect(!error.hints.isEmpty)
  }

  @Test("reading what was written gives every bit back; reading checks")
  func coding() throws {
    var experts = SeededExperts(seed: 1)
    let responses = (0..<5).map { _ in experts.vector() }
    let original = try gram(responses, masked: 0.25)
    let data = try JSONEncoder().encode(original)
    #expect(try JSONDecoder().decode(ResponseGram.self, from: data) == original)
    let text = String(decoding: data, as: UTF8.self)
      .replacingOccurrences(of: "\"maskedShare\":0.25", with: "\"maskedShare\":7")
    #expect(throws: CalibrationError.self) {
      try JSONDecoder().decode(ResponseGram.self, from: Data(text.utf8))
    }
  }

  /// Responses of five experts to `count` blocks, with a part that all share.
  private func blocks(_ count: Int, seed: UInt64, shared: Double) throws -> ResponseGram {
    var experts = SeededExperts(seed: seed)
    experts.own = 0.3
    let parts = try (0..<count).map { _ in
      let task = experts.vector()
      let victim = experts.expert(of: task)
      let suspect = experts.add(experts.expert(of: task), victim, shared)
      return try gram([victim, suspect] + (0..<3).map { _ in experts.expert(of: task) })
    }
    let layers = parts[0].layers.indices.map { layer in
      parts.dropFirst().reduce(parts[0].layers[layer]) { zip($0, $1.layers[layer]).map(+) }
    }
    return try ResponseGram(
      victimExpert: "a", suspectExpert: "x", layers: layers, blocks: parts.map(\.layers))
  }

  @Test("blocks are checked as the whole is, and add up to it")
  func blockRules() throws {
    let half = unit.map { $0 / 2 }
    func error(_ blocks: [[[Double]]]) -> CalibrationError? {
      do {
        _ = try ResponseGram(
          victimExpert: "a", suspectExpert: "x", layers: [unit], blocks: blocks)
        return nil
      } catch { return error }
    }
    #expect(error([[half], [half]]) == nil)
    #expect(
      error([[half], [half, half]])
        == .wrongLayerCount(pair: "`a` / `x`, block 1", expected: 1, actual: 2))
    #expect(
      error([[half], [half + [1]]])
        == .wrongGramSize(pair: "`a` / `x`, block 1", layer: 0, expected: 9, actual: 10))
    #expect(
      error([[half], [unit]])
        == .blocksDoNotAddUp(
          pair: "`a` / `x`", layer: 0, row: 0, column: 0, expected: 1, actual: 1.5))
    let whole = try blocks(4, seed: 1, shared: 0)
    let data = try JSONEncoder().encode(whole)
    #expect(try JSONDecoder().decode(ResponseGram.self, from: data) == whole)
    #expect(whole.withoutBlocks().blocks == nil && whole.withoutBlocks().layers == whole.layers)
  }

  @Test("a residual's interval encloses it; blocks that are all alike leave none open")
  func residualInterval() throws {
    for seed in UInt64(0)..<4 {
      let gram = try blocks(8, seed: seed, shared: 0.5)
      let interval = try #require(
        gram.residualInterval(weighting: .uniform, options: .standard))
      let score = ResidualScores(gram, weighting: .uniform).score
      #expect(interval.lower < score && score < interval.upper, "\(interval) \(score)")
      #expect(interval.upper - interval.lower < 0.4)
    }
    let one = try blocks(1, seed: 9, shared: 0.5)
    #expect(one.residualInterval(weighting: .uniform, options: .standard) == nil)
    let twice = try ResponseGram(
      victimExpert: "a", suspectExpert: "x", layers: one.layers.map { $0.map { 2 * $0 } },
      blocks: [one.layers, one.layers])
    let none = try #require(twice.residualInterval(weighting: .uniform, options: .standard))
    #expect(none.upper - none.lower < 1e-12)
  }
}
