import Attribution
import Checkpoints
import Diagnostics
import Documents
import Files
import Foundation
import RoutingFingerprints

extension StudyResults {
  /// Reads what the steps of a finished run have written.
  ///
  /// - Throws: ``StudyError/malformedResult(file:expected:actual:)``, `CheckpointError`, `FileError`.
  public init(_ plan: StudyPlan, in folder: String, tool: String, steps: [StudyStep]) throws {
    let reader = ResultReader(folder: folder, plan: plan)
    self.tool = tool
    self.plan = plan
    let weights = try reader.read(ModelFingerprint.self, StudySteps.Name.weights)
    suiteDigest = weights.suiteDigest
    routingWeights = weights.experts.indices.map { expert in
      weights.meanLogits.map { $0[expert] }
    }
    suspects = try plan.compared.map { try reader.suspect($0) }
    sampleSizes = try plan.figures.sampleSizes.map { try reader.sampleSize($0) }
    accuracies = try ["base", "task-arithmetic", "victim"].map { try reader.accuracy($0) }
    curves = MethodCurve.all(suspects.filter { $0.name != "victim" })
    definitions = try BaselineMethod.allCases.map { try reader.definition($0) }
    calibration = try plan.calibration.map { [suspects] calibration in
      try CalibrationResults(calibration, of: plan, in: folder, suspects: suspects)
    }
    commands = steps.map(\.command)
  }
}

/// Reads results from a study's folder.
private struct ResultReader {
  let folder: String
  let plan: StudyPlan

  func read<Value: Decodable>(_ type: Value.Type, _ name: String) throws -> Value {
    try StrictJSON.decode(type, contentsOf: "\(folder)/\(name)")
  }

  // MARK: What baselines print

  private struct Printed<Result: Decodable>: Decodable { let result: Result }
  private struct Similarity: Decodable { let similarity: Double }
  private struct Alignment: Decodable { let biased, unbiased: Double }
  private struct Experts: Decodable {
    struct Matrix: Decodable { let victimExperts, suspectExperts: [String]; let values: [[Double]] }
    let similarities: Matrix
  }

  private func baseline<Result: Decodable>(
    _ type: Result.Type, _ method: BaselineMethod, _ name: String
  ) throws -> Result {
    try read(Printed<Result>.self, StudySteps.Name.baseline(method, name)).result
  }

  private struct Defined: Decodable { let definition: String }

  /// What a baseline's numbers are: one definition for all suspects, or their numbers do not compare.
  func definition(_ method: BaselineMethod) throws -> MethodDefinition {
    let texts = try plan.compared.map { suspect in
      (suspect.name, try baseline(Defined.self, method, suspect.name).definition)
    }
    let first = texts.first?.1 ?? ""
    if let other = texts.first(where: { $0.1 != first }) {
      throw StudyError.malformedResult(
        file: "\(folder)/\(StudySteps.Name.baseline(method, other.0))", expected: first,
        actual: other.1)
    }
    return MethodDefinition(method: method, text: first)
  }

  // MARK: Suspects

  func suspect(_ suspect: StudyPlan.Suspect) throws -> SuspectResult {
    let name = suspect.name
    let comparison = try read(AttributionCase.self, StudySteps.Name.comparison(name))
    let pcs = try matrix(.expertPCS, of: name, like: comparison)
    let ics = try matrix(.expertICS, of: name, like: comparison)
    let reef = try baseline(Alignment.self, .reef, name)
    let victims = comparison.victim.experts
    let experts = comparison.attributions.enumerated().map { column, attribution in
      let origin = plan.origin(of: attribution.suspectExpert, in: suspect)
      let own = origin.victimExpert.flatMap { victims.firstIndex(of: $0) }
      return ExpertResult(
        name: attribution.suspectExpert, truth: origin.truth, victimExpert: origin.victimExpert,
        match: attribution.topOneExpert, similarity: attribution.similarity,
        margin: attribution.attributionMargin, verdict: "\(attribution.verdict)",
        ownSimilarity: own.map { attribution.profile[$0] },
        pcs: pcs.map { $0[column] }.max() ?? 0, ownPCS: own.map { pcs[$0][column] },
        ics: ics.map { $0[column] }.max() ?? 0, ownICS: own.map { ics[$0][column] })
    }
    return SuspectResult(
      name: name, title: suspect.title, router: suspect.router, victimExperts: victims,
      experts: experts, similarity: comparison.matrix.similarity,
      modelPCS: try baseline(Similarity.self, .modelPCS, name).similarity,
      modelICS: try baseline(Similarity.self, .modelICS, name).similarity, reef: reef.biased,
      unbiasedREEF: reef.unbiased)
  }

