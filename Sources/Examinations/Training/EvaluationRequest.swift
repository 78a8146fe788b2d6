import ModelMerging
import Probes
import VisionTransformers

/// How many labelled images a model classifies right.
///
/// For plain towers, static merges and mixtures of experts. An image counts as the class whose head row
/// has the largest cosine with the image's features.
public struct EvaluationRequest: ExaminationRequest {
  /// The model.
  public var model: String
  /// Tasks with labelled images.
  public var data: [NamedPath]
  /// The file of zero-shot heads.
  public var head: String
  /// The first images of each task; all when `nil`.
  public var count: Int?
  /// How much of the machine is used.
  public var compute: ComputeSettings

  /// A request.
  public init(
    model: String, data: [NamedPath], head: String, count: Int? = nil,
    compute: ComputeSettings = ComputeSettings()
  ) {
    self.model = model
    self.data = data
    self.head = head
    self.count = count
    self.compute = compute
  }

  /// The accuracy of each task.
  ///
  /// - Throws: ``TrainingInputError``; what reading model, images and heads throws.
  public func run(_ examiner: Examiner) throws -> EvaluationReport {
    let folder = try OpenedInputs(examiner).model(model)
    let heads = try HeadFile(path: head)
    let images = try TaskImages.open(data, for: folder)
    let jobs = try images.map { images in
      let head = try heads.head(of: images.name, width: folder.configuration.projectionSize)
      return ZeroShotEvaluation(
        model: model, images: images, labels: try images.labels(for: head),
        head: head, count: min(count ?? .max, images.source.samples.count))
    }
    let tower = try folder.tower()
    let total = jobs.reduce(0) { $0 + $1.count }
    let results = try examiner.stage("evaluating") { stage in
      var done = 0
      return try jobs.map { job in
        let before = done
        let correct = try job.correct(tower, batch: compute.batch, pool: compute.pool) {
          finished, _ in
          stage.update(before + finished, total)
        }
        done += job.count
        return EvaluationReport.Task(
          name: job.images.name, samples: job.count, correct: correct)
      }
    }
    return EvaluationReport(model: model, digest: try folder.digest(), tasks: results)
  }
}
