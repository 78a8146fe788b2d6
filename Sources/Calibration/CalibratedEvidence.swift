import Statistics

/// What one suspect expert's comparison with the victim expert it resembles most says.
public struct ExpertDecision: Codable, Sendable, Equatable {
  /// The suspect expert's index.
  public let suspectIndex: Int
  /// Its name.
  public let suspectExpert: String
  /// The victim expert it was compared with: the one assigned to it, or the one of the largest
  /// plain cosine where none was.
  public let victimIndex: Int
  /// Its name.
  public let victimExpert: String
  /// Whether the one-to-one assignment matched the two.
  public let isAssigned: Bool
  /// Scores and p-values; `nil` when the pair was not compared.
  public let test: ReuseTest?
  /// The p-value that decides.
  public let pValue: Double?
  /// That, adjusted by Holm over the suspect's experts.
  public let adjustedP: Double?
  /// What it says.
  public let verdict: CalibratedVerdict
}

/// What the matched experts together say about the suspect as a whole.
public struct ModelDecision: Codable, Sendable, Equatable {
  /// How many pairs of experts the scores are means of.
  public let pairCount: Int
  /// Scores and p-values; `nil` without pairs.
  public let test: ReuseTest?
  /// The p-value that decides.
  public let pValue: Double?
  /// What it says.
  public let verdict: CalibratedVerdict
}

/// All comparisons of one evidence level.
///
/// Which victim expert a suspect expert is tested against follows from plain cosines, which
/// recognise the task, and not from residual scores: choosing by the score that is tested would
/// make its p-value too small.
public struct CalibratedEvidence: Codable, Sendable, Equatable {
  /// What the examiner could see.
  public let level: EvidenceLevel
  /// Plain cosines, `[victim experts, suspect experts]`; `nil` where a pair was not compared.
  public let plain: [[Double?]]
  /// Preference similarities (equation 14) of the same pairs, formed from scores under the options of
  /// the routing residual; `nil` for the white box.
  ///
  /// In unit layers they do not depend on a router's temperature.
  public let preference: [[Double]]?
  /// One decision a suspect expert.
  public let decisions: [ExpertDecision]
  /// The suspect as a whole.
  public let model: ModelDecision
  /// How many layers of each victim expert (row) were matched to each suspect expert (column);
  /// `nil` unless experts were matched layer by layer.
  public let layerVotes: [[Int]]?

  /// Tests every suspect expert.
  ///
  /// - Parameters:
  ///   - scores: `[victim experts, suspect experts]`; `nil` where a pair was not compared.
  ///   - missingSignal: Why routing says nothing, if it does not.
  ///   - unlikeAny: suspect experts that resemble neither victims nor nulls.
  init(
    level: EvidenceLevel, victimExperts: [String], suspectExperts: [String],
    scores: [[ResidualScores?]], preference: [[Double]]? = nil, layerVotes: [[Int]]? = nil,
    missingSignal: CalibratedVerdict.MissingSignal? = nil, unlikeAny: Set<Int> = [],
    options: CalibrationOptions
  ) {
    self.level = level
    self.layerVotes = layerVotes
    self.preference = preference
    plain = scores.map { row in row.map { $0?.plain } }
    let matching = Self.match(plain, floor: options.assignmentFloor)
    let tests = suspectExperts.indices.map { suspect -> ReuseTest? in
      guard let own = scores[matching.victims[suspect]][suspect] else { return nil }
      return ReuseTest(own, pool: Self.pool(scores, suspect: suspect))
    }
    let pValues = tests.map { $0?.pValue(options.statistic) }
    let tested = pValues.compactMap { $0 }
    var adjusted = Holm.adjusted(tested)[...]
    let model = Self.decideModel(
      suspectExperts.indices.compactMap { matching.isAssigned[$0] ? tests[$0]?.scores : nil },
      level: level, missingSignal: missingSignal, options: options)
    let isRareMerge = model.pValue.map { $0 <= options.consistentLevel } ?? false
    self.model = model
    decisions = suspectExperts.indices.map { suspect in
      let adjustedP = pValues[suspect].flatMap { _ in adjusted.popFirst() }
      var verdict: CalibratedVerdict =
        missingSignal.map { .notApplicable($0) }
        ?? tests[suspect]?.verdict(
          adjustedP: adjustedP, testCount: tested.count, options: options,
          floor: tests[suspect].flatMap { Self.floor(of: $0, level, options) })
        ?? .inconclusive(.notCompared)
      if level == .routing, !isRareMerge, case .unlikeOthers = verdict {
        verdict = .inconclusive(.mergeNotRare)
      }
      if case .noEvidenceOfReuse = verdict, unlikeAny.contains(suspect) {
        verdict = .inconclusive(.otherCoordinates)
      }
      return ExpertDecision(
        suspectIndex: suspect, suspectExpert: suspectExperts[suspect],
        victimIndex: matching.victims[suspect],
        victimExpert: victimExperts[matching.victims[suspect]],
        isAssigned: matching.isAssigned[suspect], test: tests[suspect], pValue: pValues[suspect],
        adjustedP: adjustedP, verdict: verdict)
    }
  }

