import ArgumentParser
import ModelMerging
import Tensors

/// `routemark finetune`: make an expert.
struct FinetuneCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "finetune",
    abstract: "Fine-tune a CLIP vision tower on labelled images against a frozen zero-shot head.",
    discussion: """
      EXAMPLE
        routemark finetune --model zoo/base --data scene15=data/scene15/train.tar \\
          --head zoo/heads.safetensors --steps 500 --lr 1e-4 -o my-scene15

      Every tensor of the tower is trained with Adam. Results depend on the seed and not on \
      --threads. A run that is killed goes on with --resume and ends with the same bytes; until \
      then its state is in OUTPUT.training. With --teacher the tower learns another model's answers \
      instead of labels.
      """)

  @Option(name: .long, help: ArgumentHelp("The tower to start from.", valueName: "dir"))
  var model: String

  @Option(
    name: .long, help: ArgumentHelp("The task's name and labelled images.", valueName: "name=path"))
  var data: NamedPath

  @Option(name: .long, help: ArgumentHelp("Zero-shot heads by task.", valueName: "file"))
  var head: String

  @Option(name: .long, help: ArgumentHelp("Optimiser steps.", valueName: "n"))
  var steps: Int

  @Option(name: .long, help: ArgumentHelp("The highest learning rate.", valueName: "number"))
  var lr = 1e-5

  @Option(name: .long, help: ArgumentHelp("Images in a batch.", valueName: "n"))
  var batch = 32

  @Option(name: .long, help: ArgumentHelp("Share spread over all classes.", valueName: "number"))
  var labelSmoothing = 0.0

  @Option(
    name: .long, help: ArgumentHelp("A model to learn from instead of labels.", valueName: "dir"))
  var teacher: String?

  @Option(name: .long, help: "Element type of the output: f32, f16 or bf16.")
  var elementType: ModelElementType = .f32

  @Option(name: .shortAndLong, help: ArgumentHelp("The folder to write.", valueName: "dir"))
  var output: String

  @OptionGroup var training: TrainingOptions
  @OptionGroup var outputs: OutputOptions
  @OptionGroup var common: CommonOptions

  func run() throws {
    let folder = try ModelFolder(path: model)
    let heads = try HeadFile(path: head)
    let images = try TaskImages.open([data], for: folder)
    let made = try ExpertTraining(base: folder, heads: heads, tasks: images).run(
      ExpertTraining.Job(
        images: images[0], task: 0,
        settings: training.settings(steps: steps, rate: lr, batch: batch, schedule: .cosine),
        schedule: training.schedule ?? .cosine, labelSmoothing: labelSmoothing,
        teacher: teacher.map {
          Teacher(folder: try ModelFolder(path: $0), pool: WorkerPool(threads: training.threads))
        }, elementType: elementType, output: output),
      training.handling(force: outputs.force), label: "fine-tuning", quiet: common.quiet)
    let digest = try ModelFolder(path: made.run.output).digest()
    try TrainingSummary(made.run, digest: digest, outcome: made.outcome).print(common)
    Console.current.note(
      "next: routemark evaluate --model \(output) --data \(data.name)=\(data.path) --head \(head)")
  }
}
