import ExactTests
import Foundation
import Testing

@Suite struct SecretSubsetTests {
  /// All memberships of the sizes of `used` within each class.
  private func memberships(_ used: [Bool], _ classes: [Int]) -> [[Bool]] {
    (0..<1 << used.count).map { bits in used.indices.map { bits >> $0 & 1 == 1 } }.filter { other in
      Set(classes).allSatisfy { label in
        let places = classes.indices.filter { classes[$0] == label }
        return places.count { other[$0] } == places.count { used[$0] }
      }
    }
  }

  @Test("p is the share of memberships whose sum is as small, one by one", arguments: 0..<6)
  func counting(seed: Int) throws {
    var dice = Dice(UInt64(seed))
    // Few values, so that there are ties.
    let values = (0..<11).map { _ in Double(dice.index(below: 6)) / 10 }
    let classes = (0..<11).map { $0 < 6 ? 0 : 1 }
    let used = dice.subset(5, of: 11)
    for (labels, given) in [([Int](repeating: 0, count: 11), nil), (classes, classes)] {
      let all = memberships(used, labels)
      func total(_ used: [Bool]) -> Double {
        // Tenths add up without rounding as whole numbers.
        zip(values, used).reduce(0) { $0 + ($1.1 ? ($1.0 * 10).rounded() : 0) }
      }
      let expected = Double(all.count { total($0) <= total(used) }) / Double(all.count)
      let outcome = try SecretSubset(values, used: used, classes: given).outcome(seed: 0)
      #expect(outcome.method == .counted)
      #expect(abs(outcome.pValue - expected) < 1e-12)
      #expect(outcome.isWithinClasses == (given != nil))
    }
  }

  @Test("counting by sums of ranks equals counting one by one", arguments: 0..<6)
  func ranks(seed: Int) throws {
    var dice = Dice(UInt64(100 + seed))
    let values = (0..<11).map { _ in Double(dice.index(below: 5)) }
    let classes = (0..<11).map { $0 % 2 }
    let used = dice.subset(5, of: 11)
    func doubledRank(_ place: Int, _ labels: [Int]) -> Int {
      let peers = values.indices.filter { labels[$0] == labels[place] }
      return 2 * peers.count { values[$0] < values[place] }
        + peers.count { values[$0] == values[place] }
    }
    for (labels, given) in [([Int](repeating: 0, count: 11), nil), (classes, classes)] {
      let ranks = values.indices.map { doubledRank($0, labels) }
      func total(_ used: [Bool]) -> Int { zip(ranks, used).reduce(0) { $0 + ($1.1 ? $1.0 : 0) } }
      let all = memberships(used, labels)
      let expected = Double(all.count { total($0) <= total(used) }) / Double(all.count)
      let outcome = try SecretSubset(values, used: used, classes: given, score: .ranks)
        .outcome(seed: 0)
      #expect(outcome.method == .counted)
      #expect(abs(outcome.pValue - expected) < 1e-12)
    }
  }

  @Test("z is the difference of means over its standard error")
  func z() throws {
    let values = [0.1, 0.5, 0.2, 0.9, 0.4, 0.3]
    let used = [true, false, true, false, false, true]
    // Means .6 and .2, s^2 = .08 over all six.
    let expected = 0.4 / (0.08.squareRoot() * (1.0 / 3 + 1.0 / 3).squareRoot())
    #expect(abs(try SecretSubset(values, used: used).z - expected) < 1e-12)
    #expect(abs(try SecretSubset(values, used: used.map(!)).z + expected) < 1e-12)
  }

  @Test("a pool of 200 has an exact tail by ranks and a floor of 1e-5 by draws")
  func large() throws {
    var dice = Dice(7)
    let used = dice.subset(100, of: 200)
    let values = used.map { dice.normal() - ($0 ? 3 : 0) }
    let drawn = try SecretSubset(values, used: used).outcome(seed: 1)
    #expect(drawn.pValue == 1e-5 && drawn.floor == 1e-5)
    #expect(drawn.method == .drawn(draws: 99_999, seed: 1, atMost: 0))
    let ranked = try SecretSubset(values, used: used, score: .ranks).outcome(seed: 1)
    #expect(ranked.method == .counted)
    #expect(ranked.pValue < 1e-30 && ranked.pValue >= ranked.floor)
    // 1 / C(200, 100)
    #expect(abs(ranked.floor / 1.1043e-59 - 1) < 1e-3)
    #expect(try drawn.result().assumption == .uniformSubset)
  }

