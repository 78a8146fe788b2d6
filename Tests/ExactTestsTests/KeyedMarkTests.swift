import ExactTests
import Foundation
import Statistics
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite struct KeyedMarkTests {
  private func floats(_ count: Int, _ dice: inout Dice) -> [Float] {
    (0..<count).map { _ in Float(dice.normal()) }
  }

  @Test("z is the key's share of the difference, whatever parts it is added in")
  func streaming() throws {
    var dice = Dice(1)
    let (suspect, reference) = (floats(600, &dice), floats(600, &dice))
    let key = floats(600, &dice)
    var whole = try KeyedMark(kind: .gaussian)
    try whole.add(suspect: suspect, reference: reference, key: key, leavingOutZeros: false)
    let difference = zip(suspect, reference).map { Double($0) - Double($1) }
    let expected =
      product(difference, key.map(Double.init)) / product(difference, difference).squareRoot()
    #expect(abs(whole.z - expected) < 1e-12)
    #expect(whole.pValue == NormalDistribution.upperTail(whole.z))
    var parts = try KeyedMark(kind: .gaussian)
    for range in [0..<100, 100..<101, 101..<600] {
      var part = try KeyedMark(kind: .gaussian)
      try part.add(
        suspect: Array(suspect[range]), reference: Array(reference[range]),
        key: Array(key[range]), leavingOutZeros: false)
      try parts.add(part)
    }
    #expect(abs(parts.z - whole.z) < 1e-12)
    #expect(parts.comparedCount == 600)
    let text = try JSONEncoder().encode(whole)
    #expect(try JSONDecoder().decode(KeyedMark.self, from: text) == whole)
  }

  @Test("a marked copy is found, pruned and noisy as well; weights at 0 are left out")
  func found() throws {
    var dice = Dice(2)
    let reference = floats(20_000, &dice)
    for kind in KeyedMark.Kind.allCases {
      let key = (0..<20_000).map { _ in
        kind == .signs ? Float(dice.index(below: 2) * 2 - 1) : Float(dice.normal())
      }
      let copy = zip(reference, key).map { $0 + 0.1 * $1 }
      let noisy = copy.map { $0 + 0.3 * Float(dice.normal()) }
      let pruned = noisy.map { abs($0) < 0.6 ? 0 : $0 }
      for (suspect, least) in [(copy, 100.0), (noisy, 30), (pruned, 20)] {
        var mark = try KeyedMark(kind: kind)
        try mark.add(suspect: suspect, reference: reference, key: key, leavingOutZeros: true)
        #expect(mark.z > least)
        #expect(mark.pValue < 1e-70 && mark.pValue > 0)
        #expect(mark.leftOutCount == suspect.count { $0 == 0 })
      }
    }
  }

  @Test("no p-value is smaller than one key of 2^256, and few signs cannot say much")
  func floor() throws {
    var mark = try KeyedMark(kind: .gaussian)
    let key = [Float](repeating: 1, count: 100_000)
    try mark.add(
      suspect: key, reference: [Float](repeating: 0, count: 100_000), key: key,
      leavingOutZeros: false)
    #expect(mark.z > 300)
    #expect(mark.pValue == 0x1p-256 && mark.floor == 0x1p-256)
    var signs = try KeyedMark(kind: .signs)
    try signs.add(
      suspect: [1, 1, 1], reference: [0, 0, 0], key: [1, 1, 1], leavingOutZeros: false)
    #expect(abs(signs.pValue - exp(-1.5)) < 1e-12)
    #expect(try signs.result().isAtFloor)
    let none = try KeyedMark(kind: .signs)
    #expect(none.z == 0 && none.pValue == 1)
    #expect(try none.result().pValue == 1)
  }

  @Test("weights that are no numbers, and signs that are none, add nothing")
  func refusals() throws {
    var mark = try KeyedMark(kind: .signs)
    #expect(throws: ExactTestError.notASign(index: 1, value: "0.5")) {
      try mark.add(suspect: [1, 1], reference: [0, 0], key: [1, 0.5], leavingOutZeros: false)
    }
    #expect(throws: ExactTestError.notFinite(name: "suspect's weights", index: 0, value: "nan")) {
      try mark.add(suspect: [.nan], reference: [0], key: [1], leavingOutZeros: true)
    }
    #expect(throws: ExactTestError.self) {
      try mark.add(suspect: [1], reference: [0, 1], key: [1], leavingOutZeros: true)
    }
    #expect(mark.comparedCount == 0 && mark.squaredNorm == 0)
    #expect(throws: ExactTestError.self) { try mark.add(KeyedMark(kind: .gaussian)) }
  }

  @Test("the leaking licensee is named, and with a blend both are")
  func licensees() throws {
    var dice = Dice(3)
    let reference = floats(5_000, &dice)
    let keys = (0..<6).map { _ in floats(5_000, &dice) }
    func copy(_ licensee: Int) -> [Float] { zip(reference, keys[licensee]).map { $0 + 0.1 * $1 } }
    func trace(_ suspect: [Float]) throws -> LicenseeTracing {
      var marks: [(String, KeyedMark)] = []
      for (licensee, key) in keys.enumerated() {
        var mark = try KeyedMark(kind: .gaussian)
        try mark.add(suspect: suspect, reference: reference, key: key, leavingOutZeros: false)
        marks.append(("licensee-\(licensee)", mark))
      }
      return try LicenseeTracing(marks)
    }
    let noisy = copy(4).map { $0 + 0.2 * Float(dice.normal()) }
    #expect(try trace(noisy).found().map(\.licensee) == ["licensee-4"])
    let blend = zip(copy(1), copy(2)).map { ($0 + $1) / 2 }
    #expect(Set(try trace(blend).found().map(\.licensee)) == ["licensee-1", "licensee-2"])
    let innocent = zip(reference, floats(5_000, &dice)).map { $0 + $1 }
    #expect(try trace(innocent).found().isEmpty)
  }
}
