import Files
import Foundation
import ModelMerging
import Probes
import VisionTransformers

/// Merges experts into a mixture of experts (WEMoE), or into one plain tower.
public struct MergeRequest: ExaminationRequest {
  /// What comes out.
  public enum Method: Sendable {
    /// A mixture of experts.
    case mixture(Mixture)
    /// One plain tower, without a router; `keptShare` is of TIES.
    case tower(StaticMerge.Method, keptShare: Double = StaticMerge.defaultKeptShare)
  }

  /// How a mixture is made.
  public struct Mixture: Sendable {
    /// A file of trained gates; fresh ones when `nil`.
    public var gates: String?
    /// Use gates by position although they were trained for other experts.
    public var reusesGates = false
    /// What happens to the gates' output; as the gates file says, else softmax, when `nil`.
    public var routing: RoutingMode?
    /// Depth of fresh gates: 0, 1 or 2.
    public var freshDepth = 2
    /// Seed of fresh gates; drawn from the system when `nil`.
    public var freshSeed: UInt64?
    /// Write a full copy instead of a recipe of paths and digests.
    public var isFull = false

    /// A recipe with fresh gates.
    public init() {}
  }

  /// How the experts are merged.
  public var method: Method
  /// The model the experts come from.
  public var base: String
  /// The experts by name.
  public var experts: [NamedPath]
  /// lambda; the method's own default when `nil`.
  public var scaling: Float?
  /// Element type of a full copy or tower.
  public var elementType = ModelElementType.f32
  /// The folder to write.
  public var output: OutputPlace

  /// A request.
  public init(
    _ method: Method = .mixture(Mixture()), base: String, experts: [NamedPath],
    output: OutputPlace
  ) {
    self.method = method
    self.base = base
    self.experts = experts
    self.output = output
  }

  /// Checks all parts, then writes the merge.
  ///
  /// Everything that running the merge needs is checked first: every tensor of every part, finite
  /// weights, and preprocessing that makes images of the tower's size.
  ///
  /// - Throws: `MergeError`, `CheckpointError`, `VisionModelError`, `ProbeSuiteError`, `ImageError`,
  ///   `FileError`. Nothing is left under the output's name then.
  public func run(_ examiner: Examiner) throws -> MergeResult {
    try output.check(apartFrom: [base] + experts.map(\.path))
    let inputs = OpenedInputs(examiner)
    let base = try inputs.model(base)
    try PreprocessingCheck(base).run(examiner)
    let parts = experts.map { Merge.Expert(name: $0.name, path: $0.path) }
    switch method {
    case .mixture(let mixture):
      try write(mixture, parts, examiner)
    case .tower(let method, let keptShare):
      let merge = try StaticMerge(
        method, base: base.path, experts: parts, scalingCoefficient: scaling,
        keptShare: keptShare)
      try examiner.stage("writing tensors") { stage in
        try merge.write(
          to: output.path, elementType: elementType.elementType, replacing: output.replacing,
          progress: stage.handler)
      }
    }
    try ExpertOriginCheck(base).run(
      experts.map { ($0.name, try inputs.model($0.path, assuming: base.configuration)) }, examiner)
    let made = try ModelFolder(path: output.path)
    return MergeResult(
      model: try ModelInspection(path: output.path),
      hasUntrainedGates: try made.mixture != nil && made.hasUntrainedGates())
  }

  private func freshSeed(_ mixture: Mixture, _ examiner: Examiner) -> UInt64 {
    if let seed = mixture.freshSeed { return seed }
    let seed = SystemSeed.draw()
    examiner.note("gates of seed \(seed), drawn from the system")
    return seed
  }

  private func write(
    _ mixture: Mixture, _ parts: [Merge.Expert], _ examiner: Examiner
  ) throws {
    let gates: Merge.Gates =
      if let file = mixture.gates {
        .file(try GateFile(path: file))
      } else {
        .fresh(
          try GateInitialization(
            depth: mixture.freshDepth, seed: freshSeed(mixture, examiner)))
      }
    let merge = try Merge(
      base: base, experts: parts, gates: gates, reusingGates: mixture.reusesGates,
      scalingCoefficient: scaling, routing: mixture.routing)
    guard mixture.isFull else {
      return try merge.writeRecipe(to: output.path, replacing: output.replacing)
    }
    try examiner.stage("writing tensors") { stage in
      try merge.writeFull(
        to: output.path, elementType: elementType.elementType, replacing: output.replacing,
        progress: stage.handler)
    }
  }
}

/// What a merge has made.
public struct MergeResult: Sendable {
  /// What the folder holds.
  public let model: ModelInspection
  /// Whether the gates are as an initialisation makes them, so that routing tells nothing yet.
  public let hasUntrainedGates: Bool
}

/// Looks at the preprocessing that a written model inherits.
struct PreprocessingCheck {
  private let model: ModelFolder

  init(_ model: ModelFolder) { self.model = model }

  /// Warns when there is none, since only a suite with its own can be captured then.
  ///
  /// - Throws: `ImageError`, `ProbeSuiteError` when there is one that does not fit the tower.
  func run(_ examiner: Examiner) throws {
    let names = ["preprocessor_config.json", "processor_config.json"]
    let isThere = names.contains {
      FileManager.default.fileExists(
        atPath: (model.path as NSString).appendingPathComponent($0))
    }
    guard isThere else {
      return examiner.warn(
        "\(model.path) has no preprocessor_config.json: "
          + "the merge can be captured only over a suite that states its preprocessing")
    }
    _ = try ImagePreprocessor(ofModel: model.path, imageSize: model.configuration.imageSize)
  }
}
