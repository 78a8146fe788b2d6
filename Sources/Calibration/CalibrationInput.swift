import Diagnostics
import RoutingFingerprints

/// Everything a calibration is computed from, beside the two fingerprints of a case.
///
///     let input = try CalibrationInput(
///       pool: reference, nullFingerprints: merges, responseGrams: grams)
///     let comparison = try AttributionCase(victim: victim, suspect: suspect, calibration: input, ...)
public struct CalibrationInput: Sendable, Equatable {
  /// Where the nulls come from.
  public let pool: NullPoolReference
  /// The fingerprints of null merges, for the grey box; none without merges.
  ///
  /// There may be fewer or more of them than null experts of a task.
  public let nullFingerprints: [ModelFingerprint]
  /// Inner products of responses, for the white box; none without weights.
  ///
  /// Pairs may be left out.
  public let responseGrams: [ResponseGram]
  /// What the model side measured on the weights.
  public let weightFindings: [TamperFinding]
  /// The choices.
  public let options: CalibrationOptions

  /// Collects and checks what belongs together; blocks of null fingerprints are left out.
  ///
  /// - Throws: ``CalibrationError/noEvidence``, ``CalibrationError/wrongNullCount(subject:expected:actual:)``,
  ///   ``CalibrationError/duplicateGram(pair:)``.
  public init(
    pool: NullPoolReference, nullFingerprints: [ModelFingerprint] = [],
    responseGrams: [ResponseGram] = [], weightFindings: [TamperFinding] = [],
    options: CalibrationOptions = .standard
  ) throws(CalibrationError) {
    self.pool = pool
    self.nullFingerprints = nullFingerprints.map { $0.withoutBlocks() }
    self.responseGrams = responseGrams
    self.weightFindings = weightFindings
    self.options = options
    try validate()
  }

  private func validate() throws(CalibrationError) {
    try options.validate()
    guard !nullFingerprints.isEmpty || !responseGrams.isEmpty else { throw .noEvidence }
    var seen: Set<[String]> = []
    for gram in responseGrams {
      guard gram.nullCount == pool.nullCount else {
        throw .wrongNullCount(
          subject: "pair \(gram.pair)", expected: pool.nullCount, actual: gram.nullCount)
      }
      guard seen.insert([gram.victimExpert, gram.suspectExpert]).inserted else {
        throw .duplicateGram(pair: gram.pair)
      }
    }
  }

  /// The same input, scores and preferences of null fingerprints formed anew from their mean logits.
  ///
  /// - Throws: `FingerprintError`, ``CalibrationError``.
  public func recomputed() throws -> CalibrationInput {
    try CalibrationInput(
      pool: pool, nullFingerprints: try nullFingerprints.map { try $0.recomputed() },
      responseGrams: responseGrams, weightFindings: weightFindings, options: options)
  }

  /// The null fingerprints, tasks in the victim's order.
  ///
  /// - Throws: ``CalibrationError/poolOfAnotherSuite(expected:actual:)``,
  ///   ``CalibrationError/incomparableNull(index:field:expected:actual:)``.
  func aligned(to victim: ModelFingerprint) throws(CalibrationError) -> [ModelFingerprint] {
    guard pool.suiteDigest == victim.suiteDigest else {
      throw .poolOfAnotherSuite(expected: victim.suiteDigest, actual: pool.suiteDigest)
    }
    var result: [ModelFingerprint] = []
    for (index, null) in nullFingerprints.enumerated() {
      let fields = [
        ("suite digest", victim.suiteDigest.description, null.suiteDigest.description),
        (
          "tasks", victim.tasks.sorted().joined(separator: ", "),
          null.tasks.sorted().joined(separator: ", ")
        ),
        ("layer count", "\(victim.layerCount)", "\(null.layerCount)"),
        (
          "signal", victim.signal.rawValue,
          victim.signal.compares(with: null.signal) ? victim.signal.rawValue : null.signal.rawValue
        ),
      ]
      for (field, expected, actual) in fields where expected != actual {
        throw .incomparableNull(index: index, field: field, expected: expected, actual: actual)
      }
      let reordered = null.reordered(tasks: victim.tasks)
      guard reordered.counts == victim.counts else {
        throw .incomparableNull(
          index: index, field: "sample counts", expected: "\(victim.counts)",
          actual: "\(reordered.counts)")
      }
      result.append(reordered)
    }
    return result
  }
}

extension CalibrationInput: Codable {
  private enum CodingKeys: String, CodingKey {
    case pool, nullFingerprints, responseGrams, weightFindings, options
  }

  /// Reads and checks an input.
  ///
  /// - Throws: ``CalibrationError``, `FingerprintError`, `DecodingError`.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      pool: try container.decode(NullPoolReference.self, forKey: .pool),
      nullFingerprints: try container.decode(
        [ModelFingerprint].self, forKey: .nullFingerprints),
      responseGrams: try container.decode([ResponseGram].self, forKey: .responseGrams),
      weightFindings: try container.decode([TamperFinding].self, forKey: .weightFindings),
      options: try container.decode(CalibrationOptions.self, forKey: .options))
  }
}
