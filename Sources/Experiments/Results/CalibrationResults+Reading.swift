import Attribution
import Calibration
import Checkpoints
import Documents
import Files

extension CalibrationResults {
  /// Reads what `residual` and `attribute --nulls` have written.
  ///
  /// - Parameter suspects: the study's comparisons, for the paper's own scores.
  /// - Throws: ``StudyError/malformedResult(file:expected:actual:)``, `CheckpointError`, `FileError`.
  init(
    _ calibration: StudyPlan.Calibration, of plan: StudyPlan, in folder: String,
    suspects: [SuspectResult]
  ) throws {
    let reader = CalibrationReader(
      folder: folder, plan: plan, calibration: calibration, suspects: suspects)
    let cases = try reader.cases()
    let printed = try reader.printed()
    self.init(
      functional: try reader.functional(printed, cases: cases),
      routed: cases.flatMap { reader.routed($0) }, models: cases.compactMap { reader.model($0) },
      recipes: printed.pool.recipes, nullCount: printed.pool.nullCount)
  }
}

/// A calibrated case of a merge, and what its experts are.
private struct CalibratedMerge {
  let name, title: String
  let comparison: AttributionCase
  /// What an expert of that name is.
  let kind: (String) -> CalibrationResults.Kind
}

private struct CalibrationReader {
  let folder: String
  let plan: StudyPlan
  let calibration: StudyPlan.Calibration
  let suspects: [SuspectResult]

  /// What `routemark residual --json` prints.
  struct Printed: Decodable {
    struct Suspect: Decodable {
      let name: String
      let evidence: CalibratedEvidence
    }
    let pool: NullPoolReference
    let suspects: [Suspect]
  }

  func printed() throws -> Printed {
    try StrictJSON.decode(Printed.self, contentsOf: "\(folder)/\(StudySteps.Name.residuals)")
  }

  // MARK: Merges

  func cases() throws -> [CalibratedMerge] {
    guard calibration.merges > 0 else { return [] }
    let routed = plan.compared.filter { calibration.routed.contains($0.name) }
    var merges = try routed.map { suspect in
      try merge(suspect.name, suspect.title) { expert in
        switch plan.origin(of: expert, in: suspect) {
        case .reuse, .scattered: .reused
        case .independent: .innocent
        case .stranger: .stranger
        }
      }
    }
    for pool in [StudySteps.Name.innocents, StudySteps.Name.otherInnocents] {
      for index in 0..<calibration.innocentMerges {
        merges.append(
          try merge(StudySteps.Name.innocent(pool, index), innocentTitle(pool)) { _ in
            innocentKind(pool)
          })
      }
    }
    return merges
  }

  private func merge(
    _ name: String, _ title: String, kind: @escaping (String) -> CalibrationResults.Kind
  ) throws -> CalibratedMerge {
    CalibratedMerge(
      name: name, title: title,
      comparison: try StrictJSON.decode(
        AttributionCase.self, contentsOf: "\(folder)/\(StudySteps.Name.calibrated(name))"),
      kind: kind)
  }

  func routed(_ merge: CalibratedMerge) -> [CalibrationResults.Expert] {
    guard let evidence = merge.comparison.calibration?.result.routing else { return [] }
    return evidence.decisions.map { decision in
      expert(
        decision, group: merge.name, title: merge.title, kind: merge.kind(decision.suspectExpert),
        task: decision.suspectExpert,
        routeMark: merge.comparison.attributions[decision.suspectIndex].similarity)
    }
  }

  func model(_ merge: CalibratedMerge) -> CalibrationResults.Model? {
    guard let evidence = merge.comparison.calibration?.result.routing else { return nil }
    let kinds = evidence.decisions.map { merge.kind($0.suspectExpert) }
    let most = CalibrationResults.Kind.allCases.max { first, second in
      kinds.filter { $0 == first }.count < kinds.filter { $0 == second }.count
    }
    return CalibrationResults.Model(
      name: merge.name, title: merge.title, kind: most ?? .stranger,
      score: evidence.model.test?.scores.score, withinTaskP: evidence.model.test?.withinTaskP,
      tailP: evidence.model.test?.position?.pValue, verdict: evidence.model.verdict.words)
  }

  // MARK: Experts by themselves

  func functional(
    _ printed: Printed, cases: [CalibratedMerge]
  ) throws -> [CalibrationResults.Expert] {
    var found = Dictionary(
      printed.suspects.map { ($0.name, $0.evidence) }, uniquingKeysWith: { first, _ in first })
    func tested(
      _ group: String, _ title: String, _ kind: CalibrationResults.Kind, _ task: String,
      routeMark: Double?
    ) throws -> CalibrationResults.Expert {
      let name = StudySteps.Name.tested(group, task)
      guard let decision = found.removeValue(forKey: name)?.decisions.first else {
        throw StudyError.malformedResult(
          file: "\(folder)/\(StudySteps.Name.residuals)", expected: "a decision about `\(name)`",
          actual: "none")
      }
      return expert(
        decision, group: group, title: title, kind: kind, task: task, routeMark: routeMark)
    }
    var experts: [CalibrationResults.Expert] = []
    for (variants, kind) in [
      (calibration.reused, CalibrationResults.Kind.reused), (calibration.hidden, .hidden),
      (calibration.independents, .innocent),
    ] {
      for variant in variants {
        let suspect = variant.suspect.flatMap { name in suspects.first { $0.name == name } }
        for task in calibration.tasks(of: variant, in: plan) {
          experts.append(
            try tested(
              variant.name, variant.title, kind, task,
              routeMark: suspect?.experts.first { $0.name == task }?.similarity))
        }
      }
    }
    for (pool, count) in [
      (StudySteps.Name.innocents, calibration.innocents),
      (StudySteps.Name.otherInnocents, calibration.otherInnocents),
    ] {
      for index in 0..<count {
        let name = StudySteps.Name.innocent(pool, index)
        let merge = cases.first { $0.name == name }?.comparison
        for task in plan.tasks {
          experts.append(
            try tested(
              name, innocentTitle(pool), innocentKind(pool), task,
              routeMark: merge?.attributions.first { $0.suspectExpert == task }?.similarity))
        }
      }
    }
    return experts
  }

  private func expert(
    _ decision: ExpertDecision, group: String, title: String, kind: CalibrationResults.Kind,
    task: String, routeMark: Double?
  ) -> CalibrationResults.Expert {
    CalibrationResults.Expert(
      group: group, title: title, kind: kind, task: task,
      victimExpert: decision.test == nil ? nil : decision.victimExpert,
      plain: decision.test?.scores.plain, score: decision.test?.scores.score,
      withinTaskP: decision.test?.withinTaskP, pooledP: decision.test?.pooledP,
      tailP: decision.test?.position?.pValue, verdict: decision.verdict.words,
      routeMark: routeMark)
  }

  private func innocentKind(_ pool: String) -> CalibrationResults.Kind {
    pool == StudySteps.Name.innocents ? .innocent : .otherInnocent
  }

  private func innocentTitle(_ pool: String) -> String {
    pool == StudySteps.Name.innocents
      ? "independent, the nulls' recipe" : "independent, another recipe"
  }
}
