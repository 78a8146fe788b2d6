import ModelMerging
import RoutedModels
import VisionTransformers

/// The gate of one layer in memory, its last map as one row an expert.
///
/// Gates are small beside the experts: about D * D numbers a layer.
struct GateWeights: Sendable {
  /// How many maps it has.
  let depth: GateDepth
  /// The first of two maps: weight `[D, D]` and bias `[D]`; `nil` at depths 0 and 1.
  var hidden: (weight: [Float], bias: [Float])?
  /// The last map's row for every expert, `[E][D]`; rows are empty at depth 0.
  var rows: [[Float]]
  /// The last map's bias, or at depth 0 the constant logits, `[E]`.
  var biases: [Float]

  /// A gate from its tensors.
  ///
  /// - Throws: what `values` throws.
  init(
    _ depth: GateDepth, layer: Int, width D: Int, expertCount E: Int,
    values: (RoleShape) throws -> [Float]
  ) rethrows {
    self.depth = depth
    hidden = nil
    rows = Array(repeating: [], count: E)
    biases = []
    var first: (weight: [Float], bias: [Float]) = ([], [])
    for tensor in depth.tensors(layer: layer, width: D, expertCount: E) {
      let values = try values(tensor)
      switch (tensor.role.component, tensor.role.kind) {
      case (.routerHidden, .weight): first.weight = values
      case (.routerHidden, .bias): first.bias = values
      case (.routerConstant, _), (_, .bias): biases = values
      default: rows = (0..<E).map { Array(values[$0 * D..<($0 + 1) * D]) }
      }
    }
    if depth == .hidden { hidden = first }
  }

  /// Reads the gates of all layers.
  ///
  /// - Throws: the source's errors when a tensor is missing or has another shape.
  static func read(
    _ source: any TensorSource, _ configuration: VisionTowerConfiguration, depth: Int,
    expertCount E: Int
  ) throws -> [GateWeights] {
    guard let depth = GateDepth(rawValue: depth) else {
      throw MergeError.unsupportedGateDepth(depth: depth)
    }
    return try (0..<configuration.hiddenLayerCount).map { layer in
      try GateWeights(depth, layer: layer, width: configuration.hiddenSize, expertCount: E) {
        try source.tensor($0.role, shape: $0.shape)
      }
    }
  }

  /// Fresh gates of all layers, before any training.
  ///
  /// - Throws: `MergeError.unsupportedGateDepth`.
  static func fresh(
    _ configuration: VisionTowerConfiguration, depth: Int, expertCount E: Int, seed: UInt64
  ) throws -> [GateWeights] {
    let (L, D) = (configuration.hiddenLayerCount, configuration.hiddenSize)
    let made = try GateInitialization(depth: depth, seed: seed)
      .tensors(layerCount: L, width: D, expertCount: E)
    let values = Dictionary(made.map { ($0.tensor, $0.values) }) { first, _ in first }
    return (0..<L).map { layer in
      GateWeights(
        GateDepth(rawValue: depth) ?? .hidden, layer: layer, width: D, expertCount: E
      ) { values[$0, default: []] }
    }
  }

  /// The tensors of the gate, the last map first.
  func tensors(layer: Int, width D: Int) -> [(tensor: RoleShape, values: [Float])] {
    let tensors = depth.tensors(layer: layer, width: D, expertCount: biases.count)
    let parts = tensors.map { tensor in
      let values: [Float] =
        switch (tensor.role.component, tensor.role.kind) {
        case (.routerHidden, .weight): hidden?.weight ?? []
        case (.routerHidden, .bias): hidden?.bias ?? []
        case (.routerConstant, _), (_, .bias): biases
        default: rows.flatMap { $0 }
        }
      return (tensor, values)
    }
    return parts.filter { $0.0.role.component != .routerHidden }
      + parts.filter { $0.0.role.component == .routerHidden }
  }
}
