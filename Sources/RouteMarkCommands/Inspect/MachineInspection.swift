import Tensors

/// What this machine computes with.
struct MachineInspection: Encodable {
  let schema = "routemark.machine-inspection/1"
  /// Instruction sets that the kernels are compiled for and this machine has.
  let instructionSets: [String]
  /// The one whose kernels are used.
  let kernels: String
  let threads: Int
  /// Products run on the program's own kernels, so no variable such as `OPENBLAS_CORETYPE` slows them.
  let blas: String? = nil
  /// Fused multiply-adds on one thread, measured now, in GFLOP/s.
  let peak: Double

  init() {
    instructionSets = InstructionSet.allCases.filter(\.isAvailable).map(\.rawValue)
    kernels = InstructionSet.best.rawValue
    threads = WorkerPool().threads
    peak = Kernels().measuredPeak()
  }

  func print(_ options: CommonOptions) throws {
    if options.json { return try JSONOutput.print(self) }
    let console = Console.current
    console.line("instructions \(instructionSets.joined(separator: ", "))")
    console.line("kernels      \(kernels)")
    console.line("threads      \(threads)")
    console.line("BLAS         none: products run on the program's own kernels")
    console.line("peak         \(Int(peak.rounded())) GFLOP/s on one thread, measured now")
  }
}
