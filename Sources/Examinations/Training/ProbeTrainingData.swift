import Probes
import Synchronization
import Training

/// Pixels that are decoded once, as long as they fit into a limit that several tasks share.
///
/// What does not fit is decoded each time it is asked for; only the time differs.
final class PixelCache: Sendable {
  /// 512 MiB of f32 pixels.
  static let defaultLimit = 512 << 20

  private struct State {
    var images: [[[Float]?]]
    var bytesLeft: Int
  }

  private let state: Mutex<State>

  /// An empty cache for tasks of these sizes.
  init(sampleCounts: [Int], byteLimit: Int = defaultLimit) {
    state = Mutex(
      State(images: sampleCounts.map { Array(repeating: nil, count: $0) }, bytesLeft: byteLimit))
  }

  func pixels(task: Int, sample: Int) -> [Float]? { state.withLock { $0.images[task][sample] } }

  func keep(_ pixels: [Float], task: Int, sample: Int) {
    let bytes = pixels.count * MemoryLayout<Float>.stride
    state.withLock { state in
      guard state.bytesLeft >= bytes, state.images[task][sample] == nil else { return }
      state.images[task][sample] = pixels
      state.bytesLeft -= bytes
    }
  }
}

/// A task's images as training asks for them.
final class ProbeTrainingData: TrainingData {
  private let images: TaskImages
  private let targets: [SampleTarget]
  private let cache: PixelCache
  private let task: Int

  /// - Parameter targets: one a sample; empty for training that needs none.
  init(_ images: TaskImages, targets: [SampleTarget], cache: PixelCache, task: Int) {
    self.images = images
    self.targets = targets
    self.cache = cache
    self.task = task
  }

  var count: Int { images.source.samples.count }

  func pixels(of index: Int, into pixels: UnsafeMutablePointer<Float>) throws {
    if let kept = cache.pixels(task: task, sample: index) {
      kept.withUnsafeBufferPointer { buffer in
        if let first = buffer.baseAddress { pixels.update(from: first, count: buffer.count) }
      }
      return
    }
    try images.write(index, into: pixels)
    let count = images.pixelCount
    cache.keep(
      Array(UnsafeBufferPointer(start: pixels, count: count)), task: task, sample: index)
  }

  func target(of index: Int) -> SampleTarget {
    precondition(targets.indices.contains(index), "targets are asked for only where needed")
    return targets[index]
  }
}