  @Test("drawing agrees with counting, and the same seed draws the same")
  func drawing() throws {
    var dice = Dice(8)
    let used = dice.subset(30, of: 80)
    let values = used.map { dice.normal() - ($0 ? 0.3 : 0) }
    let ranks = values.map { value in Double(values.count { $0 < value }) }
    let counted = try SecretSubset(ranks, used: used, score: .ranks).outcome(seed: 0)
    let drawn = try SecretSubset(ranks, used: used).outcome(draws: 20_000, seed: 5)
    #expect(counted.method == .counted)
    let error = (counted.pValue * (1 - counted.pValue) / 20_000).squareRoot()
    #expect(abs(drawn.pValue - counted.pValue) < 4 * error + 1e-4)
    #expect(drawn == (try SecretSubset(ranks, used: used).outcome(draws: 20_000, seed: 5)))
  }

  @Test("a shared difficulty is taken out by a reference, and z grows")
  func reference() throws {
    var dice = Dice(9)
    let used = dice.subset(50, of: 100)
    let difficulty = dice.normals(100).map { 3 * $0 }
    let losses = difficulty.indices.map { difficulty[$0] + dice.normal() - (used[$0] ? 1 : 0) }
    let plain = try SecretSubset(losses, used: used).z
    let corrected = try SecretSubset(
      SecretSubset.losses(losses, lessThoseOf: difficulty), used: used
    ).z
    #expect(corrected > plain && corrected > 3)
  }

  @Test("losses that do not vary say nothing; bad input is refused")
  func refusals() throws {
    let flat = try SecretSubset([1, 1, 1, 1], used: [true, false, true, false])
    #expect(flat.z == 0)
    #expect(try flat.outcome(seed: 0).pValue == 1)
    #expect(throws: ExactTestError.nothingToPermute(images: 2, used: 2)) {
      try SecretSubset([1, 2], used: [true, true])
    }
    #expect(throws: ExactTestError.self) {
      try SecretSubset([1, 2, 3, 4], used: [true, true, false, false], classes: [0, 0, 1, 1])
    }
    #expect(throws: ExactTestError.self) { try SecretSubset([1, .infinity], used: [true, false]) }
    #expect(throws: ExactTestError.self) { try SecretSubset([1], used: [true, false]) }
    let huge = try? SecretSubset([-1.7e308, 1.7e308, 0], used: [true, false, false])
    #expect(huge == nil || huge?.z.isFinite == true)
  }

  @Test("an outcome survives JSON; a p-value that does not follow from its draws does not")
  func json() throws {
    var dice = Dice(10)
    let used = dice.subset(20, of: 50)
    let outcome = try SecretSubset(dice.normals(50), used: used).outcome(draws: 999, seed: 3)
    let text = try JSONEncoder().encode(outcome)
    #expect(try JSONDecoder().decode(SubsetOutcome.self, from: text) == outcome)
    let edited = String(decoding: text, as: UTF8.self)
      .replacingOccurrences(of: "\"draws\":999", with: "\"draws\":99999")
    #expect(throws: ExactTestError.self) {
      try JSONDecoder().decode(SubsetOutcome.self, from: Data(edited.utf8))
    }
  }

  @Test("power plans: four times the images double z")
  func power() throws {
    #expect(abs(SubsetPower.power(z: 0, level: 0.01) - 0.01) < 1e-9)
    #expect(SubsetPower.power(z: 5, level: 0.01) > 0.99)
    let images = try #require(SubsetPower.imagesNeeded(images: 1000, z: 1.8, level: 0.01))
    let z = 1.8 * (Double(images) / 1000).squareRoot()
    #expect(abs(SubsetPower.power(z: z, level: 0.01) - 0.9) < 1e-3)
    #expect(SubsetPower.imagesNeeded(images: 1000, z: 0.4, level: 0.01) == nil)
  }
}
