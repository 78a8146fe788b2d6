import ArgumentParser
import Examinations

/// Which experts of a mixture an operation on weights is for.
struct ExpertChoice: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp("An expert of a merged model; all by default.", valueName: "name"))
  var expert: [String] = []
}

/// `routemark tamper permute`.
struct PermuteCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "permute",
    abstract: "Renumber hidden units and attention heads; the function stays.",
    discussion: """
      EXAMPLE
        routemark tamper permute --model victim --seed 1 -o suspect
      """)

  @Option(name: .long, help: ArgumentHelp("Seed of the orders (default: drawn).", valueName: "n"))
  var seed: UInt64?

  @OptionGroup var options: TamperOptions

  func run() throws {
    try options.run(.permute(seed: seed ?? SystemSeed.draw()))
  }
}

/// `routemark tamper quantize`.
struct QuantizeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quantize", abstract: "Round weights to a few bits and back, row by row.",
    discussion: """
      EXAMPLE
        routemark tamper quantize --model victim --bits 4 -o suspect

      Symmetric, one scale for each output row of the encoder layers' linear maps.
      """)

  @Option(name: .long, help: ArgumentHelp("8, 4 or 3.", valueName: "n"))
  var bits: Int

  @OptionGroup var choice: ExpertChoice
  @OptionGroup var options: TamperOptions

  func run() throws {
    try options.run(.quantize(bits: bits), experts: choice.expert)
  }
}

/// `routemark tamper noise`.
struct NoiseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "noise", abstract: "Add Gaussian noise relative to each tensor's size.",
    discussion: """
      EXAMPLE
        routemark tamper noise --model victim --sigma 0.01 --seed 1 -o suspect
      """)

  @Option(name: .long, help: ArgumentHelp("Noise over the tensor's rms.", valueName: "sigma"))
  var sigma: Double

  @Option(name: .long, help: ArgumentHelp("Seed of the noise (default: drawn).", valueName: "n"))
  var seed: UInt64?

  @OptionGroup var choice: ExpertChoice
  @OptionGroup var options: TamperOptions

  func run() throws {
    try options.run(.noise(sigma: sigma, seed: seed ?? SystemSeed.draw()), experts: choice.expert)
  }
}

/// `routemark tamper blend`.
struct BlendCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "blend", abstract: "Mix another tower's weights in.",
    discussion: """
      EXAMPLE
        routemark tamper blend --model zoo/cars --with zoo/gtsrb --ratio 0.5 -o blended
      """)

  @Option(name: .long, help: ArgumentHelp("The other tower.", valueName: "dir"))
  var with: String

  @Option(name: .long, help: ArgumentHelp("The other tower's share, 0 to 1.", valueName: "number"))
  var ratio: Double

  @OptionGroup var choice: ExpertChoice
  @OptionGroup var options: TamperOptions

  func run() throws {
    try options.run(.blend(with: with, ratio: ratio), experts: choice.expert)
  }
}
