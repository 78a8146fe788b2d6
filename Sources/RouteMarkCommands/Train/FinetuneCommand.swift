import ArgumentParser
import Examinations

/// `routemark finetune`: make an expert, or go on training a merged model.
struct FinetuneCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "finetune",
    abstract: "Fine-tune a tower or a merged model on labelled images against frozen heads.",
    discussion: """
      EXAMPLE
        routemark finetune --model zoo/base --data scene15=data/scene15/train.tar \\
          --head zoo/heads.safetensors --steps 500 --lr 1e-4 -o my-scene15

      Of a tower every tensor is trained with Adam. Of a merged model the task vectors of all experts \
      and the gates are, on the images of one --data or more; base and attention stay, and the output \
      is written in full. With --teacher another model's answers are learned instead of labels. \
      Results depend on the seed and not on --threads. A run that is killed goes on with --resume and \
      ends with the same bytes; until then its state is in OUTPUT.training.
      """)

  @Option(name: .long, help: ArgumentHelp("The model to start from.", valueName: "dir"))
  var model: String

  @Option(
    name: .long, help: ArgumentHelp("A task's name and labelled images.", valueName: "name=path"))
  var data: [NamedPath] = []

  @Option(name: .long, help: ArgumentHelp("Zero-shot heads by task.", valueName: "file"))
  var head: String

  @Option(name: .long, help: ArgumentHelp("Optimiser steps.", valueName: "n"))
  var steps: Int

  @Option(name: .long, help: ArgumentHelp("The highest learning rate.", valueName: "number"))
  var lr = 1e-5

  @Option(name: .long, help: ArgumentHelp("Images of each task in a batch.", valueName: "n"))
  var batch = 32

  @Option(name: .long, help: ArgumentHelp("Share spread over all classes.", valueName: "number"))
  var labelSmoothing = 0.0

  @Option(
    name: .long, help: ArgumentHelp("A model to learn from instead of labels.", valueName: "dir"))
  var teacher: String?

  @Flag(name: .long, help: "Leave a merged model's gates as they are.")
  var frozenGates = false

  @Flag(name: .long, help: "Say what would be trained and write nothing.")
  var dryRun = false

  @Option(name: .long, help: "Element type of the output: f32, f16 or bf16.")
  var elementType: ModelElementType = .f32

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The folder to write; not needed with --dry-run.", valueName: "dir"))
  var output: String?

  @OptionGroup var training: TrainingOptions
  @OptionGroup var outputs: OutputOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if data.isEmpty { throw ValidationError("Name at least one task with --data NAME=PATH.") }
    if output == nil, !dryRun {
      throw ValidationError("Name the folder to write with -o DIR, or pass --dry-run.")
    }
  }

  func run() throws {
    var request = FinetuningRequest(
      model: model, data: data, head: head,
      course: training.course(steps: steps, rate: lr, batch: batch, schedule: .cosine),
      output: outputs.place(output ?? ""))
    request.labelSmoothing = labelSmoothing
    request.teacher = teacher
    request.frozenGates = frozenGates
    request.elementType = elementType
    guard !dryRun, let output else {
      return try request.preview(common.examiner).print(common)
    }
    let summary = try request.run(common.examiner)
    try summary.print(common)
    Console.current.note(
      summary.isMixture
        ? "next: routemark capture --model \(ShellWord.quoted(output)) --suite suite.json -o x.trace.safetensors"
        : "next: routemark evaluate --model \(ShellWord.quoted(output)) --data \(ShellWord.quoted("\(data[0].name)=\(data[0].path)")) "
          + "--head \(head)")
  }
}
