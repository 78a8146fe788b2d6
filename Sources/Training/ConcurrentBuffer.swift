import Tensors

/// Lets the threads of a ``WorkerPool`` share a pointer of which each uses its own part.
struct ConcurrentBuffer<Element>: @unchecked Sendable {
  let base: UnsafeMutablePointer<Element>
}

extension WorkerPool {
  /// The values of `make` for `0..<count`, made in parallel.
  func map<Value: Sendable>(_ count: Int, _ make: @Sendable (Int) -> Value) -> [Value] {
    var values = [Value?](repeating: nil, count: count)
    values.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      let shared = ConcurrentBuffer(base: base)
      split(count) { _, range in
        for index in range { shared.base[index] = make(index) }
      }
    }
    return values.compactMap { $0 }
  }
}
