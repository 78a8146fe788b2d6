import CKernels

/// The kernels of one instruction set.
///
/// All of them run on the calling thread; callers split work with ``WorkerPool``. Pointers are to f32
/// in row-major order, strides count elements. Inputs and outputs do not overlap unless a method says
/// so. A row's bits never depend on its neighbours or on how many rows there are; they may differ
/// between instruction sets.
///
/// It is `Sendable` because the table it points to is constant.
public struct Kernels: @unchecked Sendable {
  /// The instruction set in use.
  public let instructionSet: InstructionSet

  let table: UnsafePointer<RMKernels>

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

  static let forPacking = Kernels()
}
