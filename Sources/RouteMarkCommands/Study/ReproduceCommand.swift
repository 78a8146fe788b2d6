import ArgumentParser
import Checkpoints
import Documents
import Experiments
import Files
import Foundation
import Reports
import Synchronization

/// `routemark reproduce`: the paper's study, with its baselines and what it left out.
struct ReproduceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reproduce",
    abstract: "Repeat the paper's study: make victim and suspects, attribute them.",
    discussion: """
      EXAMPLE
        routemark reproduce --embedded -o study
        routemark reproduce --zoo ../shared/zoo --data ../shared/data -o study
        routemark reproduce --zoo ../shared/zoo --data ../shared/data --only fig3,table2 -o study

      --embedded needs nothing: images and models are made on the spot, in a few minutes. The other \
      setting takes a base model, experts and zero-shot heads from --zoo and images from --data, and \
      about an hour. Both follow a plan; --print-plan shows it, --plan FILE runs another. OUT/report.html \
      has figures and tables beside the paper's, OUT/conclusions.md each claim with its numbers, \
      OUT/study.json every number and the commands they come from, OUT/seconds.json how long each step \
      took. --only makes a part of it, with the same commands in the same folder, and writes \
      OUT/part.json. A run that was stopped goes on where it was; after a change of the plan only what \
      depends on it is done again, and a finished study is only written anew.
      """)

  @Flag(name: .long, help: "The study in a small world that the program makes itself.")
  var embedded = false

  @Option(name: .long, help: ArgumentHelp("Base, experts and heads.", valueName: "dir"))
  var zoo: String?

  @Option(
    name: .long, help: ArgumentHelp("Images: TASK/train.tar, TASK/test.tar.", valueName: "dir"))
  var data: String?

  @Option(name: .long, help: ArgumentHelp("Another plan.", valueName: "plan.json"))
  var plan: String?

  @Flag(name: .long, help: "Print the plan and stop.")
  var printPlan = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Only these figures (fig3, table2, fig4, fig5, fig6), suspects, and `calibration`.",
      valueName: "a,b"))
  var only: String?

  @Option(
    name: .long,
    help: ArgumentHelp("Steps of fine-tuning once; longer ones follow.", valueName: "n"))
  var finetuneSteps: Int?

  @Option(name: .long, help: ArgumentHelp("Steps of suspects' routers.", valueName: "n"))
  var adaptSteps: Int?

  @Option(
    name: .long,
    help: ArgumentHelp("Machine, commit and date, as report and conclusions state them."))
  var stamp: String?

  @Option(name: .shortAndLong, help: ArgumentHelp("The folder to write.", valueName: "dir"))
  var output: String?

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard embedded != (zoo != nil || data != nil) else {
      throw ValidationError("Pass --embedded, or both --zoo DIR and --data DIR.")
    }
    if !embedded, zoo == nil || data == nil {
      throw ValidationError("--zoo and --data go together.")
    }
    if output == nil, !printPlan { throw ValidationError("Name the folder to write with -o DIR.") }
    if let only, !only.contains(where: { $0 != "," }) {
      throw ValidationError("--only names nothing.")
    }
    for (name, steps) in [("--finetune-steps", finetuneSteps), ("--adapt-steps", adaptSteps)] {
      if let steps, !(1...1_000_000).contains(steps) {
        throw ValidationError("\(name) is \(steps), expected 1 to 1000000.")
      }
    }
  }

  func run() throws {
    let whole = try chosenPlan()
    try whole.validate()
    let plan =
      try only.map {
        try whole.restricted(to: $0.split(separator: ",").map(String.init))
      } ?? whole
    guard !printPlan, let output else { return try JSONOutput.print(plan) }
    let places = StudyPlaces(
      output: output, zoo: zoo ?? "\(output)/world/zoo", data: data ?? "\(output)/world/data")
    let study = try StudyRun(plan, partOf: whole, places: places, tool: Program.tool)
    let console = Console.current
    let isQuiet = common.quiet
    let count = study.steps.count
    try study.run(
      announce: { index, step in
        if !isQuiet { console.note("[\(index + 1)/\(count)] \(step.output)") }
      },
      command: { Self.perform($0, animating: console, quiet: isQuiet) })
    let results = try StudyResults(plan, in: output, tool: Program.tool, steps: study.steps)
    try write(results, to: output)
    if common.json { return try JSONOutput.print(results) }
    console.out(StudySummary(results).render(width: console.width, colour: console.coloursOut))
    if let seconds = try StepDurations(folder: output).total(of: study.steps) {
      console.note(String(format: "time: %.0f s, by step in \(output)/seconds.json", seconds))
    }
    guard only == nil else { return console.note("numbers: \(output)/part.json") }
    console.note("numbers: \(output)/study.json")
    console.note("conclusions: \(output)/conclusions.md")
    console.note("report: \(output)/report.html")
  }

  /// A part of a study is numbers; conclusions and figures need the whole.
  private func write(_ results: StudyResults, to output: String) throws {
    guard only == nil else {
      return try OutputText.write(
        JSONOutput.data(results), to: "\(output)/part.json", force: true)
    }
    let report = try StudyReport(results, stamp: stamp).render()
    let conclusions = StudyConclusions(results, stamp: stamp).render()
    for (name, data) in [
      ("study.json", try JSONOutput.data(results)), ("report.html", Data(report.utf8)),
      ("conclusions.md", Data(conclusions.utf8)),
    ] {
      try OutputText.write(data, to: "\(output)/\(name)", force: true)
    }
  }

  private func chosenPlan() throws -> StudyPlan {
    var plan: StudyPlan = embedded ? .embedded : .real
    if let file = self.plan { plan = try StrictJSON.decode(StudyPlan.self, contentsOf: file) }
    guard embedded == (plan.world != nil) else {
      throw ValidationError(
        embedded
          ? "The plan has no `world`: pass --zoo and --data."
          : "The plan has a `world`: pass --embedded.")
    }
    if let adaptSteps { plan.adaptation.steps = adaptSteps }
    if let finetuneSteps, let once = plan.expertSets.first(where: { $0.origin != "base" })?.steps {
      for index in plan.expertSets.indices where plan.expertSets[index].origin != "base" {
        plan.expertSets[index].steps = plan.expertSets[index].steps * finetuneSteps / once
      }
    }
    return plan
  }

  /// Runs a command in this process: its streams are kept, except for progress on a terminal.
  private static func perform(
    _ arguments: [String], animating console: Console, quiet: Bool
  ) -> StudyRun.CommandOutcome {
    let streams = KeptStreams()
    let animates = console.animates && !quiet
    let inner = Console(
      out: { text in streams.output.withLock { $0 += text } },
      talk: { text in
        // A progress bar draws over itself; everything else is a message.
        if animates, text.hasPrefix(Console.wipe) {
          console.passOn(drawing: text)
        } else {
          streams.talk.withLock { $0 += text }
        }
      },
      animates: animates)
    let words = animates ? arguments.filter { $0 != "--quiet" } : arguments
    let code = Console.$current.withValue(inner) { Program.run(words) }
    return StudyRun.CommandOutcome(
      exitCode: Int(code), output: streams.output.withLock { $0 },
      talk: streams.talk.withLock { $0 })
  }

  /// What a command has written.
  private final class KeptStreams: Sendable {
    let output = Mutex("")
    let talk = Mutex("")
  }
}
