import Tensors
import Testing

@Suite struct WorkerPoolTests {
  @Test(
    "pieces are contiguous, in order and cover the range", arguments: [1, 2, 3, 8],
    [0, 1, 2, 7, 100])
  func pieces(threads: Int, count: Int) {
    let pool = WorkerPool(threads: threads)
    // Each worker writes to its own slots, and every index is counted.
    let starts = FloatStorage([Float](repeating: -1, count: threads))
    let ends = FloatStorage([Float](repeating: -1, count: threads))
    let visits = FloatStorage(count: count)
    pool.split(count) { worker, range in
      starts.pointer[worker] = Float(range.lowerBound)
      ends.pointer[worker] = Float(range.upperBound)
      for index in range { visits.pointer[index] += 1 }
    }
    #expect(visits.elements.allSatisfy { $0 == 1 })
    let used = (0..<threads).filter { starts.pointer[$0] >= 0 }
    var next: Float = 0
    for worker in used {
      #expect(starts.pointer[worker] == next)
      next = ends.pointer[worker]
    }
    #expect(next == Float(count))
    #expect(used.count == min(threads, count))
  }

  @Test("a map keeps the order, and of several failures throws the first", arguments: [1, 2, 3, 8])
  func map(threads: Int) throws {
    struct Failure: Error, Equatable { let index: Int }
    let pool = WorkerPool(threads: threads)
    #expect(pool.map(10) { 3 * $0 } == (0..<10).map { 3 * $0 })
    #expect(pool.map(0) { $0 }.isEmpty)
    #expect(throws: Failure(index: 4)) {
      try pool.map(10) { index in
        if index == 4 || index >= 8 { throw Failure(index: index) }
      }
    }
  }

  @Test("a product split over threads has the bits of one thread")
  func threadsDoNotMatter() {
    let (m, n, k) = (65, 200, 300)
    var numbers = SeededNumbers(seed: 12)
    let a = FloatStorage(numbers.floats(m * k))
    let w = PackedMatrix(packing: numbers.floats(n * k), rows: n, columns: k)
    let kernels = Kernels()
    func product(_ threads: Int) -> [UInt32] {
      let c = FloatStorage(count: m * n)
      WorkerPool(threads: threads).split(w.panelCount) { _, panels in
        kernels.multiply(
          a.pointer, rows: m, stride: k, by: w, bias: nil, activation: .gelu, into: c.pointer,
          stride: n, panels: panels)
      }
      return bits(c.elements)
    }
    let one = product(1)
    for threads in [2, 3, 7] { #expect(product(threads) == one) }
  }

  @Test("without a number there is at least one thread")
  func defaults() { #expect(WorkerPool().threads >= 1) }
}
