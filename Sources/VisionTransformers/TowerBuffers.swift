import Synchronization
import Tensors

/// The memory in which one thread takes a few samples through the tower.
struct TowerBuffers: Sendable {
  let pixels: FloatStorage  // [S, 3, H, W]
  let patches: FloatStorage  // [S, GG, 3pp]
  let hidden: FloatStorage  // [S, T, D], the residual stream
  let normalized: FloatStorage  // [S, T, D]
  let attentionInput: FloatStorage  // [S, T, 3D]
  let attention: FloatStorage
  let feedForward: FloatStorage
  let logits: FloatStorage  // [S, E]
  let weights: FloatStorage  // [S, E]
  let pooling: FloatStorage

  init(_ tower: VisionTower, samples: Int) {
    let shape = tower.configuration
    let (D, T) = (shape.hiddenSize, shape.tokenCount)
    pixels = FloatStorage(count: samples * shape.pixelCount)
    patches = FloatStorage(count: samples * shape.patchCount * shape.patchElementCount)
    hidden = FloatStorage(count: samples * T * D)
    normalized = FloatStorage(count: samples * T * D)
    attentionInput = FloatStorage(count: samples * T * 3 * D)
    attention = FloatStorage(
      count: Kernels.attentionScratchCount(
        tokens: T, width: D, heads: shape.attentionHeadCount))
    let scratch = tower.layers.map { $0.feedForward.scratchCount(samples: samples, tokens: T) }
    feedForward = FloatStorage(count: scratch.max() ?? 0)
    logits = FloatStorage(count: max(1, samples * tower.expertCount))
    weights = FloatStorage(count: max(1, samples * tower.expertCount))
    pooling = FloatStorage(count: tower.attentionPooling?.scratchCount(tokens: T) ?? 0)
  }
}

/// The buffers of a tower's forward passes, kept between them.
///
/// One pass uses it at a time.
public final class TowerMemory: Sendable {
  private struct Kept {
    var samples = 0
    var buffers: [TowerBuffers] = []
  }

  private let kept = Mutex(Kept())

  /// Nothing yet; the first pass allocates.
  public init() {}

  /// Buffers for `samples` samples on each of `workers` threads.
  func buffers(of tower: VisionTower, workers: Int, samples: Int) -> [TowerBuffers] {
    let samples = min(samples, VisionTower.samplesPerStep)
    return kept.withLock { kept in
      if kept.samples < samples || kept.buffers.count < workers {
        kept.samples = max(kept.samples, samples)
        kept.buffers = (0..<max(kept.buffers.count, workers)).map { _ in
          TowerBuffers(tower, samples: kept.samples)
        }
      }
      return kept.buffers
    }
  }
}

/// Where all threads put their samples' results, each at its own place.
struct TowerResults {
  let request: TowerRequest
  let features: FloatStorage  // [S, P]
  private let hiddenStates: FloatStorage  // [L, S, D]
  private let routerLogits: FloatStorage  // [S, E, L]
  private let routingWeights: FloatStorage  // [S, E, L]
  private let mlpInputs: FloatStorage  // [L, S, T, D]
  private let attentionInputs: FloatStorage  // [L, S, T, D]
  private let sampleCount: Int
  private let shape: VisionTowerConfiguration
  private let expertCount: Int

  init(_ tower: VisionTower, sampleCount: Int, request: TowerRequest) {
    self.sampleCount = sampleCount
    shape = tower.configuration
    expertCount = tower.expertCount
    var request = request
    if !tower.hasFeatures { request.remove(.features) }
    if tower.expertCount == 0 { request.remove(.routing) }
    self.request = request
    func storage(_ wanted: TowerRequest, _ count: Int) -> FloatStorage {
      FloatStorage(count: request.contains(wanted) ? count : 0)
    }
    features = storage(.features, sampleCount * shape.projectionSize)
    hiddenStates = storage(.hiddenStates, shape.hiddenLayerCount * sampleCount * shape.hiddenSize)
    let routingCount = sampleCount * expertCount * shape.hiddenLayerCount
    routerLogits = storage(.routing, routingCount)
    routingWeights = storage(.routing, routingCount)
    let tokens = shape.hiddenLayerCount * sampleCount * shape.tokenCount * shape.hiddenSize
    mlpInputs = storage(.mlpInputs, tokens)
    attentionInputs = storage(.attentionInputs, tokens)
  }

  /// Keeps what goes into a layer's attention.
  func storeAttentionInputs(layer: Int, of step: Range<Int>, _ buffers: TowerBuffers) {
    guard request.contains(.attentionInputs) else { return }
    let count = shape.tokenCount * shape.hiddenSize
    (attentionInputs.pointer + (layer * sampleCount + step.lowerBound) * count)
      .update(from: buffers.normalized.pointer, count: step.count * count)
  }

  /// Keeps what a layer did to the samples of `step`.
  func store(layer: Int, of step: Range<Int>, _ buffers: TowerBuffers) {
    let (D, T, L) = (shape.hiddenSize, shape.tokenCount, shape.hiddenLayerCount)
    for (slot, sample) in step.enumerated() {
      if request.contains(.hiddenStates) {
        let state = hiddenStates.pointer + (layer * sampleCount + sample) * D
        let tokens = buffers.hidden.pointer + slot * T * D
        state.update(from: tokens, count: D)
        if !shape.hasClassToken { Self.average(tokens, count: T, width: D, into: state) }
      }
      if request.contains(.mlpInputs) {
        (mlpInputs.pointer + (layer * sampleCount + sample) * T * D)
          .update(from: buffers.normalized.pointer + slot * T * D, count: T * D)
      }
      guard request.contains(.routing) else { continue }
      for expert in 0..<expertCount {
        let place = (sample * expertCount + expert) * L + layer
        routerLogits.pointer[place] = buffers.logits.pointer[slot * expertCount + expert]
        routingWeights.pointer[place] = buffers.weights.pointer[slot * expertCount + expert]
      }
    }
  }

  /// The mean of the tokens, of which the first stands in `mean` already.
  private static func average(
    _ tokens: UnsafePointer<Float>, count: Int, width: Int,
    into mean: UnsafeMutablePointer<Float>
  ) {
    for token in 1..<max(count, 1) {
      for index in 0..<width { mean[index] += tokens[token * width + index] }
    }
    for index in 0..<width { mean[index] /= Float(count) }
  }

  func outputs() -> TowerOutputs {
    TowerOutputs(
      features: features.elements, hiddenStates: hiddenStates.elements,
      routerLogits: routerLogits.elements, routingWeights: routingWeights.elements,
      mlpInputs: mlpInputs.elements, attentionInputs: attentionInputs.elements)
  }
}

/// Of the failures on several threads, keeps the one of the earliest sample or layer.
final class FirstFailure: Sendable {
  private let first = Mutex<(place: Int, error: any Error)?>(nil)

  func record(_ error: any Error, at place: Int) {
    first.withLock { if $0.map({ place < $0.place }) ?? true { $0 = (place, error) } }
  }

  func rethrow() throws {
    if let failure = first.withLock({ $0 }) { throw failure.error }
  }
}
