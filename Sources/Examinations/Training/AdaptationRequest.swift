import ModelMerging
import Probes

/// Trains a merged model's gates on unlabelled images; nothing else changes.
///
/// Minimises the entropy of zero-shot predictions (WEMoE's test-time adaptation).
public struct AdaptationRequest: ExaminationRequest {
  /// The merged model.
  public var model: String
  /// Tasks with images; labels are not read.
  public var data: [NamedPath]
  /// The file of zero-shot heads.
  public var head: String
  /// How the training goes.
  public var course: TrainingCourse
  /// The folder to write.
  public var output: OutputPlace
  /// Begin with fresh gates from the course's seed.
  public var fromScratch = false

  /// A request.
  public init(
    model: String, data: [NamedPath], head: String, course: TrainingCourse, output: OutputPlace
  ) {
    self.model = model
    self.data = data
    self.head = head
    self.course = course
    self.output = output
  }

  /// Trains and writes.
  ///
  /// - Throws: `MergeError.notAMixture`, ``TrainingInputError``, `TrainingError`; what reading model,
  ///   images and heads throws.
  public func run(_ examiner: Examiner) throws -> TrainingSummary {
    let folder = try OpenedInputs(examiner).model(model)
    let images = try TaskImages.open(data, for: folder)
    let made = try RouterAdaptation(
      folder: folder, heads: HeadFile(path: head), images: images,
      settings: course.settings(seed: course.seed(for: output, examiner)),
      schedule: course.schedule, fromScratch: fromScratch,
      cache: PixelCache(sampleCounts: images.map(\.source.samples.count))
    ).run(
      output: output.path, course.handling(output), label: "adapting", examiner: examiner)
    return TrainingSummary(
      made.run, digest: try ModelFolder(path: made.run.output).digest(), outcome: made.outcome,
      isMixture: true)
  }
}
