import Tensors

/// Lets the threads of a ``WorkerPool`` share a pointer of which each uses its own part.
struct ConcurrentBuffer<Element>: @unchecked Sendable {
  let base: UnsafeMutablePointer<Element>
}
