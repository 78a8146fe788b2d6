import Diagnostics
import Foundation
import KeyedRandomness
import Testing

/// Numbers of an independent program in Python: its own ChaCha20 and HKDF, mpmath's quantile in 40 digits.
@Suite struct KeyedRandomnessTests {
  private let key = SecretKey(
    hexadecimal: "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")

  @Test func streamsHaveTheWordsOfTheDescription() throws {
    let key = try #require(key)
    func words(_ purpose: [String], _ range: Range<Int>) -> [UInt64] {
      KeyStream(key, purpose: purpose).words(range)
    }
    #expect(
      words(["mark", "", "up.weight 0"], 0..<4) == [
        0x4e9a_4be1_f160_ab5e, 0x54f8_45e9_97eb_b879, 0xb11b_85d7_ba1a_9091,
        0x3432_1c33_bbfe_f8db,
      ])
    // Across the end of the first block.
    #expect(
      words(["mark", "", "up.weight 0"], 8190..<8194) == [
        0x50dd_c352_8ff6_1afe, 0x1e83_ec58_0bc2_6461, 0xc858_4d32_cf96_8081,
        0xf9c1_9976_5fc8_0e4c,
      ])
    #expect(
      words(["mark", "zenith", "down.weight 11"], 0..<2) == [
        0x250a_78c5_3ce7_b705, 0xe971_02e6_8ab3_b32d,
      ])
    #expect(
      words(["dither", "", "up.weight 0"], 0..<2) == [
        0x9054_16dc_b226_b304, 0x4360_694e_1c57_8319,
      ])
    let whole = words(["x"], 0..<20_000)
    #expect(Array(whole[9000..<19_000]) == words(["x"], 9000..<19_000))
    var generator = KeyedGenerator(KeyStream(key, purpose: ["x"]))
    #expect((0..<20_000).map { _ in generator.next() } == whole)
    // Labels do not run into each other.
    #expect(words(["ab", "c"], 0..<1) != words(["a", "bc"], 0..<1))
  }

  @Test func normalsAreTheQuantiles() {
    for (word, value): (UInt64, Double) in [
      (0x4e9a_4be1_f160_ab5e, -0.50425278321382237177),
      (0x54f8_45e9_97eb_b879, -0.43463595355867207084),
      (0xb11b_85d7_ba1a_9091, 0.50103346652818181226),
      (0x3432_1c33_bbfe_f8db, -0.82780800440436020027),
      (0, -8.2095361516013868556), (.max, 8.2095361516013868556),
      (0x8000_0000_0000_0000, 2.7829164246717669222e-16),
      (0x0010_0000_0000_0000, -3.4871041041143094916),
      (0x1333_3333_3333_3333, -1.4395314709384554448),
    ] {
      let found = KeyedNormals.normal(word)
      #expect(abs(found - value) <= 4e-16 * abs(value), "\(word): \(found)")
      #expect(KeyedNormals.sign(word) == (word >> 63 == 0 ? 1 : -1))
      #expect(KeyedNormals.normal(~word) == -found)
    }
  }

  @Test func normalsHaveTheMomentsOfTheNormalDistribution() throws {
    let count = 400_000
    let values = KeyStream(try #require(key), purpose: ["moments"]).words(0..<count)
      .map(KeyedNormals.normal)
    func mean(_ power: Int) -> Double {
      values.reduce(0) { $0 + pow($1, Double(power)) } / Double(count)
    }
    // Five standard errors of each.
    let error = 5 / Double(count).squareRoot()
    #expect(abs(mean(1)) < error)
    #expect(abs(mean(2) - 1) < error * 2.0.squareRoot())
    #expect(abs(mean(3)) < error * 15.0.squareRoot())
    #expect(abs(mean(4) - 3) < error * 96.0.squareRoot())
  }

  @Test func subsetsAreThoseOfTheDescription() throws {
    let key = try #require(key)
    func places(_ chosen: [Bool]) -> [Int] { chosen.map { $0 ? 1 : 0 } }
    #expect(
      places(KeyedSubset.chosen(of: 20, share: 0.5, by: key)) == [
        0, 1, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0, 1, 1, 0, 1, 1, 0, 1, 0,
      ])
    #expect(
      places(
        KeyedSubset.chosen(of: 12, share: 0.5, classes: (0..<12).map { $0 % 3 }, by: key)) == [
          1, 1, 0, 0, 0, 0, 1, 0, 1, 0, 1, 1,
        ])
    #expect(places(KeyedSubset.chosen(of: 2, share: 0.01, by: key)).reduce(0, +) == 1)
    #expect(places(KeyedSubset.chosen(of: 2, share: 0.99, by: key)).reduce(0, +) == 1)
    #expect(places(KeyedSubset.chosen(of: 1, share: 0.5, by: key)) == [0])
  }

  @Test func everySubsetIsAsLikelyAsAnyOther() {
    // 6 subsets of 2 of 4; a count beyond 5 standard deviations of its binomial would be a fault.
    let draws = 3000
    var counts: [[Bool]: Int] = [:]
    for _ in 0..<draws {
      counts[KeyedSubset.chosen(of: 4, share: 0.5, by: SecretKey()), default: 0] += 1
    }
    #expect(counts.count == 6)
    let deviation = (Double(draws) / 6 * 5 / 6).squareRoot()
    for (subset, count) in counts {
      #expect(abs(Double(count) - Double(draws) / 6) < 5 * deviation, "\(subset): \(count)")
    }
  }

  @Test func hashesAndSeedsAreThoseOfTheDescription() throws {
    let salt = try #require(
      SecretKey(hexadecimal: (100..<132).map { String($0, radix: 16) }.joined()))
    let hash = SaltedHash.of(Array("12345".utf8), name: "seed", salt: salt)
    #expect(
      hash.hexadecimal == "7c188b0fa6dde2e9b63d333ec03c65458fae847fbf1e162b217bf15b4bd3f71a")
    #expect(SaltedHash.of(Array("12346".utf8), name: "seed", salt: salt) != hash)
    #expect(SaltedHash.of(Array("12345".utf8), name: "key", salt: salt) != hash)
    let commitment = try #require(
      Digest("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"))
    #expect(
      ExaminerSeeds.seeds(commitment: commitment, nonce: "nonce", count: 3) == [
        8_294_574_960_368_001_156, 1_529_351_824_611_628_526, 5_384_736_976_907_812_642,
      ])
    #expect(
      try #require(key).digest.hexadecimal
        == "630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd")
  }

  @Test func keysAreNeverPrinted() throws {
    let key = SecretKey()
    #expect(!"\(key)".contains(key.hexadecimal))
    #expect(!String(reflecting: key).contains("\(key.bytes)"))
    #expect(SecretKey() != key)
    for text in ["", "00", String(repeating: "0", count: 63), String(repeating: "G", count: 64)] {
      #expect(SecretKey(hexadecimal: text) == nil)
    }
  }
}
