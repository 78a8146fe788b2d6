import Diagnostics
import Documents
import Files
import Foundation

/// A suite whose sources are open and whose images were found to be the pinned ones.
public struct OpenSuite: Sendable {
  /// The manifest.
  public let suite: ProbeSuite
  /// The suite's name.
  public let digest: Digest
  private let sources: [ProbeSource]
  private let rows: [[Int]]
  /// The first row of every task, and the number of rows last.
  private let starts: [Int]

  /// Opens the sources of a manifest and hashes the chosen images.
  ///
  /// - Parameter folder: the manifest's folder, from which relative paths start.
  /// - Throws: ``ProbeSuiteError/samplesChanged(task:source:expected:actual:)``,
  ///   ``ProbeSuiteError/tooFewSamples(task:source:expected:actual:)``; the sources' errors.
  public init(_ suite: ProbeSuite, in folder: String, progress: ProgressHandler? = nil) throws {
    self.suite = suite
    digest = try suite.digest
    var sources: [ProbeSource] = []
    var rows: [[Int]] = []
    var starts = [0]
    for task in suite.tasks {
      let source = try ProbeSource(path: RelativePath.resolve(task.path, in: folder))
      let chosen = try Self.choose(task.name, task.selection, task.count, from: source)
      let actual = try Self.digest(of: chosen, in: source)
      guard actual == task.samplesDigest else {
        throw ProbeSuiteError.samplesChanged(
          task: task.name, source: source.path, expected: task.samplesDigest, actual: actual)
      }
      sources.append(source)
      rows.append(chosen)
      starts.append(starts[starts.count - 1] + task.count)
      progress?(starts[starts.count - 1], suite.sampleCount)
    }
    self.sources = sources
    self.rows = rows
    self.starts = starts
  }

  /// Reads a manifest and opens its sources.
  ///
  /// - Throws: ``ProbeSuiteError/textSuite(path:)``; `DocumentError` for malformed JSON; what
  ///   ``init(_:in:progress:)`` throws.
  public init(contentsOf path: String, progress: ProgressHandler? = nil) throws {
    struct Header: Decodable { var schema: String? }
    if try StrictJSON.decode(Header.self, contentsOf: path).schema == TextSuite.schema {
      throw ProbeSuiteError.textSuite(path: path)
    }
    try self.init(
      try StrictJSON.decode(ProbeSuite.self, contentsOf: path),
      in: (path as NSString).deletingLastPathComponent, progress: progress)
  }

  /// S, the number of images of all tasks.
  public var sampleCount: Int { suite.sampleCount }

  /// The task that row `sample` of the suite belongs to.
  public func task(of sample: Int) -> Int {
    (starts.firstIndex { $0 > sample } ?? starts.count) - 1
  }

  /// Row `sample` of the suite, decoded.
  ///
  /// - Throws: `ImageError` with the image's name.
  public func image(_ sample: Int) throws -> RGBImage {
    let task = task(of: sample)
    return try sources[task].image(at: rows[task][sample - starts[task]])
  }

  static func choose(
    _ task: String, _ selection: ProbeSelection, _ count: Int, from source: ProbeSource
  ) throws(ProbeSuiteError) -> [Int] {
    guard count > 0 else { throw .countNotPositive(task: task, count: count) }
    guard count <= source.samples.count else {
      throw .tooFewSamples(
        task: task, source: source.path, expected: count, actual: source.samples.count)
    }
    return selection.rows(count: count, of: source.samples.count)
  }

  static func digest(of rows: [Int], in source: ProbeSource) throws -> Digest {
    var builder = SHA256Builder()
    for row in rows {
      let bytes = try source.withImageBytes(of: row) { Digest.sha256(of: $0) }
      builder.update(Array("\(source.samples[row].key)\0\(bytes)\n".utf8))
    }
    return builder.finish()
  }
}

extension ProbeSuite {
  /// A suite of the first or of sampled rows of some sources, each of which is decoded once: what
  /// cannot be decoded would stop every capture later.
  ///
  /// - Parameters:
  ///   - sources: names and paths of the tasks, in order.
  ///   - folder: where the manifest will lie; the paths it holds are relative to it.
  ///   - note: is told, in a sentence, what is allowed and probably not meant.
  /// - Throws: ``ProbeSuiteError``; the sources' errors.
  public static func make(
    sources: [(name: String, path: String)], count: Int, selection: ProbeSelection,
    preprocessing: ImagePreprocessor?, in folder: String, progress: ProgressHandler? = nil,
    note: (String) -> Void = { _ in }
  ) throws -> ProbeSuite {
    var tasks: [Task] = []
    for (name, path) in sources {
      guard !tasks.contains(where: { $0.name == name }) else {
        throw ProbeSuiteError.duplicateTask(name: name)
      }
      let source = try ProbeSource(path: path)
      let rows = try OpenSuite.choose(name, selection, count, from: source)
      for row in rows { _ = try source.image(at: row) }
      for text in source.notes + [source.oneSidedness(of: rows, selection)].compactMap({ $0 }) {
        note("task `\(name)`: \(text)")
      }
      tasks.append(
        Task(
          name: name, path: RelativePath.from(folder: folder, to: path), selection: selection,
          count: count, samplesDigest: try OpenSuite.digest(of: rows, in: source)))
      progress?(tasks.count, sources.count)
    }
    return ProbeSuite(tasks: tasks, preprocessing: preprocessing)
  }
}

extension ProbeSource {
  /// A sentence where the first rows are of few of the source's classes: sources are often sorted.
  ///
  /// Where samples have no label, the folder in their name counts as their class.
  fileprivate func oneSidedness(of rows: [Int], _ selection: ProbeSelection) -> String? {
    guard case .first = selection else { return nil }
    let groups = samples.map { sample in
      sample.label.map { "\($0)" }
        ?? String(sample.key.prefix(upTo: sample.key.lastIndex(of: "/") ?? sample.key.startIndex))
    }
    let (all, chosen) = (Set(groups).count, Set(rows.map { groups[$0] }).count)
    // Rows in random order meet more than half of the classes that they could meet.
    guard rows.count < samples.count, 2 * chosen <= min(rows.count, all) else { return nil }
    return
      "the \(rows.count) chosen images are of \(chosen) of \(all) classes, since the first rows "
      + "were taken and the source seems to be sorted by class; draw a sample with a seed instead"
  }
}
