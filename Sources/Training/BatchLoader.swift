import Dispatch
import Tensors

/// One sample of a batch: which task's data, and which sample of it.
struct BatchItem: Sendable, Equatable {
  let task: Int
  let index: Int
}

/// Decodes the next batch on other threads while the present one is computed with.
///
/// Decoding can only change when pixels arrive, never what they are. A failure is reported for
/// the first sample of the batch that has one, whichever thread met it first.
final class BatchLoader {
  private let sources: [any TrainingData]
  private let pixelCount: Int
  private let threads: Int
  private var pending: Pending?

  init(_ sources: [any TrainingData], pixelCount: Int, threads: Int) {
    self.sources = sources
    self.pixelCount = pixelCount
    self.threads = threads
  }

  /// The pixels of `items`, which are valid until the next call; starts decoding `next`.
  func pixels(of items: [BatchItem], then next: [BatchItem]?) throws -> FloatStorage {
    let ready = pending?.items == items ? pending : nil
    pending = nil
    let batch = try (ready ?? start(items)).wait()
    if let next { pending = start(next) }
    return batch
  }

  private func start(_ items: [BatchItem]) -> Pending {
    let batch = Pending(
      items, sources: sources, pixelCount: pixelCount,
      memory: FloatStorage(count: items.count * pixelCount))
    batch.start(threads: threads)
    return batch
  }

  /// A batch that is being decoded.
  private final class Pending: @unchecked Sendable {
    let items: [BatchItem]
    private let sources: [any TrainingData]
    private let pixelCount: Int
    private let memory: FloatStorage
    private let group = DispatchGroup()
    /// One a sample, each written by the thread that decodes the sample, read after the group.
    private let failures: UnsafeMutableBufferPointer<(any Error)?>

    init(
      _ items: [BatchItem], sources: [any TrainingData], pixelCount: Int, memory: FloatStorage
    ) {
      self.items = items
      self.sources = sources
      self.pixelCount = pixelCount
      self.memory = memory
      failures = .allocate(capacity: items.count)
      failures.initialize(repeating: nil)
    }

    deinit {
      failures.deinitialize()
      failures.deallocate()
    }

    func start(threads: Int) {
      for worker in 0..<threads {
        DispatchQueue.global().async(group: group) { [self] in
          for sample in stride(from: worker, to: items.count, by: threads) { decode(sample) }
        }
      }
    }

    func wait() throws -> FloatStorage {
      group.wait()
      if let failure = failures.lazy.compactMap({ $0 }).first { throw failure }
      return memory
    }

    private func decode(_ sample: Int) {
      let item = items[sample]
      do {
        try sources[item.task].pixels(
          of: item.index, into: memory.pointer + sample * pixelCount)
      } catch {
        failures[sample] = error
      }
    }
  }
}
