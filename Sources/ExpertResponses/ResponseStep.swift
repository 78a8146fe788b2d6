import ModelMerging
import Synchronization
import Tensors
import VisionTransformers

/// One layer's tokens of one batch, and what experts make of them.
struct ResponseStep {
  private let part: ExpertPart
  private let tokens: FloatStorage  // X, [S, T, D]
  private let origin: FloatStorage  // f(theta_0)(X), [S, T, D]
  private let samples: Int
  private let layer: Int
  private let configuration: VisionTowerConfiguration
  private let activation: Activation
  private let pool: WorkerPool
  private let kernels: Kernels

  /// Runs the base model's block.
  ///
  /// - Parameter base: with its norms folded, as all experts are.
  /// - Throws: the source's errors.
  init(
    _ part: ExpertPart, _ tokens: FloatStorage, samples: Int, layer: Int, base: ExpertTower,
    _ activation: Activation, pool: WorkerPool, kernels: Kernels
  ) throws {
    self.part = part
    self.tokens = tokens
    self.samples = samples
    self.layer = layer
    configuration = base.configuration
    self.activation = activation
    self.pool = pool
    self.kernels = kernels
    let width = configuration.tokenCount * configuration.hiddenSize
    let origin = FloatStorage(count: samples * width)
    self.origin = origin
    let block = try ExpertBlock(part, of: base, layer: layer, activation: activation)
    pool.split(samples) { _, range in
      block.add(
        tokens.pointer + range.lowerBound * width, samples: range.count,
        to: origin.pointer + range.lowerBound * width, kernels)
      withExtendedLifetime((tokens, origin)) {}
    }
  }

  /// Adds the batch's inner products to the sums of all pairs.
  ///
  /// - Parameters:
  ///   - firstSample: the place of the batch's first image, by which images are put into blocks.
  ///   - sums: `[blocks][pairs]`.
  /// What an expert's response makes that is not finite stays among the products with that expert.
  ///
  /// - Throws: the sources' errors.
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
    let block = try ExpertBlock(part, of: expert, layer: layer, activation: activation)
    block.add(tokens.pointer, samples: samples, to: response, kernels)
    let width = configuration.hiddenSize
    for start in stride(from: 0, to: origin.count, by: width) {
      var sum = 0.0
      for index in start..<start + width {
        response[index] -= origin.pointer[index]
        sum += Double(response[index])
      }
      // One number for all channels is taken away by the next norm.
      let mean = Float(sum / Double(width))
      for index in start..<start + width { response[index] -= mean }
    }
    withExtendedLifetime((tokens, origin)) {}
  }
}
