import Tensors

/// What this machine computes with.
public struct MachineInspection: Encodable, Sendable {
  /// The schema of the JSON.
  public let schema = "routemark.machine-inspection/1"
  /// Instruction sets that the kernels are compiled for and this machine has.
  public let instructionSets: [String]
  /// The one whose kernels are used.
  public let kernels: String
  /// Threads that are used by default.
  public let threads: Int
  /// Products run on the program's own kernels, so no variable such as `OPENBLAS_CORETYPE` slows them.
  public let blas: String? = nil
  /// Fused multiply-adds on one thread, measured now, in GFLOP/s.
  public let peak: Double

  init() {
    instructionSets = InstructionSet.allCases.filter(\.isAvailable).map(\.rawValue)
    kernels = InstructionSet.best.rawValue
    threads = WorkerPool().threads
    peak = Kernels().measuredPeak()
  }
}
