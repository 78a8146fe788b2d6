import ExactTests
import Foundation
import Testing

@Suite struct RerunStatisticsTests {
  private func random(_ count: Int, _ dimension: Int, _ dice: inout Dice) -> [[Double]] {
    (0..<count).map { _ in dice.normals(dimension) }
  }

  /// What is left of a vector after Gram and Schmidt, twice for accuracy.
  private func left(_ vector: [Double], without others: [[Double]]) -> [Double] {
    var basis: [[Double]] = []
    func reduced(_ vector: [Double]) -> [Double] {
      var rest = vector
      for _ in 0..<2 {
        for direction in basis { rest = sum((1, rest), (-product(rest, direction), direction)) }
      }
      return rest
    }
    for other in others {
      let rest = reduced(other)
      let length = product(rest, rest).squareRoot()
      if length > 1e-8 { basis.append(rest.map { $0 / length }) }
    }
    return reduced(vector)
  }

  private func cosine(_ a: [Double], _ b: [Double]) -> Double {
    product(a, b) / (product(a, a) * product(b, b)).squareRoot()
  }

  @Test("partial cosines from inner products equal those of projected vectors")
  func partialCosine() throws {
    var dice = Dice(1)
    let layers = (0..<2).map { _ in random(7, 40, &dice) }  // suspect, one fixed, five runs
    let values = try RerunStatistics.values(
      of: RerunGram(layers: layers.map(gram), fixedCount: 1), layerWeights: [1, 3])
    for run in 0..<5 {
      let expected = layers.map { vectors in
        let others = [vectors[1]] + (0..<5).filter { $0 != run }.map { vectors[2 + $0] }
        return cosine(left(vectors[0], without: others), left(vectors[2 + run], without: others))
      }
      #expect(abs(values[run] - (0.25 * expected[0] + 0.75 * expected[1])) < 1e-10)
    }
  }

  @Test("differences to the mean from inner products equal those of vectors")
  func differenceToMean() throws {
    var dice = Dice(2)
    let vectors = random(6, 4, &dice)
    let values = try RerunStatistics.values(
      of: RerunGram(layers: [gram(vectors)]), by: .differenceToMean)
    let mean = (0..<4).map { index in vectors.dropFirst().reduce(0) { $0 + $1[index] } / 5 }
    for run in 0..<5 {
      let expected = cosine(
        sum((1, vectors[0]), (-1, mean)), sum((1, vectors[1 + run]), (-1, mean)))
      #expect(abs(values[run] - expected) < 1e-10)
    }
  }

  @Test("permuting runs permutes the statistics, to the last bit", arguments: UInt64(0)..<10)
  func symmetry(seed: UInt64) throws {
    var dice = Dice(seed)
    let vectors = random(9, 12, &dice)
    let order = dice.permutation(of: 8)
    let permuted = [vectors[0]] + order.map { vectors[1 + $0] }
    for measure in RerunStatistics.Measure.allCases {
      let plain = try RerunStatistics.values(
        of: RerunGram(layers: [gram(vectors)]), by: measure)
      let moved = try RerunStatistics.values(
        of: RerunGram(layers: [gram(permuted)]), by: measure)
      #expect(moved.map(\.bitPattern) == order.map { plain[$0].bitPattern })
    }
  }

  @Test("a copy has all of the victim and nothing of the re-runs")
  func copy() throws {
    var dice = Dice(3)
    let runs = random(5, 50, &dice)
    let copy = try RerunStatistics.rank(of: RerunGram(layers: [gram([runs[0]] + runs)]))
    #expect(abs(copy.victim - 1) < 1e-9)
    #expect(copy.reruns.allSatisfy { $0 == 0 })
    #expect(copy.pValue == 0.2)
    let multiple = [runs[0].map { 1.5 * $0 }] + runs
    #expect(try RerunStatistics.rank(of: RerunGram(layers: [gram(multiple)])).pValue == 0.2)
  }

  @Test("runs that span each other leave nothing, which is a tie for all")
  func nearSingular() throws {
    var dice = Dice(4)
    let basis = random(3, 3, &dice)
    let runs = (0..<6).map { _ in
      sum((dice.normal(), basis[0]), (dice.normal(), basis[1]), (dice.normal(), basis[2]))
    }
    let rank = try RerunStatistics.rank(of: RerunGram(layers: [gram([runs[0]] + runs)]))
    #expect(rank.victim == 0 && rank.pValue == 1)
    // Runs that differ in a millionth of their length only: no value runs off, none is NaN.
    let near = (0..<6).map { _ in sum((1, runs[0]), (1e-6, dice.normals(3))) }
    let values = try RerunStatistics.values(of: RerunGram(layers: [gram([runs[1]] + near)]))
    #expect(values.allSatisfy { abs($0) <= 1 })
    // A suspect of length 0, as one that equals the base, shares nothing with anybody.
    let zero = [[Double](repeating: 0, count: 3)] + runs
    #expect(try RerunStatistics.rank(of: RerunGram(layers: [gram(zero)])).pValue == 1)
  }

  @Test("the largest over the suspect's experts finds a reused one anywhere")
  func largest() throws {
    let values = try RerunStatistics.largest(over: [[0.1, 0.2, 0], [0.9, 0.1, 0.3]])
    #expect(values == [0.9, 0.2, 0.3])
    #expect(throws: ExactTestError.self) {
      try RerunStatistics.largest(over: [[0.1, 0.2], [0.9]])
    }
  }

  @Test("a run that is given twice, and inner products that cannot be, are refused")
  func refusals() throws {
    var dice = Dice(5)
    let runs = random(4, 20, &dice)
    #expect(throws: ExactTestError.identicalRuns(first: 0, second: 2)) {
      try RerunGram(layers: [gram([runs[3], runs[0], runs[1], runs[0]])])
    }
    #expect(throws: ExactTestError.noReruns) { try RerunGram(layers: [gram([runs[0], runs[1]])]) }
    #expect(throws: ExactTestError.self) { try RerunGram(layers: []) }
    #expect(throws: ExactTestError.self) { try RerunGram(layers: [[1, 2, 3]]) }
    var edited = gram(runs)
    edited[1] += 1
    #expect(throws: ExactTestError.self) { try RerunGram(layers: [edited]) }
    edited[4] = edited[1] + 1e6
    edited[1] = edited[4]
    #expect(throws: ExactTestError.self) { try RerunGram(layers: [edited]) }
    edited[1] = .nan
    #expect(throws: ExactTestError.self) { try RerunGram(layers: [edited]) }
    let whole = try RerunGram(layers: [gram(runs)], fixedCount: 1)
    #expect(whole.rerunCount == 1)
    let text = try JSONEncoder().encode(whole)
    #expect(try JSONDecoder().decode(RerunGram.self, from: text) == whole)
  }
}
