import ModelMerging
import RoutedModels
import Synchronization
import Tensors
import VisionTransformers

/// One layer's tokens of one batch, and what experts make of them.
struct ResponseStep {
  private let tokens: FloatStorage  // X, [S, T, D]
  private let origin: FloatStorage  // MLP(theta_0)(X), [S, T, D]
  private let samples: Int
  private let layer: Int
  private let configuration: VisionTowerConfiguration
  private let activation: Activation
  private let pool: WorkerPool
  private let kernels: Kernels

  /// Runs the base model's MLP.
  ///
  /// - Throws: the source's errors.
  init(
    _ tokens: FloatStorage, samples: Int, layer: Int, base: any TensorSource,
    _ configuration: VisionTowerConfiguration, _ activation: Activation, pool: WorkerPool,
    kernels: Kernels
  ) throws {
    self.tokens = tokens
    self.samples = samples
    self.layer = layer
    self.configuration = configuration
    self.activation = activation
    self.pool = pool
    self.kernels = kernels
    let width = configuration.tokenCount * configuration.hiddenSize
    let origin = FloatStorage(count: samples * width)
    self.origin = origin
    let mlp = DenseMLP(
      try MLPWeights(base, layer: layer, configuration), activation: activation)
    pool.split(samples) { _, range in
      Self.run(
        mlp, tokens.pointer + range.lowerBound * width, samples: range.count, configuration,
        kernels, into: origin.pointer + range.lowerBound * width)
      withExtendedLifetime((tokens, origin)) {}
    }
  }

  private static func run(
    _ mlp: DenseMLP, _ tokens: UnsafePointer<Float>, samples: Int,
    _ configuration: VisionTowerConfiguration, _ kernels: Kernels,
    into output: UnsafeMutablePointer<Float>
  ) {
    guard samples > 0 else { return }
    let T = configuration.tokenCount
    let scratch = FloatStorage(count: mlp.scratchCount(samples: samples, tokens: T))
    let routing = FloatStorage(count: 1)
    withExtendedLifetime((scratch, routing)) {
      mlp.forward(
        tokens, samples: samples, tokens: T, addingTo: output, scratch: scratch.pointer,
        routing: RoutingOutput(logits: routing.pointer, weights: routing.pointer),
        kernels: kernels)
    }
  }

  /// Adds the batch's inner products to the sums of all pairs.
  ///
  /// - Parameters:
  ///   - firstSample: the place of the batch's first image, by which images are put into blocks.
  ///   - sums: `[blocks][pairs]`.
  /// - Throws: the sources' errors; ``ResponseError/nonFiniteResponse(expert:layer:)``.
  func add(
    _ comparison: Comparison, firstSample: Int, to sums: inout [[Double]]
  ) throws {
    let responses = try self.responses(of: comparison.members)
    let stride = configuration.tokenCount * configuration.hiddenSize
    let pairs = comparison.set.pairs
    let partial = Mutex([[Double]](repeating: [], count: samples))
    pool.split(samples) { _, range in
      let products = InnerProducts(
        members: comparison.members.count, width: configuration.hiddenSize)
      defer { products.deallocate() }
      for sample in range {
        var own = [Double](repeating: 0, count: pairs.count)
        products.add(
          responses.pointer + sample * stride, tokens: configuration.tokenCount,
          stride: samples * stride, pairs: pairs, into: &own)
        let finished = own
        partial.withLock { $0[sample] = finished }
      }
      withExtendedLifetime(responses) {}
    }
    for (place, sample) in partial.withLock({ $0 }).enumerated() {
      if let index = sample.firstIndex(where: { !$0.isFinite }) {
        let name = comparison.members[pairs[index].0].name
        throw ResponseError.nonFiniteResponse(expert: name, layer: layer)
      }
      let block = (firstSample + place) % sums.count
      for index in pairs.indices { sums[block][index] += sample[index] }
    }
  }

  /// The responses of all members, `[members, S, T, D]`.
  private func responses(of members: [ExpertTower]) throws -> FloatStorage {
    let count = origin.count
    let responses = FloatStorage(count: members.count * count)
    let failure = Mutex<(index: Int, error: any Error)?>(nil)
    pool.split(members.count) { _, range in
      for index in range {
        do {
          try respond(members[index], into: responses.pointer + index * count)
        } catch {
          failure.withLock { if $0.map({ index < $0.index }) ?? true { $0 = (index, error) } }
          return
        }
      }
      withExtendedLifetime(responses) {}
    }
    if let failure = failure.withLock({ $0 }) { throw failure.error }
    return responses
  }

  private func respond(
    _ expert: ExpertTower, into response: UnsafeMutablePointer<Float>
  ) throws {
    let mlp = DenseMLP(
      try MLPWeights(expert.tensors, layer: layer, configuration),
      activation: activation)
    Self.run(mlp, tokens.pointer, samples: samples, configuration, kernels, into: response)
    for index in 0..<origin.count { response[index] -= origin.pointer[index] }
    withExtendedLifetime((tokens, origin)) {}
  }
}
