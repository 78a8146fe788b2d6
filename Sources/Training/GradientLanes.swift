import Tensors

/// Runs micro-shards on threads and sums their gradients in an order that no thread decides.
///
/// Shard number i of a step goes to lane i mod lanes; a lane adds its shards in their order, and
/// the optimiser adds the lanes in theirs.
final class GradientLanes {
  private let kernels: Kernels
  private let pool: WorkerPool
  private let shardSize: Int
  private let objective: Objective
  private let heads: [ZeroShotHead]
  private let memories: [ShardMemory]
  /// The sums `[lanes][stores]`.
  let gradients: [[FloatStorage]]
  private var shardsSoFar = 0

  init(
    _ model: TowerModel, storeCounts: [Int], heads: [ZeroShotHead], objective: Objective,
    settings: TrainingSettings, pool: WorkerPool
  ) {
    self.pool = pool
    self.heads = heads
    self.objective = objective
    shardSize = settings.shardSize
    kernels = Kernels(settings.instructions ?? .best)
    let classes = heads.map(\.classes).max() ?? 1
    memories = (0..<min(pool.threads, settings.lanes)).map { _ in
      ShardMemory(model, capacity: settings.shardSize, classes: classes)
    }
    gradients = (0..<settings.lanes).map { _ in
      storeCounts.map { FloatStorage(count: max($0, 1)) }
    }
  }

  /// Sets every gradient to zero; the next shard is number 0.
  func reset() {
    shardsSoFar = 0
    let gradients = gradients
    pool.split(gradients.count) { _, lanes in
      for storage in lanes.flatMap({ gradients[$0] }) {
        storage.pointer.update(repeating: 0, count: storage.count)
      }
    }
  }

  /// The gradients of a store, one pointer a lane, in the order in which they are to be added.
  func gradients(ofStore store: Int) -> [UnsafePointer<Float>] {
    gradients.map { UnsafePointer($0[store].pointer) }
  }

  /// Adds the gradients of `samples`, whose images are `pixels` `[samples, 3, H, W]`.
  ///
  /// - Returns: every sample's loss, not multiplied by its share.
  func accumulate(
    _ model: TowerModel, pixels: FloatStorage, samples: [ShardSample],
    targets: @Sendable ([FloatStorage]) -> GradientTargets
  ) -> [Double] {
    let starts = Array(stride(from: 0, to: samples.count, by: shardSize))
    let first = shardsSoFar
    shardsSoFar += starts.count
    let laneCount = gradients.count
    // Only lanes that get a shard are shared out: with fewer shards than lanes, the first worker
    // would otherwise do all the work.
    let busy = (0..<min(starts.count, laneCount)).map { (first + $0) % laneCount }
    let memories = memories
    var losses = [Double](repeating: 0, count: samples.count)
    losses.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      let shared = ConcurrentBuffer(base: base)
      let pieces = WorkerPool(threads: memories.count)
      pieces.split(busy.count) { [kernels, heads, objective, shardSize, gradients] worker, part in
        for lane in busy[part] {
          let pass = ShardPass(
            kernels: kernels, model: model, heads: heads, objective: objective,
            memory: memories[worker], targets: targets(gradients[lane]))
          for (shard, start) in starts.enumerated() where (first + shard) % laneCount == lane {
            let end = min(start + shardSize, samples.count)
            let own = pass.run(
              pixels.pointer + start * model.shape.pixelCount, Array(samples[start..<end]))
            for (offset, loss) in own.enumerated() { shared.base[start + offset] = loss }
          }
        }
      }
    }
    return losses
  }
}
