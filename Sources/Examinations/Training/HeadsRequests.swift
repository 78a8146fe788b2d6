import Checkpoints
import Foundation
import ZeroShotHeads

/// A task and the names of its classes, `cat,dog` or a file.
public struct NamedClasses: Sendable, Hashable {
  /// The task.
  public var task: String
  /// The names, or the file that holds them.
  public var classes: String

  /// A task and its classes.
  public init(task: String, classes: String) {
    self.task = task
    self.classes = classes
  }
}

/// Makes zero-shot heads from a text tower and class names.
public struct HeadsMakingRequest: ExaminationRequest {
  /// The folder of a CLIP, or of its text tower, with the tokenizer.
  public var textModel: String
  /// The tasks in order.
  public var tasks: [NamedClasses]
  /// Prompts with `{}` where the class name goes.
  public var templates: [String]
  /// What cosines are multiplied with; as the checkpoint says when `nil`.
  public var logitScale: Double?
  /// The file to write.
  public var output: OutputPlace

  /// A request.
  public init(
    textModel: String, tasks: [NamedClasses], templates: [String], logitScale: Double? = nil,
    output: OutputPlace
  ) {
    self.textModel = textModel
    self.tasks = tasks
    self.templates = templates
    self.logitScale = logitScale
    self.output = output
  }

  /// Writes the heads.
  ///
  /// - Throws: `HeadsError`, `CheckpointError`, `DocumentError`, `FileError`.
  public func run(_ examiner: Examiner) throws -> HeadsSummary {
    let classes = try tasks.map { try ClassNames(parsing: $0.classes, task: $0.task) }
    let tower = try TextTower(folder: textModel)
    guard let scale = logitScale ?? tower.logitScale else {
      throw HeadsError.noLogitScale(file: textModel)
    }
    var heads = try ZeroShotHeads(logitScale: scale)
    for (task, classes) in zip(tasks, classes) {
      try examiner.stage("prompts of \(task.task)") { stage in
        try heads.add(
          task.task, classes: classes, templates: templates, tower: tower, file: textModel,
          progress: stage.handler)
      }
    }
    try heads.write(to: output.path, replacing: output.replacing)
    return HeadsSummary(heads, path: output.path)
  }
}

/// Makes zero-shot heads from text features that were computed elsewhere.
public struct HeadsImportRequest: ExaminationRequest {
  /// A task, its features and its classes.
  public struct Task: Sendable, Hashable {
    /// The name.
    public var name: String
    /// A safetensors file with one tensor `[C, P]`, or with one of the task's name.
    public var features: String
    /// The class names, or the file that holds them.
    public var classes: String

    /// A task.
    public init(name: String, features: String, classes: String) {
      self.name = name
      self.features = features
      self.classes = classes
    }
  }

  /// The tasks in order.
  public var tasks: [Task]
  /// What cosines are multiplied with.
  public var logitScale: Double
  /// The file to write.
  public var output: OutputPlace

  /// A request.
  public init(tasks: [Task], logitScale: Double, output: OutputPlace) {
    self.tasks = tasks
    self.logitScale = logitScale
    self.output = output
  }

  /// Writes the heads.
  ///
  /// - Throws: `HeadsError`, `CheckpointError`, `DocumentError`, `FileError`.
  public func run(_ examiner: Examiner) throws -> HeadsSummary {
    var heads = try ZeroShotHeads(logitScale: logitScale)
    for task in tasks {
      try heads.add(
        task.name, classes: ClassNames(parsing: task.classes, task: task.name),
        features: Self.features(task), file: task.features)
    }
    try heads.write(to: output.path, replacing: output.replacing)
    return HeadsSummary(heads, path: output.path)
  }

  private static func features(_ task: Task) throws -> [[Double]] {
    let checkpoint = try Checkpoint(path: task.features)
    let names = checkpoint.tensorNames
    let name = ["\(task.name).weight", task.name].first(where: names.contains) ?? names.first
    guard let name, names.count == 1 || name.hasPrefix(task.name),
      let shape = checkpoint.descriptor(of: name)?.shape, shape.count == 2, shape[0] > 0,
      shape[1] > 0
    else {
      throw HeadsError.malformed(
        file: task.features, key: task.name,
        expected: "one tensor of shape [classes, width], or one named after the task",
        actual: names.map { "\($0) \(checkpoint.descriptor(of: $0)?.shape ?? [])" }
          .joined(separator: ", "))
    }
    let values = try checkpoint.floats(name, shape: shape)
    return (0..<shape[0]).map { row in
      values[row * shape[1]..<(row + 1) * shape[1]].map(Double.init)
    }
  }
}

/// What a file of heads holds.
public struct HeadsSummary: Encodable, Sendable {
  /// One head.
  public struct Head: Encodable, Sendable {
    /// The task.
    public let task: String
    /// The names of its classes, in the order of the labels.
    public let classes: [String]
    /// P, the length of a row.
    public let width: Int
  }

  /// The schema of the JSON.
  public let schema = "routemark.heads-summary/1"
  /// The file.
  public let path: String
  /// What cosines are multiplied with.
  public let logitScale: Double
  /// The heads in order.
  public let heads: [Head]

  enum CodingKeys: String, CodingKey {
    case schema, path, heads
    case logitScale = "logit_scale"
  }

  init(_ heads: ZeroShotHeads, path: String) {
    self.path = path
    logitScale = heads.logitScale
    self.heads = heads.heads.map {
      Head(task: $0.task, classes: $0.classes.names, width: $0.rows.first?.count ?? 0)
    }
  }
}
