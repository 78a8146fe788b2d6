import ArgumentParser
import Examinations
import ModelMerging
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

  @Option(
    name: .long,
    help: ArgumentHelp(
      """
      Keep packed weights in this folder, so that the next run with the same model starts sooner. As \
      large as the weights in memory; the folder must be yours alone.
      """, valueName: "dir"))
  var cache: String?

  func validate() throws {
    if let instructions, !instructions.isAvailable {
      let available = InstructionSet.allCases.filter(\.isAvailable).map(\.rawValue)
      throw ValidationError(
        "--instructions is \(instructions.rawValue), expected one of those this machine has: "
          + "\(available.joined(separator: ", ")).")
    }
  }

  var settings: EngineSettings {
    EngineSettings(precision: precision, instructions: instructions, cache: cache)
  }
}

extension Precision: ExpressibleByArgument {}
extension InstructionSet: ExpressibleByArgument {}
