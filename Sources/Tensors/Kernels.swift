import CKernels

/// The kernels of one instruction set.
///
/// All of them run on the calling thread, and callers split work with ``WorkerPool``, except where
/// ``splittingColumns(over:)`` says otherwise. Pointers are to f32
/// in row-major order, strides count elements. Inputs and outputs do not overlap unless a method says
/// so. A row's bits never depend on its neighbours or on how many rows there are; they may differ
/// between instruction sets.
///
/// It is `Sendable` because the table it points to is constant.
public struct Kernels: @unchecked Sendable {
  /// The instruction set in use.
  public let instructionSet: InstructionSet

  let table: UnsafePointer<RMKernels>
  /// Threads that share the columns of a product with packed weights.
  private(set) var columnPool = WorkerPool(threads: 1)

  /// The kernels of an instruction set.
  ///
  /// - Precondition: it is available.
  public init(_ instructionSet: InstructionSet = .best) {
    guard let table = rm_kernels(instructionSet.code) else {
      preconditionFailure("instruction set `\(instructionSet.rawValue)` is not available here")
    }
    self.instructionSet = instructionSet
    self.table = table
  }

  /// The same kernels, whose products with packed weights are split by panels over `pool`.
  ///
  /// For a single sample, of which there is nothing else to split. The bits stay the same.
  public func splittingColumns(over pool: WorkerPool) -> Kernels {
    var kernels = self
    kernels.columnPool = pool
    return kernels
  }

  /// Calls `body` with the panels of `range`, on several threads when `multiplyAdds` are worth it.
  func splitPanels(
    _ range: Range<Int>, multiplyAdds: Int, _ body: @Sendable (Range<Int>) -> Void
  ) {
    guard columnPool.threads > 1, range.count > 1, multiplyAdds > 1 << 18 else {
      return body(range)
    }
    columnPool.split(range.count) { _, part in
      body(range.lowerBound + part.lowerBound..<range.lowerBound + part.upperBound)
    }
  }

  static let forPacking = Kernels()
}
