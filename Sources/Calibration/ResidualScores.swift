import Statistics

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// All residual similarities of one victim expert with one suspect expert and K nulls.
///
/// Three comparisons, each with the role of the suspect and of a null exchanged:
/// - **competing**: the suspect is put among the K nulls, and each of the K + 1 candidates is
///   scored with the other K projected out. If the suspect is independent work, all K + 1 are
///   exchangeable, so their rank is a p-value without any further assumption.
/// - **leave-one-out**: null k is scored with the other K - 1 nulls projected out, the suspect
///   taking no part; and the suspect in the place of null k, with the same K - 1 projected out.
///   The two have the same distribution if the suspect is independent work. These fit a tail.
public struct ResidualScores: Codable, Sendable, Equatable {
  /// The victim expert's name.
  public let victimExpert: String
  /// The suspect expert's name.
  public let suspectExpert: String
  /// The share of weights that were left out on all sides.
  public let maskedShare: Double
  /// The similarity with nothing projected out: it recognises the task.
  public let plain: Double
  /// The suspect's similarity with all K nulls projected out.
  public let score: Double
  /// Each null's, with the other nulls and the suspect projected out, `[K]`.
  public let competing: [Double]
  /// The suspect's in the place of null k, `[K]`.
  public let replacing: [Double]
  /// Each null's, with the other nulls projected out, `[K]`.
  public let leaveOneOut: [Double]
  /// How much of the victim and of each null the other nulls leave unexplained.
  public let coverage: NullCoverage

  /// Computes all similarities from inner products.
  public init(_ gram: ResponseGram, weighting: LayerWeighting) {
    let similarity = ResidualSimilarity(gram, weighting: weighting)
    let nulls = Array(2..<gram.side)
    victimExpert = gram.victimExpert
    suspectExpert = gram.suspectExpert
    maskedShare = gram.maskedShare
    plain = similarity.score(of: 1, without: [])
    score = similarity.score(of: 1, without: nulls)
    competing = nulls.map { null in
      similarity.score(of: null, without: [1] + nulls.filter { $0 != null })
    }
    replacing = nulls.map { null in
      similarity.score(of: 1, without: nulls.filter { $0 != null })
    }
    leaveOneOut = nulls.map { null in
      similarity.score(of: null, without: nulls.filter { $0 != null })
    }
    func unexplained(_ index: Int, leavingOut null: Int) -> Double {
      similarity.unexplained(index, without: nulls.filter { $0 != null })
    }
    coverage = NullCoverage(
      victim: Moments(nulls.map { unexplained(0, leavingOut: $0) }).mean,
      nulls: nulls.map { unexplained($0, leavingOut: $0) })
  }

  /// The mean over pairs, index by index: the scores of models as wholes.
  ///
  /// - Returns: `nil` without pairs or when their numbers of nulls differ.
  package static func mean(_ pairs: [ResidualScores]) -> ResidualScores? {
    guard let first = pairs.first,
      pairs.allSatisfy({ $0.competing.count == first.competing.count })
    else { return nil }
    func average(_ value: (ResidualScores) -> Double) -> Double {
      pairs.reduce(0) { $0 + value($1) } / Double(pairs.count)
    }
    func averages(_ values: KeyPath<ResidualScores, [Double]>) -> [Double] {
      first.competing.indices.map { index in average { $0[keyPath: values][index] } }
    }
    return ResidualScores(
      maskedShare: average(\.maskedShare), plain: average(\.plain), score: average(\.score),
      competing: averages(\.competing), replacing: averages(\.replacing),
      leaveOneOut: averages(\.leaveOneOut),
      coverage: NullCoverage(victim: average(\.coverage.victim), nulls: averages(\.coverage.nulls)))
  }

  private init(
    maskedShare: Double, plain: Double, score: Double, competing: [Double], replacing: [Double],
    leaveOneOut: [Double], coverage: NullCoverage
  ) {
    victimExpert = "all matched experts"
    suspectExpert = "all matched experts"
    self.maskedShare = maskedShare
    self.plain = plain
    self.score = score
    self.competing = competing
    self.replacing = replacing
    self.leaveOneOut = leaveOneOut
    self.coverage = coverage
  }

  /// The conformal p-value within the task: the suspect's rank among the competing nulls.
  public var withinTaskP: Double { ConformalPValue.value(of: score, among: competing) }

  /// The suspect's mean of ``replacing`` on Fisher's scale.
  public var suspectZ: Double { Moments(replacing.map(FisherZ.of)).mean }

  /// ``leaveOneOut`` on Fisher's scale.
  public var nullZ: [Double] { leaveOneOut.map(FisherZ.of) }
}

/// Fisher's scale for cosines, on which their spread hardly depends on where they lie.
public enum FisherZ {
  /// The largest magnitude: that of a cosine of 1 - 1e-9.
  private static let limit = 1 - 1e-9

  /// atanh of a cosine; 1 and -1 become about 10.7 and -10.7.
  public static func of(_ cosine: Double) -> Double { atanh(min(max(cosine, -limit), limit)) }

  /// The cosine of a number on Fisher's scale.
  public static func cosine(_ z: Double) -> Double { tanh(z) }
}
