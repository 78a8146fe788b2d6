import Dispatch
import Synchronization
import Tensors

/// Decodes and resizes the next batch of images on other threads while the present one is computed
/// with.
///
/// It can only change when pixels arrive, never what they are. A failure is reported for the first
/// image of its batch that has one, whichever thread met it first.
package final class ImageLoader {
  /// Writes the pixels of a row of the suite.
  package typealias Decoder =
    @Sendable (_ row: Int, _ pixels: UnsafeMutablePointer<Float>) throws -> Void

  private let pixelCount: Int
  private let threads: Int
  private let decode: Decoder
  private var pending: Batch?
  /// The memory of the batch before the present one.
  private var spare: FloatStorage?

  package init(pixelCount: Int, threads: Int, decode: @escaping Decoder) {
    self.pixelCount = pixelCount
    self.threads = threads
    self.decode = decode
  }

  /// The pixels of `rows`, one image after the other; starts decoding `next`.
  ///
  /// The pixels last until the next call, which has the batch after its own decoded into them.
  package func pixels(of rows: Range<Int>, then next: Range<Int>) throws -> FloatStorage {
    let batch = pending?.rows == rows ? pending : nil
    pending = nil
    let pixels = try (batch ?? start(rows)).wait()
    if !next.isEmpty { pending = start(next) }
    spare = pixels
    return pixels
  }

  private func start(_ rows: Range<Int>) -> Batch {
    let count = rows.count * pixelCount
    let pixels = spare.flatMap { $0.count >= count ? $0 : nil } ?? FloatStorage(count: count)
    spare = nil
    let batch = Batch(rows, pixels: pixels, pixelCount: pixelCount, decode: decode)
    batch.start(threads: threads)
    return batch
  }

  /// Images that are being decoded.
  private final class Batch: Sendable {
    let rows: Range<Int>
    private let pixels: FloatStorage
    private let pixelCount: Int
    private let decode: Decoder
    private let group = DispatchGroup()
    private let next = Atomic(0)
    private let failure = Mutex<(row: Int, error: any Error)?>(nil)

    init(
      _ rows: Range<Int>, pixels: FloatStorage, pixelCount: Int, decode: @escaping Decoder
    ) {
      self.rows = rows
      self.pixels = pixels
      self.pixelCount = pixelCount
      self.decode = decode
    }

    func start(threads: Int) {
      for _ in 0..<min(threads, rows.count) {
        DispatchQueue.global().async(group: group) { [self] in
          while let slot = takeSlot() { fill(slot) }
        }
      }
    }

    func wait() throws -> FloatStorage {
      group.wait()
      if let failure = failure.withLock({ $0 }) { throw failure.error }
      return pixels
    }

    private func takeSlot() -> Int? {
      let slot = next.add(1, ordering: .relaxed).oldValue
      return slot < rows.count ? slot : nil
    }

    private func fill(_ slot: Int) {
      let row = rows.lowerBound + slot
      do {
        try decode(row, pixels.pointer + slot * pixelCount)
      } catch {
        failure.withLock { if $0.map({ row < $0.row }) ?? true { $0 = (row, error) } }
      }
    }
  }
}
