import ModelMerging
import Tensors
import Training

/// Makes an expert of a tower, or goes on training a merged model, on labelled images against frozen
/// heads.
///
/// Of a tower every tensor is trained. Of a merged model the task vectors of all experts and the gates
/// are; base and attention stay, and the output is written in full. Results depend on the seed and not
/// on the threads.
public struct FinetuningRequest: ExaminationRequest {
  /// The model to start from.
  public var model: String
  /// Tasks with labelled images; one for a tower, any number for a merged model.
  public var data: [NamedPath]
  /// The file of zero-shot heads.
  public var head: String
  /// How the training goes.
  public var course: TrainingCourse
  /// The folder to write.
  public var output: OutputPlace
  /// Share of the target that is spread over all classes.
  public var labelSmoothing = 0.0
  /// A model to learn from instead of labels.
  public var teacher: String?
  /// Leave a merged model's gates as they are.
  public var frozenGates = false
  /// Element type of the output.
  public var elementType = ModelElementType.f32

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
  /// - Throws: ``TrainingInputError``, `TrainingError`; what reading model, images and heads throws.
  ///   A run that is stopped leaves its state beside the output and goes on from there.
  public func run(_ examiner: Examiner) throws -> TrainingSummary {
    let inputs = OpenedInputs(examiner)
    let folder = try openModel(inputs)
    let heads = try HeadFile(path: head)
    let images = try TaskImages.open(data, for: folder)
    let made = try train(folder, heads, images, teacher: openTeacher(inputs), examiner)
    return TrainingSummary(
      made.run, digest: try ModelFolder(path: made.run.output).digest(), outcome: made.outcome,
      isMixture: folder.mixture != nil)
  }

  /// What would be trained, after every check that a run begins with; nothing is written.
  ///
  /// - Throws: what the run itself would throw before its first step.
  public func preview(_ examiner: Examiner) throws -> FinetunePreview {
    let inputs = OpenedInputs(examiner)
    return try FinetunePreview(self, openModel(inputs), teacher: openTeacher(inputs))
  }

  private func openModel(_ inputs: OpenedInputs) throws -> ModelFolder {
    let folder = try inputs.model(model)
    guard folder.mixture == nil, frozenGates || data.count > 1 else { return folder }
    throw TrainingInputError.notAMixture(
      model: model, asked: frozenGates ? "leaving gates as they are" : "more than one task")
  }

  private func openTeacher(_ inputs: OpenedInputs) throws -> Teacher? {
    try teacher.map {
      Teacher(folder: try inputs.model($0), pool: WorkerPool(threads: course.threads))
    }
  }

  private func train(
    _ folder: ModelFolder, _ heads: HeadFile, _ images: [TaskImages], teacher: Teacher?,
    _ examiner: Examiner
  ) throws -> (run: TrainingRun, outcome: TrainingOutcome?) {
    let settings = try course.settings(seed: course.seed(for: output, examiner))
    let handling = course.handling(output)
    guard folder.mixture == nil else {
      return try MixtureFinetuning(
        folder: folder, heads: heads, images: images, settings: settings,
        schedule: course.schedule, labelSmoothing: labelSmoothing, frozenGates: frozenGates,
        teacher: teacher, elementType: elementType
      ).run(output: output.path, handling, label: "fine-tuning", examiner: examiner)
    }
    return try ExpertTraining(base: folder, heads: heads, tasks: images).run(
      ExpertTraining.Job(
        images: images[0], task: 0, settings: settings, schedule: course.schedule,
        labelSmoothing: labelSmoothing, teacher: teacher, elementType: elementType,
        output: output.path),
      handling, label: "fine-tuning", examiner: examiner)
  }
}