  private func matrix(
    _ method: BaselineMethod, of name: String, like comparison: AttributionCase
  ) throws -> [[Double]] {
    let matrix = try baseline(Experts.self, method, name).similarities
    let (expected, actual) = (comparison.victim.experts, matrix.victimExperts)
    guard expected == actual, matrix.suspectExperts == comparison.suspect.experts,
      matrix.values.count == expected.count,
      matrix.values.allSatisfy({ $0.count == matrix.suspectExperts.count })
    else {
      throw StudyError.malformedResult(
        file: "\(folder)/\(StudySteps.Name.baseline(method, name))",
        expected: "the experts of the case: \(expected) and \(comparison.suspect.experts)",
        actual: "\(actual) and \(matrix.suspectExperts)")
    }
    return matrix.values
  }

  // MARK: Other figures

  func sampleSize(_ count: Int) throws -> SampleSizeResult {
    let name = StudySteps.Name.sampled(plan.figures.sampled, count)
    let comparison = try read(AttributionCase.self, StudySteps.Name.comparison(name))
    let reef = try baseline(Alignment.self, .reef, name)
    let own = comparison.attributions.compactMap { attribution in
      comparison.victim.experts.firstIndex(of: attribution.suspectExpert)
        .map { attribution.profile[$0] }
    }
    guard !own.isEmpty else {
      throw StudyError.malformedResult(
        file: "\(folder)/\(StudySteps.Name.comparison(name))",
        expected: "an expert that the victim has too", actual: "none")
    }
    return SampleSizeResult(
      count: count, routeMark: own.reduce(0, +) / Double(own.count), reef: reef.biased,
      unbiasedREEF: reef.unbiased)
  }

  func accuracy(_ model: String) throws -> AccuracyResult {
    struct Evaluation: Decodable {
      struct Task: Decodable { let accuracy: Double }
      let tasks: [Task]
      let meanAccuracy: Double

      enum CodingKeys: String, CodingKey {
        case tasks
        case meanAccuracy = "mean_accuracy"
      }
    }
    let result = try read(Evaluation.self, StudySteps.Name.accuracy(model))
    return AccuracyResult(
      model: model, tasks: result.tasks.map(\.accuracy), mean: result.meanAccuracy)
  }
}

extension StudyPlan.Origin {
  /// The victim's expert, where there is one.
  fileprivate var victimExpert: String? {
    if case .reuse(let expert) = self { return expert }
    return nil
  }

  fileprivate var truth: ExpertResult.Truth {
    switch self {
    case .reuse, .scattered: .reuse
    case .independent: .independent
    case .stranger: .stranger
    }
  }
}

extension MethodCurve {
  /// The curves of all methods over all experts.
  ///
  /// Methods that see whole models say the same of every
  /// expert of one.
  static func all(_ suspects: [SuspectResult]) -> [MethodCurve] {
    StudyMethod.allCases.map { method in
      func scores(_ truths: Set<ExpertResult.Truth>) -> [Double] {
        suspects.flatMap { suspect in
          suspect.experts.filter { truths.contains($0.truth) }
            .map { method.score($0, of: suspect) }
        }
      }
      let positives = scores([.reuse])
      let hasInnocents = !scores([.independent]).isEmpty
      return MethodCurve(
        method: method.title,
        withInnocents: hasInnocents
          ? ReceiverOperatingCurve(
            positives: positives, negatives: scores([.independent, .stranger])) : nil,
        withoutInnocents: ReceiverOperatingCurve(
          positives: positives, negatives: scores([.stranger])))
    }
  }
}
