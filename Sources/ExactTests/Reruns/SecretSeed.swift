/// Whether a seed was a secret.
///
/// A re-run test takes the victim's seed for random. One that many people use, or that a suspect's
/// own record states, is shared: then a suspect that depends on it says nothing about the victim.
public enum SecretSeed {
  /// Seeds below this are tried by everybody: counters, years, lucky numbers.
  public static let leastUncommon: UInt64 = 100_000

  /// Whether a seed is one that people choose by hand: small, all ones, a date, or digits in a row.
  public static func isPopular(_ seed: UInt64) -> Bool {
    if seed < leastUncommon || popular.contains(seed) { return true }
    // -1, -42 and other small negative numbers, as 64 and as 32 bits.
    if UInt64.max - seed < leastUncommon { return true }
    if seed <= UInt64(UInt32.max), UInt64(UInt32.max) - seed < leastUncommon { return true }
    return isDate(seed) || Set(String(seed)).count == 1
  }

  private static let popular: Set<UInt64> = [
    123_456, 1_234_567, 12_345_678, 123_456_789, 1_234_567_890, 654_321, 987_654_321,
    141_421, 271_828, 314_159, 1_618_033, 2_718_281, 3_141_592, 31_415_926, 314_159_265,
    424_242, 133_742, 8_675_309, 1_000_000, 1_000_003, 1_000_007, 1_000_000_007,
    0x7FFF_FFFF, 0x8000_0000, 0xDEAD_BEEF, 0xCAFE_BABE, 0xBADC_0FFE, 0xFEED_FACE, 0xC0FFEE,
    0xDEAD_BEEF_CAFE_BABE, 0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000,
    0x9E37_79B9_7F4A_7C15,
  ]

  /// Such as 20260314 or 14032026.
  private static func isDate(_ seed: UInt64) -> Bool {
    func isOne(year: UInt64, month: UInt64, day: UInt64) -> Bool {
      (1900...2100).contains(year) && (1...12).contains(month) && (1...31).contains(day)
    }
    return isOne(year: seed / 10000, month: seed / 100 % 100, day: seed % 100)
      || isOne(year: seed % 10000, month: seed / 10000 % 100, day: seed / 1_000_000)
      || isOne(year: seed % 10000, month: seed / 1_000_000, day: seed / 10000 % 100)
  }
}
