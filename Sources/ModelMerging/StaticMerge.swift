import Checkpoints
import Diagnostics
import Documents
import Files
import Foundation
import ModelFamilies
import RoutedModels
import VisionTransformers

/// A merge into one plain tower, which has no router: what mixtures are compared with.
public struct StaticMerge: Sendable {
  /// How weights are combined.
  public enum Method: String, Sendable, CaseIterable {
    /// Base plus scaled sum of task vectors: ``TaskArithmetic``.
    case taskArithmetic = "task-arithmetic"
    /// The mean of the experts: ``WeightAverage``.
    case weightAverage = "weight-average"
    /// Trimmed, sign-elected, disjoint mean: ``TIESMerge``.
    case ties

    /// lambda where none is given: 0.3 for task arithmetic (Ilharco et al.), 1 for TIES (Yadav et
    /// al.); averaging has none.
    public var defaultScaling: Float? {
      switch self {
      case .taskArithmetic: 0.3
      case .weightAverage: nil
      case .ties: 1
      }
    }
  }

  /// The share of a task vector that TIES keeps where none is given.
  public static let defaultKeptShare = 0.2

  /// How weights are combined.
  public let method: Method
  private let configuration: VisionTowerConfiguration
  private let basePath: String
  private let names: [String]
  private let base: CheckpointTensors
  private let experts: [CheckpointTensors]
  private let scaling: Float?
  private let keptShare: Double

  /// Opens the parts and checks that they fit together.
  ///
  /// - Parameters:
  ///   - scalingCoefficient: lambda; the method's own default when `nil`.
  ///   - keptShare: of TIES.
  /// - Throws: ``MergeError``, `CheckpointError`, `VisionModelError`.
  public init(
    _ method: Method, base basePath: String, experts: [Merge.Expert],
    scalingCoefficient: Float? = nil, keptShare: Double = defaultKeptShare
  ) throws {
    guard !experts.isEmpty else { throw MergeError.noExperts }
    var seen: Set<String> = []
    for expert in experts where !seen.insert(expert.name).inserted {
      throw MergeError.duplicateExpert(name: expert.name)
    }
    if let scalingCoefficient, !scalingCoefficient.isFinite {
      throw MergeError.scalingNotFinite(value: scalingCoefficient)
    }
    configuration = try ModelFamilies.configuration(ofFolder: basePath)
    for expert in experts { try Merge.check(expert, against: configuration) }
    self.method = method
    self.basePath = basePath
    self.keptShare = keptShare
    names = experts.map(\.name)
    let base = try CheckpointTensors(towerIn: basePath, configuration)
    self.base = base
    let shape = configuration
    self.experts = try experts.map {
      try CheckpointTensors(towerIn: $0.path, shape, base: base)
    }
    scaling = method.defaultScaling.map { scalingCoefficient ?? $0 }
  }

  /// Writes the merged tower under the family's names.
  ///
  /// - Parameter elementType: F32, F16 or BF16.
  /// - Throws: `CheckpointError`, `FileError`, ``MergeError/trimOutOfRange(value:)``.
  public func write(
    to path: String, elementType: ElementType = .f32, replacing: Bool,
    progress: ProgressHandler? = nil
  ) throws {
    let tensors = self.tensors
    let source = try source(tensors)
    let folder = try OutputFolder(path: path, replacing: replacing)
    let writer = try SafetensorsWriter(
      path: folder.path(of: "model.safetensors"),
      tensors: tensors.map {
        TensorSpecification(
          name: base.name(of: $0.role), elementType: elementType, shape: $0.shape)
      },
      metadata: ["format": "pt"])
    let known = Dictionary(
      uniqueKeysWithValues: tensors.map { (base.name(of: $0.role), $0) })
    for (index, name) in writer.order.enumerated() {
      guard let tensor = known[name] else { continue }
      try writer.write(name, floats: try source.tensor(tensor.role, shape: tensor.shape))
      progress?(index + 1, writer.order.count)
    }
    try writer.commit()
    try writeConfiguration(elementType, to: folder)
    try ModelFolder(path: basePath).copyPreprocessor(to: folder)
    try folder.commit()
  }

  /// Every tensor of the tower; one saved without its projection has none.
  private var tensors: [RoleShape] {
    configuration.towerTensors.filter { base.contains($0.role) }
  }

  private func source(_ tensors: [RoleShape]) throws -> any TensorSource {
    switch method {
    case .taskArithmetic:
      TaskArithmetic(base: base, experts: experts, scalingCoefficient: scaling ?? 0)
    case .weightAverage: WeightAverage(experts: experts)
    case .ties:
      try TIESMerge(
        base: base, experts: experts, tensors: tensors, keptShare: keptShare,
        scalingCoefficient: scaling ?? 0)
    }
  }

  /// The base model's `config.json` with a `merge` section that says how this model was made.
  private func writeConfiguration(_ elementType: ElementType, to folder: OutputFolder) throws {
    let file = (basePath as NSString).appendingPathComponent("config.json")
    var keys = try StrictJSON.decode([String: JSONValue].self, contentsOf: file)
    var section: [String: JSONValue] = [
      "method": .string(method.rawValue),
      "base": .string("\(try base.checkpoint.digest())"),
      "experts": .array(
        try zip(names, experts).map { name, expert in
          .object([
            "name": .string(name), "sha256": .string("\(try expert.checkpoint.digest())"),
          ])
        }),
    ]
    if let scaling { section["scaling_coefficient"] = try JSONValue(encoding: scaling) }
    if method == .ties { section["kept_share"] = .number(keptShare) }
    keys["merge"] = .object(section)
    keys.state(elementType)
    try JSONValue.object(keys).write(to: folder.path(of: "config.json"))
  }
}
