import Checkpoints
import Diagnostics
import Foundation
import ModelFamilies
import RoutedModels
import Tensors
import VisionTransformers

/// A merge to be written: base, experts and gates, opened and checked against each other.
public struct Merge: Sendable {
  /// An expert by name and folder.
  public struct Expert: Sendable, Hashable {
    /// The name by which verdicts will call it.
    public let name: String
    /// The folder of its checkpoint.
    public let path: String

    /// An expert of that name in that folder.
    public init(name: String, path: String) {
      self.name = name
      self.path = path
    }
  }

  /// Where the gates come from.
  public enum Gates: Sendable {
    /// Trained gates in a file.
    case file(GateFile)
    /// Freshly initialised.
    case fresh(GateInitialization)
  }

  /// What the merged model will be.
  public let mixture: MixtureConfiguration
  let configuration: VisionTowerConfiguration
  let basePath: String
  let experts: [Expert]
  let base: CheckpointTensors
  let expertTensors: [CheckpointTensors]
  let gates: Gates

  /// Opens the parts and checks that they fit together.
  ///
  /// - Parameters:
  ///   - reusingGates: take the gates by position although they were trained for other experts, as
  ///     somebody does who swaps an expert under a router.
  ///   - scalingCoefficient: lambda; by default what the gates file says, else 0.3.
  ///   - routing: by default what the gates file says, else softmax.
  /// - Throws: ``MergeError``, `CheckpointError`, `VisionModelError`.
  public init(
    base basePath: String, experts: [Expert], gates: Gates, reusingGates: Bool = false,
    scalingCoefficient: Float? = nil, routing: RoutingMode? = nil
  ) throws {
    guard !experts.isEmpty else { throw MergeError.noExperts }
    var seen: Set<String> = []
    for expert in experts where !seen.insert(expert.name).inserted {
      throw MergeError.duplicateExpert(name: expert.name)
    }
    configuration = try ModelFamilies.configuration(ofFolder: basePath)
    for expert in experts { try Self.check(expert, against: configuration) }
    self.basePath = basePath
    self.experts = experts
    self.gates = gates
    let base = try CheckpointTensors(towerIn: basePath, configuration)
    self.base = base
    let shape = configuration
    expertTensors = try experts.map {
      try CheckpointTensors(towerIn: $0.path, shape, base: base)
    }

    var stated: GateFile?
    if case .file(let file) = gates { stated = file }
    let names = experts.map(\.name)
    if let stated, let trained = stated.experts, trained != names, !reusingGates {
      throw MergeError.gateExpertsMismatch(
        file: stated.tensors.path, expected: names, actual: trained)
    }
    let scaling = scalingCoefficient ?? stated?.scalingCoefficient ?? 0.3
    guard scaling.isFinite else { throw MergeError.scalingNotFinite(value: scaling) }
    mixture = MixtureConfiguration(
      experts: names, routing: routing ?? stated?.routing ?? .softmax, scalingCoefficient: scaling,
      gateDepth: try Self.depth(of: gates), recipe: nil)
    if let stated { try checkShapes(of: stated.tensors) }
  }

  private static func depth(of gates: Gates) throws(MergeError) -> Int {
    switch gates {
    case .fresh(let initialization): return initialization.depth
    case .file(let file):
      guard let depth = GateDepth(of: file.tensors, layer: 0) else {
        throw .missingGate(file: file.tensors.path, layer: 0)
      }
      return depth.rawValue
    }
  }

  package static func check(_ expert: Expert, against base: VisionTowerConfiguration) throws {
    // A file of weights has the base model's; its shapes are checked when it is opened.
    guard let own = try ModelFamilies.statedConfiguration(ofModel: expert.path) else { return }
    guard let difference = base.difference(from: own) else { return }
    throw MergeError.configurationMismatch(
      expert: expert.name, file: (expert.path as NSString).appendingPathComponent("config.json"),
      key: difference.key, expected: difference.expected, actual: difference.actual)
  }

  private func checkShapes(of gates: CheckpointTensors) throws(MergeError) {
    for tensor in gateTensors() {
      guard let found = gates.descriptor(of: tensor.role) else {
        throw .missingGate(file: gates.path, layer: tensor.role.layer ?? 0)
      }
      guard found.shape == tensor.shape else {
        throw .gateShapeMismatch(
          file: gates.path, tensor: gates.name(of: tensor.role), expected: tensor.shape,
          actual: found.shape)
      }
    }
  }

  /// Refuses weights that a forward pass would refuse later.
  func requireFiniteWeights() throws {
    for tensors in [base] + expertTensors {
      let wanted = configuration.towerTensors.filter { tensors.contains($0.role) }
      _ = try WorkerPool().map(wanted.count) { index in
        _ = try tensors.tensor(wanted[index].role, shape: wanted[index].shape)
      }
    }
  }

  /// All gates of the merge.
  func gateTensors() -> [RoleShape] {
    configuration.gateTensors(depth: mixture.gateDepth, expertCount: experts.count)
  }
}

extension VisionTowerConfiguration {
  /// The gates of all layers of a merge.
  func gateTensors(depth: Int, expertCount E: Int) -> [RoleShape] {
    let depth = GateDepth(rawValue: depth) ?? .hidden
    return (0..<hiddenLayerCount).flatMap {
      depth.tensors(layer: $0, width: hiddenSize, expertCount: E)
    }
  }
}

extension CheckpointTensors {
  /// Opens a plain tower's weights and checks that all that a forward pass needs is there.
  ///
  /// - Parameter base: gives the projection to an expert that was saved without it.
  /// - Throws: `ModelFamilyError`, `CheckpointError`.
  init(
    towerIn path: String, _ configuration: VisionTowerConfiguration,
    base: CheckpointTensors? = nil
  ) throws {
    let tensors = try CheckpointTensors(
      ModelFamilies.checkpoint(ofModel: path), configuration.names)
    self = base.map { tensors.borrowing(from: $0) } ?? tensors
    try require(
      configuration.towerTensors.filter { !$0.role.isOptional || contains($0.role) })
  }
}
