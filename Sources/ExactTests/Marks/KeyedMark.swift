import Statistics

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Whether a suspect carries a secret key that was added to the weights before release.
///
/// Equation: z = <S - V', xi> / |S - V'| over the weights that S kept; V' are the unmarked weights,
/// xi the key.
/// Source: for normal xi that S - V' does not depend on, z is exactly standard normal (rotation
/// invariance): p = P(Z >= z). For signs P(z >= t) <= exp(-t^2 / 2) (Hoeffding, 1963).
///
/// Sums are streamed, so that a tensor at a time can be added and forgotten, in any split; keys are
/// expanded by the caller. What is done to the suspect first (masks, unit matching, scales undone)
/// may look at the suspect and at V', never at the key.
public struct KeyedMark: Sendable, Hashable {
  /// What the key consists of.
  public enum Kind: String, Codable, Sendable, Hashable, CaseIterable {
    /// Independent standard normal numbers.
    case gaussian
    /// Independent signs.
    case signs
  }

  /// What the key consists of.
  public let kind: Kind
  /// How many random bits the key was expanded from.
  public let keyBits: Int
  /// How many weights were compared.
  public private(set) var comparedCount = 0
  /// How many were left out, because the suspect has 0 there.
  public private(set) var leftOutCount = 0
  /// <S - V', xi>.
  public private(set) var innerProduct = 0.0
  /// |S - V'|^2.
  public private(set) var squaredNorm = 0.0

  /// Starts with no weights.
  ///
  /// - Throws: ``ExactTestError/valueOutOfRange(name:range:actual:)`` unless `keyBits` is 1 to 1000.
  public init(kind: Kind, keyBits: Int = 256) throws(ExactTestError) {
    guard (1...1000).contains(keyBits) else {
      throw .valueOutOfRange(name: "key_bits", range: "1 to 1000", actual: "\(keyBits)")
    }
    self.kind = kind
    self.keyBits = keyBits
  }

  /// Adds some weights.
  ///
  /// - Parameters:
  ///   - suspect, reference, key: S, V' and xi in one order; equally many.
  ///   - leavingOutZeros: Leave out weights that the suspect has at 0, as a pruned one does.
  /// - Throws: ``ExactTestError`` for values that are not finite, and for signs that are none.
  ///   Nothing was added then.
  public mutating func add(
    suspect: [Float], reference: [Float], key: [Float], leavingOutZeros: Bool
  ) throws(ExactTestError) {
    guard reference.count == suspect.count else {
      throw .countMismatch(
        name: "unmarked weights", expected: suspect.count, actual: reference.count)
    }
    guard key.count == suspect.count else {
      throw .countMismatch(name: "key values", expected: suspect.count, actual: key.count)
    }
    var (inner, square) = (0.0, 0.0)
    var leftOut = 0
    for index in suspect.indices {
      let value = key[index]
      if kind == .signs, abs(value) != 1 { throw .notASign(index: index, value: "\(value)") }
      if leavingOutZeros, suspect[index] == 0 {
        leftOut += 1
        continue
      }
      let difference = Double(suspect[index]) - Double(reference[index])
      inner += difference * Double(value)
      square += difference * difference
    }
    guard inner.isFinite, square.isFinite else {
      throw Self.notFinite(suspect: suspect, reference: reference, key: key)
    }
    comparedCount += suspect.count - leftOut
    leftOutCount += leftOut
    innerProduct += inner
    squaredNorm += square
  }

  /// Adds another part of the same mark, summed elsewhere.
  ///
  /// - Throws: ``ExactTestError`` when it is a mark of another kind or key length.
  public mutating func add(_ other: KeyedMark) throws(ExactTestError) {
    guard other.kind == kind, other.keyBits == keyBits else {
      throw .valueOutOfRange(
        name: "kind", range: "\(kind.rawValue), \(keyBits) bits",
        actual: "\(other.kind.rawValue), \(other.keyBits) bits")
    }
    comparedCount += other.comparedCount
    leftOutCount += other.leftOutCount
    innerProduct += other.innerProduct
    squaredNorm += other.squaredNorm
  }

