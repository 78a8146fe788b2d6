import Tensors
import Testing

@Suite struct InstructionSetTests {
  @Test("the portable kernels are always there and the best set is available")
  func availability() {
    #expect(InstructionSet.portable.isAvailable)
    #expect(InstructionSet.best.isAvailable)
    #expect(Kernels().instructionSet == .best)
    #if arch(x86_64)
      #expect(!InstructionSet.neon.isAvailable)
    #endif
  }
}
