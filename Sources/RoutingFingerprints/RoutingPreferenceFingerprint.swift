#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// An expert's distribution over tasks (RPF).
///
/// Equation: s_e[i] = sum over l of RSF_e[i, l]                               (RouteMark, eq. 11)
///           RPF_e = softmax over i of s_e                                    (RouteMark, eq. 12)
/// Shapes: `distributions` is `[1, N]` in mode ``RPFMode/global`` and `[L, N]` in mode
/// ``RPFMode/perLayer``, where layer l's distribution is the softmax over i of RSF_e[i, l].
/// Units: probabilities; every row sums to one.
public struct RoutingPreferenceFingerprint: Sendable, Equatable, Codable {
  /// One distribution over the N tasks, or one for each layer.
  public let distributions: [[Double]]

  /// Given distributions, as `[1, N]` or `[L, N]`.
  public init(distributions: [[Double]]) {
    self.distributions = distributions
  }

  /// The preference that follows from a score fingerprint.
  ///
  /// Numerics: the largest score is subtracted before the exponential, so nothing overflows.
  public init(_ scores: RoutingScoreFingerprint, mode: RPFMode) {
    switch mode {
    case .global:
      distributions = [Self.softmax(scores.values.map { $0.reduce(0, +) })]
    case .perLayer:
      let layerCount = scores.values.first?.count ?? 0
      distributions = (0..<layerCount).map { layer in
        Self.softmax(scores.values.map { $0[layer] })
      }
    }
  }

  /// The distribution over tasks, averaged over layers where there is one for each layer.
  public var overall: [Double] {
    guard let first = distributions.first, distributions.count > 1 else {
      return distributions.first ?? []
    }
    return first.indices.map { task in
      distributions.reduce(0) { $0 + $1[task] } / Double(distributions.count)
    }
  }

  /// The Jensen-Shannon divergence, averaged over layers where there is one for each layer.
  ///
  /// Equation: JSD(p, q) = KL(p || m) / 2 + KL(q || m) / 2 with m = (p + q) / 2
  /// Numerics: symmetric to the last bit, exactly 0 with itself; 0 log 0 is 0.
  ///
  /// - Precondition: both have the same shape.
  /// - Returns: A number in 0...1 for base two, in 0...ln 2 for the natural base.
  public func divergence(from other: RoutingPreferenceFingerprint, base: JSDBase) -> Double {
    precondition(
      distributions.count == other.distributions.count,
      "compared preferences have the same number of layers")
    let sum = zip(distributions, other.distributions).reduce(0) {
      $0 + Self.divergence($1.0, $1.1, base: base)
    }
    return sum / Double(distributions.count)
  }

  /// How alike two preferences are.
  ///
  /// Equation: 1 - JSD(RPF_j, RPF_k)                                          (RouteMark, eq. 14)
  ///
  /// - Precondition: both have the same shape.
  /// - Returns: A number in 0...1.
  public func similarity(to other: RoutingPreferenceFingerprint, base: JSDBase) -> Double {
    1 - divergence(from: other, base: base)
  }

  private static func softmax(_ scores: [Double]) -> [Double] {
    let largest = scores.max() ?? 0
    let exponentials = scores.map { exp($0 - largest) }
    let sum = exponentials.reduce(0, +)
    return exponentials.map { $0 / sum }
  }

  private static func divergence(_ p: [Double], _ q: [Double], base: JSDBase) -> Double {
    precondition(p.count == q.count, "compared preferences have the same number of tasks")
    let logarithm: (Double) -> Double = base == .two ? { log2($0) } : { log($0) }
    func term(_ x: Double, _ mean: Double) -> Double {
      // The ratio, not the difference of logarithms: exact when p and q are equal or disjoint.
      x > 0 ? x * logarithm(x / mean) : 0
    }
    let sum = zip(p, q).reduce(0.0) { sum, pair in
      // A mean that underflows to zero comes from denormal numbers, which weigh nothing.
      let mean = (pair.0 + pair.1) / 2
      guard mean > 0 else { return sum }
      return sum + (term(pair.0, mean) + term(pair.1, mean))
    }
    return min(max(sum / 2, 0), base == .two ? 1 : log(2))
  }

  /// Reads the nested array.
  public init(from decoder: any Decoder) throws {
    distributions = try decoder.singleValueContainer().decode([[Double]].self)
  }

  /// Writes the nested array.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(distributions)
  }
}