  /// z; 0 where suspect and unmarked weights are equal.
  public var z: Double { squaredNorm > 0 ? innerProduct / squaredNorm.squareRoot() : 0 }

  /// The smallest p-value: one key of 2^keyBits is the owner's, so nothing rarer can be said; and
  /// with few signs the bound at z = sqrt(weights).
  public var floor: Double {
    let ofKey = Double(sign: .plus, exponent: -keyBits, significand: 1)
    guard kind == .signs else { return ofKey }
    return min(max(ofKey, exp(-Double(comparedCount) / 2)), 1)
  }

  /// The p-value.
  public var pValue: Double {
    guard squaredNorm > 0 else { return 1 }
    switch kind {
    case .gaussian: return min(max(NormalDistribution.upperTail(z), floor), 1)
    case .signs: return z > 0 ? min(max(exp(-z * z / 2), floor), 1) : 1
    }
  }

  /// The result.
  ///
  /// - Throws: ``ExactTestError`` never for finite sums.
  public func result() throws(ExactTestError) -> ExactTestResult {
    try ExactTestResult(
      test: .keyedMark, assumption: kind == .gaussian ? .secretGaussianKey : .secretSignKey,
      statistic: z, pValue: pValue, floor: floor)
  }

  private static func notFinite(
    suspect: [Float], reference: [Float], key: [Float]
  ) -> ExactTestError {
    for (name, values) in [
      ("suspect's weights", suspect), ("unmarked weights", reference), ("key", key),
    ] {
      if let index = values.firstIndex(where: { !$0.isFinite }) {
        return .notFinite(name: name, index: index, value: "\(values[index])")
      }
    }
    return .notFinite(name: "sum of squares", index: 0, value: "an overflow")
  }
}

extension KeyedMark: Codable {
  private enum CodingKeys: String, CodingKey, CaseIterable {
    case kind
    case keyBits = "key_bits"
    case comparedCount = "compared"
    case leftOutCount = "left_out"
    case innerProduct = "inner_product"
    case squaredNorm = "squared_norm"
  }

  /// Reads and checks sums.
  ///
  /// - Throws: ``ExactTestError``, and `DecodingError`.
  public init(from decoder: any Decoder) throws {
    try decoder.refuseKeys(beside: CodingKeys.self)
    let container = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      kind: try container.decode(Kind.self, forKey: .kind),
      keyBits: try container.decode(Int.self, forKey: .keyBits))
    comparedCount = try container.decode(Int.self, forKey: .comparedCount)
    leftOutCount = try container.decode(Int.self, forKey: .leftOutCount)
    innerProduct = try container.decode(Double.self, forKey: .innerProduct)
    squaredNorm = try container.decode(Double.self, forKey: .squaredNorm)
    for (name, count) in [("compared", comparedCount), ("left_out", leftOutCount)] {
      guard (0...1 << 53).contains(count) else {
        throw ExactTestError.valueOutOfRange(name: name, range: "0 to 2^53", actual: "\(count)")
      }
    }
    guard squaredNorm >= 0, squaredNorm.isFinite, innerProduct.isFinite, z.isFinite else {
      throw ExactTestError.valueOutOfRange(
        name: "squared_norm", range: "finite and at least 0", actual: "\(squaredNorm)")
    }
  }

  /// Writes the form that ``init(from:)`` reads.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(kind, forKey: .kind)
    try container.encode(keyBits, forKey: .keyBits)
    try container.encode(comparedCount, forKey: .comparedCount)
    try container.encode(leftOutCount, forKey: .leftOutCount)
    try container.encode(innerProduct, forKey: .innerProduct)
    try container.encode(squaredNorm, forKey: .squaredNorm)
  }
}
