import Tensors

/// One micro-shard's activations and scratch.
///
/// Allocated once a thread and used for every shard; nothing in it outlives a shard.
final class ShardMemory: @unchecked Sendable {
  /// What one encoder layer remembers, with R = samples * T.
  struct Layer {
    /// Input of the layer `[R, D]`.
    let input: FloatStorage
    let norm1: LayerNormMemory
    /// After the first layer norm `[R, D]`.
    let normed1: FloatStorage
    /// q, k and v `[R, 3D]`.
    let qkv: FloatStorage
    /// The attention's `[S, H, T, T]`.
    let probabilities: FloatStorage
    /// Heads side by side `[R, D]`.
    let attended: FloatStorage
    /// After the attention's residual `[R, D]`.
    let middle: FloatStorage
    let norm2: LayerNormMemory
    /// After the second layer norm `[R, D]`.
    let normed2: FloatStorage
    let mlp: MLPMemory
    let gate: GateMemory?
  }

  /// Most samples a shard can have.
  let capacity: Int
  /// Unfolded images `[S, patches, patchValues]`.
  let patches: FloatStorage
  /// Tokens before the first layer norm `[R, D]`.
  let embedded: FloatStorage
  let preNorm: LayerNormMemory
  let layers: [Layer]
  /// Output of the last layer `[R, D]`.
  let output: FloatStorage
  /// Class tokens before and after the last layer norm `[S, D]`.
  let classTokens, pooled: FloatStorage
  let postNorm: LayerNormMemory
  /// Features and their unit vectors `[S, projection]`.
  let features, units: FloatStorage
  let logits: FloatStorage

  /// Gradients of the residual stream and of a block's input or output `[R, D]`.
  let dStream, dBlock: FloatStorage
  let dQKV: FloatStorage
  let dHidden: FloatStorage
  let dProbabilities: FloatStorage
  let dUnits, dPooled, dClassTokens: FloatStorage
  let gateTokens, gateSamples, dWeights, merged: FloatStorage
  /// Takes the gradients of frozen layer norms.
  let discarded: FloatStorage

  init(_ model: TowerModel, capacity: Int, classes: Int) {
    let shape = model.shape
    let rows = capacity * shape.tokens
    let stream = rows * shape.width
    self.capacity = capacity
    patches = FloatStorage(count: capacity * shape.patches * shape.patchValues)
    embedded = FloatStorage(count: stream)
    preNorm = LayerNormMemory(rows: rows)
    layers = (0..<shape.layers).map { _ in
      Layer(shape, capacity: capacity, gates: model.gates)
    }
    output = FloatStorage(count: stream)
    classTokens = FloatStorage(count: capacity * shape.width)
    pooled = FloatStorage(count: capacity * shape.width)
    postNorm = LayerNormMemory(rows: capacity)
    features = FloatStorage(count: capacity * shape.projection)
    units = FloatStorage(count: capacity * shape.projection)
    logits = FloatStorage(count: capacity * classes)
    dStream = FloatStorage(count: stream)
    dBlock = FloatStorage(count: stream)
    dQKV = FloatStorage(count: 3 * stream)
    dHidden = FloatStorage(count: rows * shape.mlpWidth)
    dProbabilities = FloatStorage(count: shape.tokens * shape.tokens)
    dUnits = FloatStorage(count: capacity * shape.projection)
    dPooled = FloatStorage(count: capacity * shape.width)
    dClassTokens = FloatStorage(count: capacity * shape.width)
    let experts = model.gates?.experts ?? 0
    gateTokens = FloatStorage(count: model.gates == nil ? 1 : stream)
    gateSamples = FloatStorage(count: capacity * shape.width)
    dWeights = FloatStorage(count: max(capacity * experts, 1))
    merged = FloatStorage(
      count: model.gates == nil
        ? 1 : MergedMLPPass.scratchCount(width: shape.width, mlpWidth: shape.mlpWidth))
    discarded = FloatStorage(count: 2 * shape.width)
  }
}

extension ShardMemory.Layer {
  init(_ shape: TrainableTowerShape, capacity: Int, gates: PackedGates?) {
    let rows = capacity * shape.tokens
    let stream = rows * shape.width
    input = FloatStorage(count: stream)
    norm1 = LayerNormMemory(rows: rows)
    normed1 = FloatStorage(count: stream)
    qkv = FloatStorage(count: 3 * stream)
    probabilities = FloatStorage(count: capacity * shape.heads * shape.tokens * shape.tokens)
    attended = FloatStorage(count: stream)
    middle = FloatStorage(count: stream)
    norm2 = LayerNormMemory(rows: rows)
    normed2 = FloatStorage(count: stream)
    mlp = MLPMemory(rows: rows, mlpWidth: shape.mlpWidth)
    gate = gates.map {
      GateMemory(
        samples: capacity, tokens: shape.tokens, width: shape.width, experts: $0.experts,
        depth: $0.depth)
    }
  }
}
