import ArgumentParser
import Examinations
import Foundation
import Tampering

/// `routemark tamper rewrite`.
struct RewriteCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rewrite",
    abstract: "Write a tower in another way that computes the same.",
    discussion: """
      EXAMPLE
        routemark tamper rewrite permute-channels --model zoo/cars -o suspect
        routemark tamper rewrite pad-units --count 64 --model zoo/cars -o suspect

      \(kinds)

      Works on plain towers. Every rewrite keeps the features up to rounding; evidence on weights has \
      to give the same answer before and after it.
      """)

  private static var kinds: String {
    let width = TowerRewrite.Kind.allCases.map(\.rawValue.count).max() ?? 0
    return TowerRewrite.Kind.allCases.map {
      $0.rawValue.padding(toLength: width + 2, withPad: " ", startingAt: 0) + $0.words
    }.joined(separator: "\n")
  }

  @Argument(help: ArgumentHelp("What is rewritten.", valueName: "rewrite"))
  var kind: TowerRewrite.Kind

  @Option(
    name: .long,
    help: ArgumentHelp("Units of each layer that are added, split or flipped (64).", valueName: "n")
  )
  var count: Int?

  @Option(
    name: .long,
    help: ArgumentHelp("Seed of what is drawn (default: drawn and recorded).", valueName: "n"))
  var seed: UInt64?

  @OptionGroup var options: TamperOptions

  func validate() throws {
    if count != nil, !kind.countsUnits {
      throw ValidationError("--count is for pad-units, split-units and flip-units.")
    }
  }

  func run() throws {
    try options.run(.rewrite(kind, count: count, seed: seed))
  }
}
