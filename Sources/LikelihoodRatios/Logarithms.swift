#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// log2(1 + 10^x), without overflow.
func log2OnePlus(tenTo x: Double) -> Double {
  let natural = x * log(10)
  return (natural > 0 ? natural + log1p(exp(-natural)) : log1p(exp(natural))) / log(2)
}

/// The base-10 logarithm of the odds of a probability; infinite at 0 and 1.
func logOdds(_ probability: Double) -> Double { log10(probability) - log10(1 - probability) }
