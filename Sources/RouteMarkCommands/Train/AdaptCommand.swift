import ArgumentParser
import Examinations

/// `routemark adapt`: train the router of a merged model.
struct AdaptCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "adapt",
    abstract: "Train a merged model's gates on unlabelled images; nothing else changes.",
    discussion: """
      EXAMPLE
        routemark adapt --model merged --data scene15=data/scene15/train.tar \\
          --data cars=data/cars/train.tar --head zoo/heads.safetensors -o victim

      Minimises the entropy of zero-shot predictions (WEMoE's test-time adaptation). A batch has \
      --batch images of every task. A recipe stays a recipe, a full copy a full copy. A run that is \
      killed goes on with --resume and ends with the same bytes.
      """)

  @Option(name: .long, help: ArgumentHelp("The merged model.", valueName: "dir"))
  var model: String

  @Option(
    name: .long,
    help: ArgumentHelp("A task's name and images; labels are not read.", valueName: "name=path"))
  var data: [NamedPath] = []

  @Option(name: .long, help: ArgumentHelp("Zero-shot heads by task.", valueName: "file"))
  var head: String

  @Option(name: .long, help: ArgumentHelp("Optimiser steps.", valueName: "n"))
  var steps = 300

  @Option(name: .long, help: ArgumentHelp("The highest learning rate.", valueName: "number"))
  var lr = 1e-3

  @Option(name: .long, help: ArgumentHelp("Images of each task in a batch.", valueName: "n"))
  var batch = 16

  @Flag(name: .long, help: "Begin with fresh gates from --seed.")
  var fromScratch = false

  @Option(name: .shortAndLong, help: ArgumentHelp("The folder to write.", valueName: "dir"))
  var output: String

  @OptionGroup var training: TrainingOptions
  @OptionGroup var outputs: OutputOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if data.isEmpty { throw ValidationError("Name at least one task with --data NAME=PATH.") }
  }

  func run() throws {
    var request = AdaptationRequest(
      model: model, data: data, head: head,
      course: training.course(steps: steps, rate: lr, batch: batch, schedule: .constant),
      output: outputs.place(output))
    request.fromScratch = fromScratch
    try request.run(common.examiner).print(common)
    Console.current.note(
      "next: routemark capture --model \(ShellWord.quoted(output)) --suite suite.json -o x.trace.safetensors"
    )
  }
}
