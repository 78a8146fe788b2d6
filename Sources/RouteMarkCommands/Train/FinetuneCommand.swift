import ArgumentParser
import Checkpoints
import Foundation
import ModelMerging
import ProbeImages
import Tensors
import Training
import VisionTransformers

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
      is written in full. Results depend on the seed and not on --threads. A run that is killed goes on with --resume and ends with the same bytes; until \
      then its state is in OUTPUT.training.
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

  @Flag(name: .long, help: "Leave a merged model's gates as they are.")
  var frozenGates = false

  @Flag(name: .long, help: "Say what would be trained and write nothing.")
  var dryRun = false

  @Option(name: .long, help: "Element type of the output: f32, f16 or bf16.")
  var elementType: ModelElementType = .f32

  @Option(name: .shortAndLong, help: ArgumentHelp("The folder to write.", valueName: "dir"))
  var output: String

  @OptionGroup var training: TrainingOptions
  @OptionGroup var outputs: OutputOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if data.isEmpty { throw ValidationError("Name at least one task with --data NAME=PATH.") }
  }

  func run() throws {
    let folder = try ModelFolder(path: model)
    if folder.mixture == nil, frozenGates || data.count > 1 {
      throw TrainingCommandError.notAMixture(
        model: model, option: frozenGates ? "--frozen-gates" : "more than one --data")
    }
    if dryRun { return try FinetunePreview(self, folder).print(common) }
    guard case .tower(let tensors) = folder.form else {
      return try MixtureFinetuning(command: self, folder: folder).run()
    }
    let heads = try HeadFile(path: head)
    let images = try TaskImages.open(data, for: folder)
    let settings = try training.settings(steps: steps, rate: lr, batch: batch, schedule: .cosine)
    let record = try TrainingRecord(
      .finetune, model: folder.digest(), head: heads, tasks: images, settings: settings,
      schedule: training.schedule ?? .cosine, labelSmoothing: labelSmoothing)
    let run = try TrainingRun(record, output: output, options: training, force: outputs.force)
    var outcome: TrainingOutcome?
    if !run.isFinished {
      let trainer = try trainer(of: folder, tensors, images[0], heads, settings)
      outcome = try run.train(trainer, label: "fine-tuning", quiet: common.quiet)
      try write(trainer.parameters, of: folder, tensors, record, to: run.output)
    }
    try run.finish()
    let digest = try ModelFolder(path: run.output).digest()
    try TrainingSummary(run, digest: digest, outcome: outcome).print(common)
    Console.current.note(
      "next: routemark evaluate --model \(output) --data \(data[0].name)=\(data[0].path) --head \(head)"
    )
  }

  private func trainer(
    of folder: ModelFolder, _ tensors: CheckpointTensors, _ images: TaskImages, _ heads: HeadFile,
    _ settings: TrainingSettings
  ) throws -> TowerTrainer {
    let head = try heads.head(of: images.name, width: folder.configuration.projectionSize)
    let cache = PixelCache(sampleCounts: [images.source.samples.count])
    let data = ProbeTrainingData(
      images, labels: try images.labels(classes: head.classes), cache: cache, task: 0)
    return try TowerTrainer(
      shape: TrainableTowerShape(folder.configuration, file: model),
      parameters: { try tensors.tensor($0, shape: $1) }, head: head.trainable, data: data,
      labelSmoothing: labelSmoothing, settings: settings)
  }

  private func write(
    _ parameters: ParameterStore, of folder: ModelFolder, _ tensors: CheckpointTensors,
    _ record: TrainingRecord, to output: String
  ) throws {
    var keys = try record.configuration(
      after: (folder.path as NSString).appendingPathComponent("config.json"))
    keys["torch_dtype"] = .string(elementType.frameworkName)
    let values = parameters.layout.entries.map { ($0.name, parameters.values($0)) }
    try folder.write(
      to: output, tensors: tensors, replacingTensors: Dictionary(uniqueKeysWithValues: values),
      elementType: elementType.elementType, configuration: keys, replacing: outputs.force)
  }
}
