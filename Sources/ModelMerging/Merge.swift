import Checkpoints
import Diagnostics
import Foundation
import RoutedModels
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
    configuration = try VisionTowerConfiguration(
      contentsOf: (basePath as NSString).appendingPathComponent("config.json"))
    for expert in experts { try Self.check(expert, against: configuration) }
    self.basePath = basePath
    self.experts = experts
    self.gates = gates
    base = try CheckpointTensors(Checkpoint(path: basePath))
    expertTensors = try experts.map { try CheckpointTensors(Checkpoint(path: $0.path)) }

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
      let name = "vision_model.encoder.layers.0.mlp.gate"
      guard let depth = Gate.depth(file.tensors, under: name) else {
        throw .missingGate(file: file.tensors.path, layer: 0)
      }
      return depth
    }
  }

  static func check(_ expert: Expert, against base: VisionTowerConfiguration) throws {
    let file = (expert.path as NSString).appendingPathComponent("config.json")
    let own = try VisionTowerConfiguration(contentsOf: file)
    let pairs: [(String, String, String)] = [
      ("hidden_size", "\(base.hiddenSize)", "\(own.hiddenSize)"),
      ("intermediate_size", "\(base.intermediateSize)", "\(own.intermediateSize)"),
      ("num_hidden_layers", "\(base.hiddenLayerCount)", "\(own.hiddenLayerCount)"),
      ("num_attention_heads", "\(base.attentionHeadCount)", "\(own.attentionHeadCount)"),
      ("image_size", "\(base.imageSize)", "\(own.imageSize)"),
      ("patch_size", "\(base.patchSize)", "\(own.patchSize)"),
      ("projection_dim", "\(base.projectionSize)", "\(own.projectionSize)"),
      ("hidden_act", base.hiddenActivation, own.hiddenActivation),
      ("layer_norm_eps", "\(base.layerNormEpsilon)", "\(own.layerNormEpsilon)"),
    ]
    for (key, expected, actual) in pairs where expected != actual {
      throw MergeError.configurationMismatch(
        expert: expert.name, file: file, key: key, expected: expected, actual: actual)
    }
  }

  private func checkShapes(of gates: CheckpointTensors) throws(MergeError) {
    for tensor in gateTensors() {
      guard let found = gates.checkpoint.descriptor(of: gates.prefix + tensor.name) else {
        let layer = tensor.name.split(separator: ".").compactMap { Int($0) }.first ?? 0
        throw .missingGate(file: gates.path, layer: layer)
      }
      guard found.shape == tensor.shape else {
        throw .gateShapeMismatch(
          file: gates.path, tensor: tensor.name, expected: tensor.shape, actual: found.shape)
      }
    }
  }

  /// Names and shapes of all gates of the merge.
  func gateTensors() -> [NamedShape] {
    Self.gateTensors(configuration, depth: mixture.gateDepth, expertCount: experts.count)
  }

  /// Names and shapes of the gates of all layers of a tower.
  static func gateTensors(
    _ configuration: VisionTowerConfiguration, depth: Int, expertCount E: Int
  ) -> [NamedShape] {
    let D = configuration.hiddenSize
    return (0..<configuration.hiddenLayerCount).flatMap { layer in
      let name = "vision_model.encoder.layers.\(layer).mlp.gate"
      func linear(_ part: String, _ rows: Int) -> [NamedShape] {
        [
          NamedShape(name: "\(name).\(part).weight", shape: [rows, D]),
          NamedShape(name: "\(name).\(part).bias", shape: [rows]),
        ]
      }
      return switch depth {
      case 0: [NamedShape(name: "\(name).weight", shape: [E])]
      case 1: linear("fc", E)
      default: linear("fc1", D) + linear("fc2", E)
      }
    }
  }
}
