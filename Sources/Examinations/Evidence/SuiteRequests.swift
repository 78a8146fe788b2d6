import Diagnostics
import Foundation
import Probes

/// Chooses images from sources and pins them by digest.
public struct SuiteCreationRequest: ExaminationRequest {
  /// Tasks with their images.
  public var tasks: [NamedPath]
  /// Images of each task.
  public var count: Int
  /// How they are chosen.
  public var selection: ProbeSelection
  /// A `preprocessor_config.json` for all models; each model's own when `nil`.
  public var preprocessor: String?
  /// The manifest to write.
  public var output: OutputPlace

  /// A request.
  public init(
    tasks: [NamedPath], count: Int = 200, selection: ProbeSelection = .first,
    preprocessor: String? = nil, output: OutputPlace
  ) {
    self.tasks = tasks
    self.count = count
    self.selection = selection
    self.preprocessor = preprocessor
    self.output = output
  }

  /// Writes the manifest.
  ///
  /// - Throws: `ProbeSuiteError`, `ImageError`, `FileError`.
  public func run(_ examiner: Examiner) throws -> SuiteSummary {
    let suite = try examiner.stage("hashing images") { stage in
      try ProbeSuite.make(
        sources: tasks.map { ($0.name, $0.path) }, count: count, selection: selection,
        preprocessing: try preprocessor.map { try ImagePreprocessor(contentsOf: $0) },
        in: (output.path as NSString).deletingLastPathComponent, progress: stage.handler,
        note: examiner.warn)
    }
    try DocumentFile.write(suite, to: output)
    return try SuiteSummary(suite, path: output.path)
  }
}

/// Whether a suite's images are still the pinned ones.
public struct SuiteCheckRequest: ExaminationRequest {
  /// The manifest.
  public var suite: String

  /// A request.
  public init(suite: String) { self.suite = suite }

  /// Hashes all images again.
  ///
  /// - Throws: `ProbeSuiteError.samplesChanged` when one is another; what opening a suite throws.
  public func run(_ examiner: Examiner) throws -> SuiteSummary {
    try SuiteSummary(OpenedInputs(examiner).suite(suite).suite, path: suite)
  }
}

/// What a suite holds.
public struct SuiteSummary: Encodable, Sendable {
  /// One task.
  public struct Task: Encodable, Sendable {
    /// Its name.
    public let name: String
    /// Its source, as the manifest names it.
    public let path: String
    /// Its number of images.
    public let count: Int
    /// How they were chosen.
    public let selection: ProbeSelection
  }

  /// The schema of the JSON.
  public let schema = "routemark.suite-summary/1"
  /// The manifest.
  public let path: String
  /// The suite's name.
  public let digest: Digest
  /// The tasks in order.
  public let tasks: [Task]
  /// The number of images of all tasks.
  public let sampleCount: Int

  init(_ suite: ProbeSuite, path: String) throws {
    self.path = path
    digest = try suite.digest
    tasks = suite.tasks.map {
      Task(name: $0.name, path: $0.path, count: $0.count, selection: $0.selection)
    }
    sampleCount = suite.sampleCount
  }
}
