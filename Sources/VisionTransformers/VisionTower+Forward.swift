import Tensors

/// The forward pass, in one place.
///
/// Samples are split over threads; a thread takes its samples through all layers with buffers of its
/// own. Fewer samples than threads go through together, and the threads share the columns of their
/// products. No sample's numbers depend on another sample or on the number of threads: every kernel works
/// row by row or sample by sample with a fixed order of additions.
extension VisionTower {
  /// Samples that one thread takes through the layers at once: enough rows to keep a product busy,
  /// few enough that the buffers stay in the cache.
  static let samplesPerStep = 16

  /// Runs preprocessed images through the tower.
  ///
  /// Shapes: `pixels` writes sample i as `[3, H, W]`; results are described at ``TowerOutputs``.
  ///
  /// - Parameters:
  ///   - sampleCount: S.
  ///   - memory: keeps the buffers for the next pass; only the first one then allocates.
  ///   - pixels: writes the pixels of one sample; called from several threads.
  /// - Throws: what `pixels` throws; of several failures the one of the first sample.
  public func forward(
    sampleCount: Int, request: TowerRequest = [.features, .routing], pool: WorkerPool,
    kernels: Kernels, memory: TowerMemory = TowerMemory(),
    pixels: @Sendable (_ sample: Int, _ destination: UnsafeMutablePointer<Float>) throws -> Void
  ) throws -> TowerOutputs {
    let results = TowerResults(self, sampleCount: sampleCount, request: request)
    let failures = FirstFailure()
    let splitsColumns = sampleCount < pool.threads
    let workers = splitsColumns ? WorkerPool(threads: 1) : pool
    let kernels = splitsColumns ? kernels.splittingColumns(over: pool) : kernels
    let memories = memory.buffers(
      of: self, workers: workers.threads,
      samples: (sampleCount + workers.threads - 1) / workers.threads)
    workers.split(sampleCount) { worker, range in
      let buffers = memories[worker]
      var start = range.lowerBound
      while start < range.upperBound {
        let step = start..<min(start + Self.samplesPerStep, range.upperBound)
        do {
          for (slot, sample) in step.enumerated() {
            try pixels(sample, buffers.pixels.pointer + slot * configuration.pixelCount)
          }
        } catch {
          failures.record(error, at: step.lowerBound)
          return
        }
        forward(step, buffers, kernels, into: results)
        start = step.upperBound
      }
    }
    try failures.rethrow()
    return results.outputs()
  }

  private func forward(
    _ step: Range<Int>, _ buffers: TowerBuffers, _ kernels: Kernels, into results: TowerResults
  ) {
    embedding.embed(
      buffers.pixels.pointer, samples: step.count, patches: buffers.patches.pointer,
      scratch: buffers.normalized.pointer, into: buffers.hidden.pointer, kernels: kernels)
    for (index, layer) in layers.enumerated() {
      normalize(layer.norm1, buffers.hidden, step.count, buffers.normalized, kernels)
      results.storeAttentionInputs(layer: index, of: step, buffers)
      attend(layer, step.count, buffers, kernels)
      normalize(layer.norm2, buffers.hidden, step.count, buffers.normalized, kernels)
      let routing = RoutingOutput(
        logits: buffers.logits.pointer, weights: buffers.weights.pointer)
      layer.feedForward.forward(
        buffers.normalized.pointer, samples: step.count, tokens: configuration.tokenCount,
        addingTo: buffers.hidden.pointer, scratch: buffers.feedForward.pointer, routing: routing,
        kernels: kernels)
      results.store(layer: index, of: step, buffers)
    }
    if results.request.contains(.features) { project(step, buffers, kernels, into: results) }
  }

  /// Attention over the tokens that were normalised.
  private func attend(
    _ layer: EncoderLayer, _ samples: Int, _ buffers: TowerBuffers, _ kernels: Kernels
  ) {
    let (D, T) = (configuration.hiddenSize, configuration.tokenCount)
    kernels.multiply(
      buffers.normalized.pointer, rows: samples * T, stride: D, by: layer.attentionInput,
      bias: layer.attentionInputBias.pointer, into: buffers.attentionInput.pointer, stride: 3 * D)
    for sample in 0..<samples {
      kernels.attention(
        qkv: buffers.attentionInput.pointer + sample * T * 3 * D, tokens: T, width: D,
        heads: configuration.attentionHeadCount, into: buffers.normalized.pointer + sample * T * D,
        scratch: buffers.attention.pointer)
    }
    kernels.multiply(
      buffers.normalized.pointer, rows: samples * T, stride: D, by: layer.attentionOutput,
      bias: layer.attentionOutputBias.pointer, accumulate: true, into: buffers.hidden.pointer,
      stride: D)
  }

  /// The last norm, and one feature a sample.
  private func project(
    _ step: Range<Int>, _ buffers: TowerBuffers, _ kernels: Kernels, into results: TowerResults
  ) {
    let (D, T) = (configuration.hiddenSize, configuration.tokenCount)
    if let attentionPooling {
      normalize(finalNorm, buffers.hidden, step.count, buffers.normalized, kernels)
      for (slot, sample) in step.enumerated() {
        attentionPooling.pool(
          buffers.normalized.pointer + slot * T * D, scratch: buffers.pooling.pointer,
          into: results.features.pointer + sample * D, kernels: kernels)
      }
    }
    guard let projection else { return }
    // Rows T * D apart are the class tokens.
    kernels.layerNorm(
      buffers.hidden.pointer, rows: step.count, width: D, stride: T * D,
      gamma: finalNorm.gamma.pointer, beta: finalNorm.beta.pointer,
      epsilon: configuration.layerNormEpsilon, into: buffers.normalized.pointer, stride: D)
    kernels.multiply(
      buffers.normalized.pointer, rows: step.count, stride: D, by: projection, bias: nil,
      into: results.features.pointer + step.lowerBound * projection.rows, stride: projection.rows)
  }

  private func normalize(
    _ norm: LayerNormWeights, _ source: FloatStorage, _ samples: Int, _ destination: FloatStorage,
    _ kernels: Kernels
  ) {
    kernels.layerNorm(
      source.pointer, rows: samples * configuration.tokenCount, width: configuration.hiddenSize,
      stride: configuration.hiddenSize, gamma: norm.gamma.pointer, beta: norm.beta.pointer,
      epsilon: configuration.layerNormEpsilon, into: destination.pointer)
  }
}
