import Baselines
import Diagnostics
import ExpertResponses
import ModelMerging
import Probes
import Probing

/// How alike two models are by their weights or hidden states, for comparison with routing.
public struct BaselineRequest: ExaminationRequest {
  /// What is computed.
  public enum Method: Sendable, Hashable {
    /// Cosine of all weights.
    case modelPCS
    /// Cosines of experts' task vectors.
    case expertPCS
    /// Cosine of invariant terms of the last two layers.
    case modelICS(TokenEmbeddings)
    /// The same of experts.
    case expertICS(TokenEmbeddings)
    /// Linear CKA of class-token hidden states over a suite.
    case reef(suite: String)
  }

  /// What is computed.
  public var method: Method
  /// The reference model.
  public var victim: String
  /// The model under examination.
  public var suspect: String
  /// What plain towers were fine-tuned from, for methods on experts.
  public var base: String?
  /// Whether experts are brought into the base's coordinates first, which the methods as published do not.
  public var realigns: Bool
  /// How much of the machine is used.
  public var compute: ComputeSettings

  /// A request.
  public init(
    _ method: Method, victim: String, suspect: String, base: String? = nil,
    realigns: Bool = false, compute: ComputeSettings = ComputeSettings()
  ) {
    self.method = method
    self.victim = victim
    self.suspect = suspect
    self.base = base
    self.realigns = realigns
    self.compute = compute
  }

  /// The numbers with their definition and the models' digests.
  ///
  /// - Throws: `BaselineError`; what reading models and the suite throws.
  public func run(_ examiner: Examiner) throws -> BaselineReport {
    let inputs = OpenedInputs(examiner)
    let models = (victim: try inputs.model(victim), suspect: try inputs.model(suspect))
    return try BaselineReport(
      models, compared(models, inputs, examiner), realigned: realigns, examiner: examiner)
  }

  private func compared(
    _ models: (victim: ModelFolder, suspect: ModelFolder), _ inputs: OpenedInputs,
    _ examiner: Examiner
  ) throws -> BaselineResult {
    switch method {
    case .modelPCS:
      return try examiner.stage("reading weights") { stage in
        .modelPCS(
          try ModelPCS(
            victim: ModelWeights(models.victim), suspect: ModelWeights(models.suspect),
            progress: stage.handler))
      }
    case .expertPCS:
      let experts = try taskVectors(models, inputs)
      return try examiner.stage("reading weights") { stage in
        .expertPCS(
          try ExpertPCS(
            victim: experts.victim, suspect: experts.suspect, progress: stage.handler))
      }
    case .modelICS(let embeddings):
      return .modelICS(
        try ModelICS(
          victim: ModelWeights(models.victim), suspect: ModelWeights(models.suspect),
          embeddings: embeddings))
    case .expertICS(let embeddings):
      let experts = try taskVectors(models, inputs)
      return try examiner.stage("comparing experts") { stage in
        .expertICS(
          try ExpertICS(
            victim: experts.victim, suspect: experts.suspect, embeddings: embeddings,
            progress: stage.handler))
      }
    case .reef(let path):
      let suite = try inputs.suite(path)
      let states = try examiner.stage("running models") { stage in
        let total = 2 * suite.sampleCount
        return try [models.victim, models.suspect].enumerated().map { index, model in
          try HiddenStateCapture(model: model, suite: suite)
            .states(batch: compute.batch, pool: compute.pool) { done, _ in
              stage.update(index * suite.sampleCount + done, total)
            }
        }
      }
      return .reef(
        BaselineAlignment(
          suiteDigest: suite.digest,
          reef: try REEF(victim: states[0], suspect: states[1], pool: compute.pool)))
    }
  }

  private func taskVectors(
    _ models: (victim: ModelFolder, suspect: ModelFolder), _ inputs: OpenedInputs
  ) throws -> (victim: ExpertTaskVectors, suspect: ExpertTaskVectors) {
    let origin = try base.map { try inputs.model($0) }
    if realigns, let origin {
      let reference = try FunctionalResponses.reference(origin)
      return (
        try ExpertTaskVectors(models.victim, realignedTo: reference),
        try ExpertTaskVectors(models.suspect, realignedTo: reference)
      )
    }
    return (
      try ExpertTaskVectors(models.victim, base: origin),
      try ExpertTaskVectors(models.suspect, base: origin)
    )
  }
}

/// The numbers of one baseline.
public enum BaselineResult: Encodable, Sendable {
  /// Cosine of all weights.
  case modelPCS(ModelPCS)
  /// Cosines of experts' task vectors.
  case expertPCS(ExpertPCS)
  /// Cosine of invariant terms.
  case modelICS(ModelICS)
  /// The same of experts.
  case expertICS(ExpertICS)
  /// Alignment of hidden states.
  case reef(BaselineAlignment)

  /// The method's name in the literature.
  public var method: String {
    switch self {
    case .modelPCS: "PCS-M"
    case .expertPCS: "PCS-E"
    case .modelICS: "ICS-M"
    case .expertICS: "ICS-E"
    case .reef: "REEF"
    }
  }

  /// What exactly was computed.
  public var definition: String {
    switch self {
    case .modelPCS(let result): result.definition
    case .expertPCS(let result): result.definition
    case .modelICS(let result): result.definition
    case .expertICS(let result): result.definition
    case .reef(let result): result.reef.definition
    }
  }

  /// Encodes the numbers.
  public func encode(to encoder: any Encoder) throws {
    switch self {
    case .modelPCS(let result): try result.encode(to: encoder)
    case .expertPCS(let result): try result.encode(to: encoder)
    case .modelICS(let result): try result.encode(to: encoder)
    case .expertICS(let result): try result.encode(to: encoder)
    case .reef(let result): try result.encode(to: encoder)
    }
  }
}

/// Alignment of hidden states, with the suite it was measured on.
public struct BaselineAlignment: Encodable, Sendable {
  /// The suite.
  public let suiteDigest: Digest
  /// The numbers.
  public let reef: REEF

  enum CodingKeys: CodingKey { case suiteDigest }

  /// Encodes the numbers and the suite's digest beside them.
  public func encode(to encoder: any Encoder) throws {
    try reef.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(suiteDigest, forKey: .suiteDigest)
  }
}

/// What a baseline says of two models.
public struct BaselineReport: Encodable, Sendable {
  /// A model by path and digest.
  public struct Model: Encodable, Sendable {
    /// Its folder.
    public let path: String
    /// Its digest.
    public let digest: Digest
  }

  /// The schema of the JSON.
  public let schema = "routemark.baseline/1"
  /// The method's name in the literature.
  public let method: String
  /// The reference model.
  public let victim: Model
  /// The model under examination.
  public let suspect: Model
  /// Name and version of the program.
  public let toolVersion: String
  /// How the comparison was asked for.
  public let commandLine: String
  /// Whether experts were brought into the base's coordinates first.
  public let realigned: Bool
  /// The numbers.
  public let result: BaselineResult

  init(
    _ models: (victim: ModelFolder, suspect: ModelFolder), _ result: BaselineResult,
    realigned: Bool, examiner: Examiner
  ) throws {
    method = result.method
    victim = Model(path: models.victim.path, digest: try models.victim.digest())
    suspect = Model(path: models.suspect.path, digest: try models.suspect.digest())
    toolVersion = examiner.tool
    commandLine = examiner.command
    self.realigned = realigned
    self.result = result
  }
}
