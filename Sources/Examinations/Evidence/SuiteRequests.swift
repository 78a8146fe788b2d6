import Diagnostics
import Documents
import Files
import Foundation
import Probes

/// Chooses images or texts from sources and pins them by digest.
public struct SuiteCreationRequest: ExaminationRequest {
  /// Tasks with their images, or all with their texts.
  public var tasks: [NamedPath]
  /// Items of each task.
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
    let formats = try tasks.map { ($0, try TextSource.format(at: $0.path)) }
    let texts = formats.compactMap { task, format in format.map { (task.name, task.path, $0) } }
    if let text = texts.first { return try makeTextSuite(texts, first: text.0, formats, examiner) }
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

  private func makeTextSuite(
    _ sources: [(String, String, TextSource.Format)], first: String,
    _ formats: [(NamedPath, TextSource.Format?)], _ examiner: Examiner
  ) throws -> SuiteSummary {
    if let image = formats.first(where: { $0.1 == nil }) {
      throw ProbeSuiteError.mixedKinds(text: first, image: image.0.name)
    }
    let suite = try examiner.stage("hashing texts") { stage in
      try TextSuite.make(
        sources: sources.map { (name: $0.0, path: $0.1, format: $0.2) }, count: count,
        selection: selection, in: (output.path as NSString).deletingLastPathComponent,
        progress: stage.handler)
    }
    try DocumentFile.write(suite, to: output)
    return SuiteSummary(suite, path: output.path)
  }
}

/// Whether a suite's images or texts are still the pinned ones.
public struct SuiteCheckRequest: ExaminationRequest {
  /// The manifest.
  public var suite: String

  /// A request.
  public init(suite: String) { self.suite = suite }

  /// Hashes all items again.
  ///
  /// - Throws: `ProbeSuiteError.samplesChanged` or `textChanged` when one is another; what opening a suite
  ///   throws.
  public func run(_ examiner: Examiner) throws -> SuiteSummary {
    struct Header: Decodable { var schema: String? }
    if try StrictJSON.decode(Header.self, contentsOf: suite).schema == TextSuite.schema {
      let texts = try StrictJSON.decode(TextSuite.self, contentsOf: suite)
      try examiner.stage("hashing texts") { stage in
        try texts.verify(
          in: (suite as NSString).deletingLastPathComponent, progress: stage.handler)
      }
      return SuiteSummary(texts, path: suite)
    }
    return try SuiteSummary(OpenedInputs(examiner).suite(suite).suite, path: suite)
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

  /// What items are.
  public enum Kind: String, Encodable, Sendable { case image, text }

  /// The schema of the JSON.
  public let schema = "routemark.suite-summary/1"
  /// What items are.
  public let kind: Kind
  /// The manifest.
  public let path: String
  /// The suite's name.
  public let digest: Digest
  /// The tasks in order.
  public let tasks: [Task]
  /// The number of images of all tasks.
  public let sampleCount: Int

  init(_ suite: TextSuite, path: String) {
    self.path = path
    kind = .text
    digest = suite.digest
    tasks = suite.tasks.map {
      Task(name: $0.name, path: $0.path, count: $0.count, selection: $0.selection)
    }
    sampleCount = suite.sampleCount
  }

  init(_ suite: ProbeSuite, path: String) throws {
    self.path = path
    kind = .image
    digest = try suite.digest
    tasks = suite.tasks.map {
      Task(name: $0.name, path: $0.path, count: $0.count, selection: $0.selection)
    }
    sampleCount = suite.sampleCount
  }
}
