import Tensors

/// One sample of a shard: which head classifies it, as what, and its share of the loss.
struct ShardSample: Sendable {
  let head: Int
  let target: SampleTarget
  let share: Double
}

/// Where a shard adds its gradients; what is absent is frozen.
struct GradientTargets {
  var tower: UnsafeMutablePointer<Float>?
  var gates: UnsafeMutablePointer<Float>?
  var taskVectors: (pointer: UnsafeMutablePointer<Float>, layout: TaskVectorLayout)?
}

/// Forward and backward of a micro-shard on one thread.
///
/// The order of every sum depends on the shard's samples alone, so a shard gives the same bits on
/// any thread and next to any other shard.
struct ShardPass {
  let kernels: Kernels
  let model: TowerModel
  let heads: [ZeroShotHead]
  let objective: Objective
  let memory: ShardMemory
  let targets: GradientTargets

  var shape: TrainableTowerShape { model.shape }
  var width: Int { shape.width }

  /// Runs the shard whose images are `pixels` `[samples, 3, H, W]`.
  ///
  /// - Returns: each sample's loss, not multiplied by its share.
  func run(_ pixels: UnsafePointer<Float>, _ samples: [ShardSample]) -> [Double] {
    precondition(samples.count <= memory.capacity, "a shard fits its memory")
    forward(pixels, samples: samples.count)
    pool(samples: samples.count)
    let losses = classify(samples)
    backwardPool(samples: samples.count)
    backward(samples: samples.count)
    return losses
  }

  /// Whether a layer computes only the class tokens after its attention.
  ///
  /// Nothing else of the last layer reaches the feature, which saves a plain tower three quarters
  /// of that layer. A WEMoE's gate reads every token, so there all are kept.
  func keepsClassTokensOnly(layer index: Int) -> Bool {
    index == shape.layers - 1 && model.gates == nil
  }

  /// Rows that a layer has after its attention.
  func rowsAfterAttention(layer index: Int, samples: Int) -> Int {
    keepsClassTokensOnly(layer: index) ? samples : samples * shape.tokens
  }

  /// Copies the class tokens of `tokens` `[S, T, D]` to `rows` `[S, D]`, which may start at the same
  /// address.
  func gatherClassTokens(
    _ tokens: UnsafePointer<Float>, samples: Int, into rows: UnsafeMutablePointer<Float>
  ) {
    for sample in 0..<samples {
      (rows + sample * width).update(
        from: tokens + sample * shape.tokens * width, count: width)
    }
  }

  /// Spreads `[S, D]` to class tokens `[S, T, D]` in place; the other tokens become zero.
  func scatterClassTokens(_ rows: UnsafeMutablePointer<Float>, samples: Int) {
    // From the last sample down, so that no row is overwritten before it has moved.
    for sample in (0..<samples).reversed() {
      let target = rows + sample * shape.tokens * width
      target.update(from: rows + sample * width, count: width)
      (target + width).update(repeating: 0, count: (shape.tokens - 1) * width)
    }
  }

  func norm(_ weight: Int, _ bias: Int) -> LayerNormPass {
    LayerNormPass(
      kernels: kernels, width: width, epsilon: shape.epsilon,
      scale: model.parameters + weight, shift: model.parameters + bias)
  }

  /// Where the gradients of a layer norm go; those of a frozen one are thrown away.
  func normGradients(
    _ weight: Int, _ bias: Int
  ) -> (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>) {
    guard let tower = targets.tower else {
      return (memory.discarded.pointer, memory.discarded.pointer + width)
    }
    return (tower + weight, tower + bias)
  }

  func linearGradient(_ weight: Int, _ bias: Int?) -> LinearGradient? {
    targets.tower.map { tower in
      LinearGradient(weight: tower + weight, bias: bias.map { tower + $0 })
    }
  }
}
