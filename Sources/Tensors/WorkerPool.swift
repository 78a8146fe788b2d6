import Dispatch

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Splits ranges of indices over a fixed number of threads.
///
/// The pieces depend on the count and on ``threads`` only. Results do not depend on the number of
/// threads as long as `body` treats each index by itself.
public struct WorkerPool: Sendable {
  /// How many pieces a range is split into.
  public let threads: Int

  /// - Parameter threads: As many as there are processors when `nil`.
  public init(threads: Int? = nil) {
    let processors = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    self.threads = threads ?? processors
    precondition(self.threads > 0, "a pool has at least one thread")
  }

  /// Calls `body(worker, range)` for `0..<count` in contiguous pieces and waits for all of them.
  ///
  /// Worker w gets piece w of ``threads`` nearly equal ones; empty pieces are left out.
  public func split(_ count: Int, _ body: @Sendable (_ worker: Int, _ range: Range<Int>) -> Void) {
    precondition(count >= 0, "a count is not negative")
    let threads = threads
    @Sendable func piece(_ worker: Int) {
      let range = count * worker / threads..<count * (worker + 1) / threads
      if !range.isEmpty { body(worker, range) }
    }
    if threads == 1 || count < 2 {
      for worker in 0..<threads { piece(worker) }
    } else {
      DispatchQueue.concurrentPerform(iterations: threads, execute: piece)
    }
  }
}
