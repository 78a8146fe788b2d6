import ModelMerging
import RoutedModels
import VisionTransformers

/// The gate of one layer in memory, its last map as one row an expert.
///
/// Gates are small beside the experts: about D * D numbers a layer.
struct GateWeights: Sendable {
  /// The first of two maps: weight `[D, D]` and bias `[D]`; `nil` at depths 0 and 1.
  var hidden: (weight: [Float], bias: [Float])?
  /// The last map's row for every expert, `[E][D]`; rows are empty at depth 0.
  var rows: [[Float]]
  /// The last map's bias, or at depth 0 the constant logits, `[E]`.
  var biases: [Float]

  /// Reads the gates of all layers.
  ///
  /// - Throws: the source's errors when a tensor is missing or has another shape.
  static func read(
    _ source: any TensorSource, _ configuration: VisionTowerConfiguration, depth: Int,
    expertCount E: Int
  ) throws -> [GateWeights] {
    let D = configuration.hiddenSize
    return try (0..<configuration.hiddenLayerCount).map { layer in
      let name = gateName(layer)
      guard depth > 0 else {
        return GateWeights(
          hidden: nil, rows: Array(repeating: [], count: E),
          biases: try source.tensor("\(name).weight", shape: [E]))
      }
      let last = depth == 1 ? "fc" : "fc2"
      let weight = try source.tensor("\(name).\(last).weight", shape: [E, D])
      let hidden =
        depth == 1
        ? nil
        : (
          weight: try source.tensor("\(name).fc1.weight", shape: [D, D]),
          bias: try source.tensor("\(name).fc1.bias", shape: [D])
        )
      return GateWeights(
        hidden: hidden, rows: (0..<E).map { Array(weight[$0 * D..<($0 + 1) * D]) },
        biases: try source.tensor("\(name).\(last).bias", shape: [E]))
    }
  }

  /// Fresh gates of all layers, before any training.
  ///
  /// - Throws: `MergeError.unsupportedGateDepth`.
  static func fresh(
    _ configuration: VisionTowerConfiguration, depth: Int, expertCount E: Int, seed: UInt64
  ) throws -> [GateWeights] {
    let tensors = try GateInitialization(depth: depth, seed: seed)
      .tensors(configuration, expertCount: E)
    return try read(
      TensorsInMemory(tensors), configuration, depth: depth, expertCount: E)
  }

  /// The tensors under the names of a merged model.
  func tensors(layer: Int, width D: Int) -> [(tensor: NamedShape, values: [Float])] {
    let name = Self.gateName(layer)
    let E = biases.count
    guard rows.contains(where: { !$0.isEmpty }) else {
      return [(NamedShape(name: "\(name).weight", shape: [E]), biases)]
    }
    let last = hidden == nil ? "fc" : "fc2"
    var tensors = [
      (NamedShape(name: "\(name).\(last).weight", shape: [E, D]), rows.flatMap { $0 }),
      (NamedShape(name: "\(name).\(last).bias", shape: [E]), biases),
    ]
    if let hidden {
      tensors.append((NamedShape(name: "\(name).fc1.weight", shape: [D, D]), hidden.weight))
      tensors.append((NamedShape(name: "\(name).fc1.bias", shape: [D]), hidden.bias))
    }
    return tensors
  }

  private static func gateName(_ layer: Int) -> String {
    "\(EncoderTensors.name(ofLayer: layer)).mlp.gate"
  }
}

/// Tensors that were just made.
private struct TensorsInMemory: TensorSource {
  let values: [String: [Float]]
  var path: String { "fresh gates" }

  init(_ tensors: [(name: String, shape: [Int], values: [Float])]) {
    values = Dictionary(tensors.map { ($0.name, $0.values) }) { first, _ in first }
  }

  func contains(_ name: String) -> Bool { values[name] != nil }

  func tensor(_ name: String, shape: [Int]) throws -> [Float] {
    let found = values[name] ?? []
    precondition(found.count == shape.reduce(1, *), "fresh gates have the tensors of their depth")
    return found
  }
}
