/// Seeds that nobody chose.
public enum SystemSeed {
  /// 63 bits from the system's generator: what a record of a training can hold.
  public static func draw() -> UInt64 {
    var generator = SystemRandomNumberGenerator()
    return generator.next() >> 1
  }

  /// 53 bits from the system's generator, for files whose numbers other programs read as doubles.
  public static func drawShort() -> UInt64 { draw() >> 10 }
}
