/// Standard normal numbers and signs from the words of a stream, to the last bit on every machine.
///
/// Normal: Phi^-1((w + 1/2) 2^-52) with w the upper 52 bits of a word, by algorithm AS 241 (Wichura, 1988;
/// PPND16, relative error about 1e-16) in Double. Its logarithm is computed here from sums, products and quotients,
/// which every machine rounds alike; that of the system's library differs between machines in its last bit.
/// Sign: 1 where the highest bit of the word is 0, else -1.
public enum KeyedNormals {
  /// The standard normal number of a word.
  public static func normal(_ word: UInt64) -> Double {
    let q = (Double(word >> 12) + 0.5) * 0x1p-52 - 0.5
    if abs(q) <= 0.425 {
      let r = 0.180625 - q * q
      return q * value(central.0, r) / value(central.1, r)
    }
    let tail = q < 0 ? q + 0.5 : 0.5 - q
    let r = (-logarithm(tail)).squareRoot()
    let size =
      r <= 5
      ? value(middle.0, r - 1.6) / value(middle.1, r - 1.6)
      : value(far.0, r - 5) / value(far.1, r - 5)
    return q < 0 ? -size : size
  }

  /// The sign of a word.
  public static func sign(_ word: UInt64) -> Float { word >> 63 == 0 ? 1 : -1 }

  /// The natural logarithm of a positive normal number.
  static func logarithm(_ x: Double) -> Double {
    var (m, exponent) = (x.significand, Double(x.exponent))
    if m > 1.4142135623730951 {
      m /= 2
      exponent += 1
    }
    let s = (m - 1) / (m + 1)
    let square = s * s
    // 2 artanh(s): with |s| below 0.172 the next term is below 1e-18.
    var sum = 0.0
    for odd in stride(from: 23.0, through: 1, by: -2) { sum = sum * square + 1 / odd }
    return exponent * 0.6931471805599453 + 2 * s * sum
  }

  /// A polynomial, its coefficients from the lowest power.
  private static func value(_ coefficients: [Double], _ x: Double) -> Double {
    var sum = 0.0
    for coefficient in coefficients.reversed() { sum = sum * x + coefficient }
    return sum
  }

  private static let central: ([Double], [Double]) = (
    [
      3.3871328727963666080, 1.3314166789178437745e+2, 1.9715909503065514427e+3,
      1.3731693765509461125e+4, 4.5921953931549871457e+4, 6.7265770927008700853e+4,
      3.3430575583588128105e+4, 2.5090809287301226727e+3,
    ],
    [
      1, 4.2313330701600911252e+1, 6.8718700749205790830e+2, 5.3941960214247511077e+3,
      2.1213794301586595867e+4, 3.9307895800092710610e+4, 2.8729085735721942674e+4,
      5.2264952788528545610e+3,
    ]
  )
  private static let middle: ([Double], [Double]) = (
    [
      1.42343711074968357734, 4.63033784615654529590, 5.76949722146069140550,
      3.64784832476320460504, 1.27045825245236838258, 2.41780725177450611770e-1,
      2.27238449892691845833e-2, 7.74545014278341407640e-4,
    ],
    [
      1, 2.05319162663775882187, 1.67638483018380384940, 6.89767334985100004550e-1,
      1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4,
      1.05075007164441684324e-9,
    ]
  )
  private static let far: ([Double], [Double]) = (
    [
      6.65790464350110377720, 5.46378491116411436990, 1.78482653991729133580,
      2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
      2.71155556874348757815e-5, 2.01033439929228813265e-7,
    ],
    [
      1, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
      7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7,
      2.04426310338993978564e-15,
    ]
  )
}
