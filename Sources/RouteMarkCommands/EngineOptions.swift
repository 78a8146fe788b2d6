import ArgumentParser
import Tensors

/// Options of commands that fingerprint a model: with which numbers, and with which kernels.
struct EngineOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      """
      f32, or bf16: half the memory, faster where the machine multiplies bf16, and logits that \
      differ in the third digit.
      """, valueName: "name"))
  var precision: Precision = .f32

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The kernels to use; the best that this machine has by default.", valueName: "name"))
  var instructions: InstructionSet?

  func validate() throws {
    if let instructions, !instructions.isAvailable {
      let available = InstructionSet.allCases.filter(\.isAvailable).map(\.rawValue)
      throw ValidationError(
        "--instructions is \(instructions.rawValue), expected one of those this machine has: "
          + "\(available.joined(separator: ", ")).")
    }
  }

  var kernels: Kernels { Kernels(instructions ?? .best) }
}

extension Precision: ExpressibleByArgument {}
extension InstructionSet: ExpressibleByArgument {}
