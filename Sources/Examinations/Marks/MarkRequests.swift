import Checkpoints
import Diagnostics
import ExactTests
import ModelMerging
import OwnerFiles
import WeightMarks

/// Draws a key for marks from the system and writes it to a file that only its owner may read.
public struct MarkKeyRequest: ExaminationRequest {
  /// What patterns consist of.
  public var kind: KeyedMark.Kind
  /// The file to write.
  public var output: OutputPlace

  /// A request.
  public init(kind: KeyedMark.Kind = .gaussian, output: OutputPlace) {
    self.kind = kind
    self.output = output
  }

  /// Draws and writes.
  ///
  /// - Throws: `FileError`.
  public func run(_ examiner: Examiner) throws -> MarkKeySummary {
    try DocumentFile.write(
      MarkKeyFile(kind: kind, tool: examiner.tool), to: output, isPrivate: true)
    return MarkKeySummary(
      path: output.path, kind: kind, digest: try Digest.sha256(ofFile: output.path))
  }
}

/// A key that was drawn, without the key.
public struct MarkKeySummary: Encodable, Sendable {
  /// The schema of the JSON.
  public let schema = "routemark.mark-key-summary/1"
  /// The file.
  public let path: String
  /// What patterns consist of.
  public let kind: KeyedMark.Kind
  /// SHA-256 of the file.
  public let digest: Digest

  enum CodingKeys: String, CodingKey {
    case schema, path, kind
    case digest = "sha256"
  }
}

/// Adds a secret pattern to an expert's weights before it is released.
public struct MarkRequest: ExaminationRequest {
  /// Labelled images that show what the mark costs.
  public struct Check: Sendable {
    /// Tasks with labelled images.
    public var data: [NamedPath]
    /// The file of zero-shot heads.
    public var head: String
    /// How much of the machine is used.
    public var compute: ComputeSettings

    /// Images and heads.
    public init(data: [NamedPath], head: String, compute: ComputeSettings = ComputeSettings()) {
      self.data = data
      self.head = head
      self.compute = compute
    }
  }

  /// The unmarked expert, which stays secret.
  public var model: String
  /// What it was trained from.
  public var base: String
  /// The file of the key.
  public var key: String
  /// Who gets this copy; `nil` for a copy without a licensee.
  public var licensee: String?
  /// The mark's size beside the standard deviation of each tensor's task vector.
  public var strength: Double
  /// Which weights are marked.
  public var scope: MarkScope
  /// The folder to write.
  public var output: OutputPlace
  /// What to measure the cost on, if anything.
  public var check: Check?

  /// A request.
  public init(
    model: String, base: String, key: String, licensee: String? = nil, strength: Double = 0.1,
    scope: MarkScope = .mlp, output: OutputPlace, check: Check? = nil
  ) {
    self.model = model
    self.base = base
    self.key = key
    self.licensee = licensee
    self.strength = strength
    self.scope = scope
    self.output = output
    self.check = check
  }

  /// Marks and writes; then counts right answers before and after, if images were named.
  ///
  /// - Throws: `WeightMarkError`, `OwnerFileError`; what reading models and images throws.
  public func run(_ examiner: Examiner) throws -> MarkSummary {
    let inputs = OpenedInputs(examiner)
    let key = try MarkKeyFile.read(at: key)
    let mark = try WeightMark(
      on: inputs.model(model), base: inputs.model(base),
      pattern: MarkPattern(key.key, licensee: licensee, values: key.kind.values),
      strength: strength, scope: scope)
    let tensors = try examiner.stage("marking") { stage in
      try mark.write(to: output.path, replacing: output.replacing, progress: stage.handler)
    }
    return MarkSummary(
      path: output.path, digest: try ModelFolder(path: output.path).digest(), licensee: licensee,
      strength: strength, scope: scope, tensors: tensors,
      before: try accuracies(of: model, examiner),
      after: try accuracies(of: output.path, examiner))
  }

  private func accuracies(
    of model: String, _ examiner: Examiner
  ) throws -> [EvaluationReport.Task]? {
    try check.map {
      try EvaluationRequest(
        model: model, data: $0.data, head: $0.head, compute: $0.compute
      ).run(examiner).tasks
    }
  }
}

extension KeyedMark.Kind {
  /// What patterns of this kind consist of.
  var values: MarkPattern.Values {
    switch self {
    case .gaussian: .normals
    case .signs: .signs
    }
  }
}

/// What a mark did.
public struct MarkSummary: Encodable, Sendable {
  /// The schema of the JSON.
  public let schema = "routemark.mark/1"
  /// The marked model.
  public let path: String
  /// Its digest.
  public let digest: Digest
  /// Whose copy it is.
  public let licensee: String?
  /// The mark's size beside the task vector's.
  public let strength: Double
  /// Which weights are marked.
  public let scope: MarkScope
  /// The marked tensors.
  public let tensors: [MarkedTensor]
  /// Right answers of the unmarked model, task by task, if they were counted.
  public let before: [EvaluationReport.Task]?
  /// Right answers of the marked model.
  public let after: [EvaluationReport.Task]?
}
