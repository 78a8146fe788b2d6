import Checkpoints

/// Rounding to the numbers of a 16-bit type, up or down by chance, so that it is right on average.
///
/// Equation: with q the distance of the type's numbers around x, x becomes q floor(x / q), and q more if the dither u
/// in 0..<1 is below x / q - floor(x / q). A change far below q is then kept in the mean over
/// many weights, where rounding to the nearest loses it.
package enum StochasticRounding {
  /// Rounds a number; values beyond the type's largest become that.
  ///
  /// F32 and wider types are rounded to the nearest Float, since a mark is large beside their distances.
  package static func rounded(_ x: Double, to type: ElementType, dither: Double) -> Float {
    let form: (significandBits: Int, leastExponent: Int, largest: Double)
    switch type {
    case .f16: form = (10, -14, 65504)
    case .bf16: form = (7, -126, 0x1.FEp127)
    default: return Float(x)
    }
    guard x != 0 else { return 0 }
    let exponent = max(Int(x.exponent), form.leastExponent) - form.significandBits
    let step = Double(sign: .plus, exponent: exponent, significand: 1)
    let lower = (x / step).rounded(.down)
    let result = (x / step - lower > dither ? lower + 1 : lower) * step
    return Float(min(max(result, -form.largest), form.largest))
  }
}
