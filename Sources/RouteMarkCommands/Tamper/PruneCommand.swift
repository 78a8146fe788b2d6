import ArgumentParser
import Examinations
import Tampering

/// How weights to remove are chosen.
enum PruningMethod: String, ExpressibleByArgument, CaseIterable {
  case magnitude, wanda
}

/// `N:M`: N of every M weights stay.
struct KeptOfGroup: ExpressibleByArgument, Sendable {
  let kept: Int
  let group: Int

  init?(argument: String) {
    let parts = argument.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2, let kept = parts[0], let group = parts[1] else { return nil }
    self.kept = kept
    self.group = group
  }
}

/// `routemark tamper prune`.
struct PruneCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prune", abstract: "Set weights to zero.",
    discussion: """
      EXAMPLE
        routemark tamper prune --model victim --sparsity 0.3 -o suspect
        routemark tamper prune --model victim --method wanda --sparsity 0.5 \\
          --data cars=cars/train.tar -o suspect

      magnitude has one threshold a matrix. wanda scores weights by |W| * ||x|| within each output \
      row, with inputs from calibration images; --nm 2:4 keeps 2 of every 4 weights. Of a merged \
      model the experts' full weights are pruned, then task vectors are taken again.
      """)

  @Option(name: .long, help: "magnitude or wanda.")
  var method: PruningMethod = .magnitude

  @Option(name: .long, help: ArgumentHelp("The share of weights to remove.", valueName: "number"))
  var sparsity: Double?

  @Option(name: .long, help: ArgumentHelp("Keep N of every M weights (wanda).", valueName: "n:m"))
  var nm: KeptOfGroup?

  @Option(name: .long, help: ArgumentHelp("Calibration images (wanda).", valueName: "name=tar"))
  var data: [NamedPath] = []

  @Option(name: .long, help: ArgumentHelp("Calibration images in all.", valueName: "n"))
  var calibrationCount = 128

  @Option(name: .long, help: ArgumentHelp("Threads; results do not depend on it.", valueName: "n"))
  var threads: Int?

  @OptionGroup var choice: ExpertChoice
  @OptionGroup var options: TamperOptions

  func validate() throws {
    if (sparsity == nil) == (nm == nil) {
      throw ValidationError("Pass either --sparsity or, with --method wanda, --nm.")
    }
    switch method {
    case .magnitude:
      if nm != nil || !data.isEmpty {
        throw ValidationError("--nm and --data are for --method wanda.")
      }
    case .wanda:
      if data.isEmpty { throw ValidationError("wanda needs images: --data NAME=TAR.") }
    }
    guard (1...65536).contains(calibrationCount), calibrationCount >= data.count else {
      throw ValidationError(
        "--calibration-count is \(calibrationCount), expected at least one image for each "
          + "--data, and 65536 at most.")
    }
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads is \(threads), expected 1 to 1024.")
    }
  }

  func run() throws {
    switch method {
    case .magnitude: try options.run(.prune(sparsity: sparsity ?? 0), experts: choice.expert)
    case .wanda:
      let pattern: WandaPruning.Pattern =
        if let nm {
          .structured(kept: nm.kept, group: nm.group)
        } else {
          .unstructured(sparsity: sparsity ?? 0)
        }
      try options.run(
        .wanda(pattern, images: data, count: calibrationCount, threads: threads),
        experts: choice.expert)
    }
  }
}
