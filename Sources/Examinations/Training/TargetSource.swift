import Training

/// Where training takes from what an image should be classified as.
enum TargetSource {
  /// Nowhere: adaptation never asks.
  case none
  /// The images' labels.
  case labels
  /// A model's answers in their place.
  case teacher(Teacher)

  /// A teacher's answers where there is one, labels where there is none.
  init(_ teacher: Teacher?) { self = teacher.map(Self.teacher) ?? .labels }

  /// The target of every image of a task, in order.
  ///
  /// - Throws: ``TrainingInputError``; what asking a teacher throws.
  func targets(
    of images: TaskImages, head: HeadFile.Head, examiner: Examiner
  ) throws -> [SampleTarget] {
    switch self {
    case .none: []
    case .labels: try images.labels(for: head).map { .label($0) }
    case .teacher(let teacher): try teacher.answers(images, head: head, examiner: examiner)
    }
  }
}
