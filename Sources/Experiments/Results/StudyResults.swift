import Attribution
import Diagnostics

/// Every number of a study, JSON schema `routemark.study/1`.
///
/// It depends on the plan, the models and the images, not on where the study was run or when.
public struct StudyResults: Sendable, Hashable, Codable {
  /// The schema this version writes.
  public static let schema = "routemark.study/1"

  /// `routemark.study/1`.
  public var schema = StudyResults.schema
  /// What wrote it.
  public let tool: String
  /// What was done.
  public let plan: StudyPlan
  /// The probe suite.
  public let suiteDigest: Digest
  /// The victim's routing weights, `[experts, tasks, layers]`: the mean over a task's images.
  public let routingWeights: [[[Double]]]
  /// The victim itself, then the plan's suspects.
  public let suspects: [SuspectResult]
  /// Figure 6, by number of samples.
  public let sampleSizes: [SampleSizeResult]
  /// Zero-shot accuracies.
  public let accuracies: [AccuracyResult]
  /// How well methods tell reuse from the rest.
  public let curves: [MethodCurve]
  /// What calibrated attribution says; `nil` when the plan leaves it out.
  public let calibration: CalibrationResults?
  /// What the baselines' numbers are, as `routemark baseline` prints it.
  public let definitions: [MethodDefinition]
  /// The commands, in the order in which they ran, with `OUT`, `ZOO` and `DATA` for folders.
  public let commands: [String]

  /// A suspect's result.
  public func suspect(_ name: String) -> SuspectResult? { suspects.first { $0.name == name } }
}

/// A suspect against the victim, by all methods.
public struct SuspectResult: Sendable, Hashable, Codable {
  /// The name in the plan, the files and the commands.
  public let name: String
  /// The name in the report.
  public let title: String
  /// Where its gates come from.
  public let router: StudyPlan.Suspect.Router
  /// The victim's experts, the matrices' rows.
  public let victimExperts: [String]
  /// Its experts, the matrices' columns.
  public let experts: [ExpertResult]
  /// RouteMark's similarities, `[victim experts, suspect experts]`.
  public let similarity: [[Double]]
  /// PCS-M.
  public let modelPCS: Double
  /// ICS-M.
  public let modelICS: Double
  /// REEF's biased estimate in the headline layer, as published.
  public let reef: Double
  /// The unbiased one.
  public let unbiasedREEF: Double

  /// The mean over reused experts of the similarity with the victim's own; `nil` when there is none.
  public func meanOwn(_ value: (ExpertResult) -> Double?) -> Double? {
    let values = experts.compactMap(value)
    return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }
}

/// One expert of a suspect.
public struct ExpertResult: Sendable, Hashable, Codable {
  /// What an expert is, in the end.
  public enum Truth: String, Sendable, Hashable, Codable {
    case reuse, independent, stranger
  }

  /// Its name.
  public let name: String
  /// Where it comes from.
  public let truth: Truth
  /// The victim's expert it comes from; `nil` when it comes from none, or from several.
  public let victimExpert: String?
  /// The victim's expert that RouteMark's similarity is largest with.
  public let match: String
  /// That similarity.
  public let similarity: Double
  /// Its lead over the runner-up; `nil` when the victim has one expert.
  public let margin: Double?
  /// RouteMark's verdict.
  public let verdict: String
  /// RouteMark's similarity with the victim expert it comes from.
  public let ownSimilarity: Double?
  /// The largest PCS-E.
  public let pcs: Double
  /// PCS-E with the victim expert it comes from.
  public let ownPCS: Double?
  /// The largest ICS-E.
  public let ics: Double
  /// ICS-E with the victim expert it comes from.
  public let ownICS: Double?
}

/// Figure 6: one number of samples a task.
public struct SampleSizeResult: Sendable, Hashable, Codable {
  /// Samples a task.
  public let count: Int
  /// RouteMark's mean similarity of reused experts with their own.
  public let routeMark: Double
  /// REEF as published.
  public let reef: Double
  /// REEF with unbiased estimates.
  public let unbiasedREEF: Double
}

/// Accuracy of one model.
public struct AccuracyResult: Sendable, Hashable, Codable {
  /// The model.
  public let model: String
  /// Shares of right classes, in the order of the tasks.
  public let tasks: [Double]
  /// Their mean.
  public let mean: Double
}

/// One method over all experts of all suspects.
public struct MethodCurve: Sendable, Hashable, Codable {
  /// The method.
  public let method: String
  /// With independent experts of the same tasks among the negatives; `nil` when there are none.
  public let withInnocents: ReceiverOperatingCurve?
  /// Without them; `nil` when no other negatives are left.
  public let withoutInnocents: ReceiverOperatingCurve?
}

/// What the numbers of a baseline are.
public struct MethodDefinition: Sendable, Hashable, Codable {
  /// The baseline.
  public let method: BaselineMethod
  /// Its definition.
  public let text: String
}
