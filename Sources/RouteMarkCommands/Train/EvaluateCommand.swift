import ArgumentParser
import ModelMerging
import Probes
import RoutedModels
import Tensors
import VisionTransformers

/// `routemark evaluate`: zero-shot accuracy.
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Count how many labelled images a model classifies right, task by task.",
    discussion: """
      EXAMPLE
        routemark evaluate --model victim --data scene15=data/scene15/test.tar \\
          --data cars=data/cars/test.tar --head zoo/heads.safetensors

      For plain towers, static merges and mixtures of experts. An image counts as its class whose \
      head row has the largest cosine with the image's features.
      """)

  @Option(name: .long, help: ArgumentHelp("The model.", valueName: "dir"))
  var model: String

  @Option(
    name: .long, help: ArgumentHelp("A task's name and labelled images.", valueName: "name=path"))
  var data: [NamedPath] = []

  @Option(name: .long, help: ArgumentHelp("Zero-shot heads by task.", valueName: "file"))
  var head: String

  @Option(name: .long, help: ArgumentHelp("The first N images of each task.", valueName: "n"))
  var count: Int?

  @OptionGroup var compute: ComputeOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if data.isEmpty { throw ValidationError("Name at least one task with --data NAME=PATH.") }
    if let count, count < 1 { throw ValidationError("--count is \(count), expected 1 or more.") }
  }

  func run() throws {
    let folder = try ModelFolder(path: model)
    let heads = try HeadFile(path: head)
    let images = try TaskImages.open(data, for: folder)
    let jobs = try images.map { images in
      let head = try heads.head(of: images.name, width: folder.configuration.projectionSize)
      return ZeroShotEvaluation(
        model: model, images: images, labels: try images.labels(classes: head.classes),
        head: head, count: min(count ?? .max, images.source.samples.count))
    }
    let tower = try folder.tower()
    let total = jobs.reduce(0) { $0 + $1.count }
    let progress = ProgressBar("evaluating", quiet: common.quiet)
    defer { progress.finish() }
    var done = 0
    var results: [EvaluationReport.Task] = []
    for job in jobs {
      let before = done
      let correct = try job.correct(tower, batch: compute.batch, pool: compute.pool) {
        finished, _ in
        progress.update(before + finished, total)
      }
      done += job.count
      results.append(
        EvaluationReport.Task(name: job.images.name, samples: job.count, correct: correct))
    }
    progress.finish()
    try EvaluationReport(model: model, digest: folder.digest(), tasks: results).print(common)
  }
}