  /// The white box: tests every suspect expert on inner products of responses.
  ///
  /// Neither fingerprints nor routers are needed, so suspects may be plain fine-tuned models.
  ///
  /// - Parameter responseGrams: One a pair, each pair at most once; pairs may be left out.
  /// - Throws: ``CalibrationError/unknownExpert(role:name:)``.
  public init(
    responseGrams: [ResponseGram], victimExperts: [String], suspectExperts: [String],
    options: CalibrationOptions
  ) throws(CalibrationError) {
    var scores = victimExperts.map { _ in
      [ResidualScores?](repeating: nil, count: suspectExperts.count)
    }
    var unlikeAny = Set(suspectExperts.indices)
    for gram in responseGrams {
      guard let row = victimExperts.firstIndex(of: gram.victimExpert) else {
        throw .unknownExpert(role: "victim", name: gram.victimExpert)
      }
      guard let column = suspectExperts.firstIndex(of: gram.suspectExpert) else {
        throw .unknownExpert(role: "suspect", name: gram.suspectExpert)
      }
      scores[row][column] = ResidualScores(gram, weighting: options.weighting)
      if !gram.isUnlikeAny { unlikeAny.remove(column) }
    }
    self.init(
      level: .functional, victimExperts: victimExperts, suspectExperts: suspectExperts,
      scores: scores, unlikeAny: unlikeAny, options: options)
  }

  /// The victim expert of every suspect expert, and whether it is its own.
  private static func match(
    _ plain: [[Double?]], floor: Double
  ) -> (victims: [Int], isAssigned: [Bool]) {
    let benefit = plain.map { row in row.map { $0 ?? -2 } }
    var victims = (0..<(benefit.first?.count ?? 0)).map { suspect in
      benefit.indices.reduce(0) { benefit[$1][suspect] > benefit[$0][suspect] ? $1 : $0 }
    }
    var isAssigned = victims.map { _ in false }
    for (victim, suspect) in Assignment.maximising(benefit, rejectingBelow: floor).enumerated() {
      guard let suspect else { continue }
      victims[suspect] = victim
      isAssigned[suspect] = true
    }
    return (victims, isAssigned)
  }

  /// One comparison for each victim expert: the suspect expert's own where there is one, so that
  /// nulls have the same weights left out, else the first.
  private static func pool(_ scores: [[ResidualScores?]], suspect: Int) -> [ResidualScores] {
    scores.compactMap { row in row[suspect] ?? row.lazy.compactMap { $0 }.first }
  }

  /// The least residual that is unlike other people's work; `nil` for any.
  private static func floor(
    of test: ReuseTest, _ level: EvidenceLevel, _ options: CalibrationOptions
  ) -> Double? {
    guard level == .functional else { return nil }
    return test.scores.coverage.isCovered
      ? options.leastFunctionalResidual : options.leastUncoveredResidual
  }

  private static func decideModel(
    _ pairs: [ResidualScores], level: EvidenceLevel,
    missingSignal: CalibratedVerdict.MissingSignal?, options: CalibrationOptions
  ) -> ModelDecision {
    let test = ResidualScores.mean(pairs).map { ReuseTest($0, pool: [$0]) }
    let pValue = test?.pValue(options.statistic)
    let verdict: CalibratedVerdict =
      missingSignal.map { .notApplicable($0) }
      ?? test?.verdict(
        adjustedP: pValue, testCount: 1, options: options,
        floor: test.flatMap { floor(of: $0, level, options) })
      ?? .inconclusive(.notCompared)
    return ModelDecision(pairCount: pairs.count, test: test, pValue: pValue, verdict: verdict)
  }
}
