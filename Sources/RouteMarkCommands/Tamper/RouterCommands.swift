import ArgumentParser
import Examinations

/// `routemark tamper scale-router`.
struct ScaleRouterCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scale-router", abstract: "Multiply all router logits by a number.",
    discussion: """
      EXAMPLE
        routemark tamper scale-router --model victim --factor 2 -o suspect
      """)

  @Option(name: .long, help: ArgumentHelp("What logits are multiplied by.", valueName: "number"))
  var factor: Double

  @OptionGroup var options: TamperOptions

  func run() throws {
    try options.run(.scaleRouter(factor: factor))
  }
}

/// `NAME=VALUE`.
struct NamedNumber: ExpressibleByArgument, Sendable {
  let name: String
  let value: Double

  init?(argument: String) {
    guard let separator = argument.lastIndex(of: "="), separator > argument.startIndex,
      let value = Double(argument[argument.index(after: separator)...])
    else { return nil }
    name = String(argument[..<separator])
    self.value = value
  }
}

/// `routemark tamper shift-router`.
struct ShiftRouterCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "shift-router", abstract: "Add a constant to experts' router logits.",
    discussion: """
      EXAMPLE
        routemark tamper shift-router --model victim --shift cars=0.5 --shift scene15=-0.5 -o suspect
      """)

  @Option(
    name: .long, help: ArgumentHelp("An expert and what is added.", valueName: "name=value"))
  var shift: [NamedNumber] = []

  @OptionGroup var options: TamperOptions

  func validate() throws {
    if shift.isEmpty { throw ValidationError("Name at least one expert with --shift NAME=VALUE.") }
    if Set(shift.map(\.name)).count < shift.count {
      throw ValidationError("Every expert has one --shift at most.")
    }
  }

  func run() throws {
    let shifts = Dictionary(shift.map { ($0.name, $0.value) }) { first, _ in first }
    try options.run(.shiftRouter(shifts))
  }
}
