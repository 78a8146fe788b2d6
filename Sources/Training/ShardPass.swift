import Tensors

/// One sample of a shard: which head classifies it, its label, and its share of the loss.
struct ShardSample: Sendable {
  let head: Int
  let label: Int
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
