import ModelMerging
import RoutedModels
import Tensors

/// A tower's parameters packed for a step, and the merge of its MLPs when it is a WEMoE.
///
/// Packing copies the parameters, so a model is made anew after every update of them; the frozen
/// parts of a WEMoE are packed once.
struct TowerModel: @unchecked Sendable {
  /// One encoder layer's packed maps.
  struct Layer: Sendable {
    let qkv: PackedLinear
    let out: PackedLinear
    let mlp: MLP
  }

  /// The two kinds of MLP.
  enum MLP: Sendable {
    case plain(fc1: PackedLinear, fc2: PackedLinear)
    case merged(fc1: MergedLinear, fc2: MergedLinear)
  }

  let shape: TrainableTowerShape
  let offsets: TowerLayout
  let store: ParameterStore
  let patches: PackedMatrix
  let projection: PackedLinear
  let layers: [Layer]
  let gates: PackedGates?

  var parameters: UnsafePointer<Float> { UnsafePointer(store.pointer) }

  /// Packs a tower; `mergedMLPs` replaces its MLPs.
  init(
    _ shape: TrainableTowerShape, _ store: ParameterStore, pool: WorkerPool,
    mergedMLPs: [MLP]? = nil, gates: PackedGates? = nil
  ) {
    let offsets = TowerLayout(shape)
    let shared = ConcurrentBuffer(base: store.pointer)
    self.shape = shape
    self.offsets = offsets
    self.store = store
    self.gates = gates
    patches = PackedMatrix(
      packing: store.pointer + offsets.patchEmbedding, rows: shape.width,
      columns: shape.patchValues)
    projection = PackedLinear(
      store.pointer + offsets.projection, outputs: shape.projection, inputs: shape.width)
    layers = pool.map(shape.layers) { index in
      let layer = offsets.layers[index]
      let width = shape.width
      let base = shared.base
      return Layer(
        qkv: PackedLinear(base + layer.qkvWeight, outputs: 3 * width, inputs: width),
        out: PackedLinear(base + layer.outWeight, outputs: width, inputs: width),
        mlp: mergedMLPs?[index]
          ?? .plain(
            fc1: PackedLinear(base + layer.mlp.fc1Weight, outputs: shape.mlpWidth, inputs: width),
            fc2: PackedLinear(base + layer.mlp.fc2Weight, outputs: width, inputs: shape.mlpWidth)))
    }
  }

  /// The same tower with other gates and MLPs; nothing of the tower is packed again.
  init(_ model: TowerModel, mergedMLPs: [MLP]?, gates: PackedGates) {
    shape = model.shape
    offsets = model.offsets
    store = model.store
    patches = model.patches
    projection = model.projection
    self.gates = gates
    guard let mergedMLPs else {
      layers = model.layers
      return
    }
    layers = zip(model.layers, mergedMLPs).map { Layer(qkv: $0.qkv, out: $0.out, mlp: $1) }
  }
}

/// The gates of a WEMoE packed for a step.
struct PackedGates: @unchecked Sendable {
  let layout: GateLayout
  let store: ParameterStore
  let depth: GateDepth
  let experts: Int
  let routing: RoutingMode
  /// The hidden maps of depth 2, an entry a layer.
  let hidden: [PackedLinear?]

  init(
    _ layout: GateLayout, _ store: ParameterStore, depth: GateDepth, experts: Int,
    routing: RoutingMode, width: Int, pool: WorkerPool
  ) {
    let shared = ConcurrentBuffer(base: store.pointer)
    self.layout = layout
    self.store = store
    self.depth = depth
    self.experts = experts
    self.routing = routing
    guard depth == .hidden else {
      hidden = layout.layers.map { _ in nil }
      return
    }
    let offsets = layout.layers.compactMap(\.hiddenWeight)
    hidden = pool.map(offsets.count) {
      PackedLinear(shared.base + offsets[$0], outputs: width, inputs: width)
    }
  }
}
