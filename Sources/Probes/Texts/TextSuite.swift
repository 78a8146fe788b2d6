import Diagnostics
import Documents
import Files
import Foundation

/// Fixed texts for fingerprints of language models: which items of which sources, pinned by digest.
///
/// The manifest is JSON, schema `routemark.suite/2`. Two fingerprints can be compared when their suites have the
/// same ``digest``, which depends on the tasks' names and texts and not on where the files lie.
public struct TextSuite: Sendable, Hashable {
  /// The schema this version writes and reads.
  public static let schema = "routemark.suite/2"

  /// One text.
  public struct Item: Sendable, Hashable, Codable {
    /// Its place in a file, or its name in a folder.
    public var key: String
    /// SHA-256 of its bytes in UTF-8.
    public var digest: Digest

    enum CodingKeys: String, CodingKey {
      case key
      case digest = "sha256"
    }
  }

  /// One task's texts.
  public struct Task: Sendable, Hashable, Codable {
    /// The name by which fingerprints call it.
    public var name: String
    /// The source's path, relative to the manifest's folder, or absolute.
    public var path: String
    /// How the source holds texts.
    public var source: TextSource.Format
    /// How the items were chosen from the source.
    public var selection: ProbeSelection
    /// Number of items.
    public var count: Int
    /// The items in order.
    public var items: [Item]
    /// Digest over the items' keys and digests.
    public var samplesDigest: Digest

    enum CodingKeys: String, CodingKey {
      case name, path, source, selection, count, items
      case samplesDigest = "samples_sha256"
    }

    /// A task of these items.
    init(
      name: String, path: String, source: TextSource.Format, selection: ProbeSelection,
      items: [Item]
    ) {
      self.name = name
      self.path = path
      self.source = source
      self.selection = selection
      self.items = items
      count = items.count
      samplesDigest = Self.digest(of: items)
    }

    static func digest(of items: [Item]) -> Digest {
      var builder = SHA256Builder()
      for item in items { builder.update(Array("\(item.key)\0\(item.digest)\n".utf8)) }
      return builder.finish()
    }
  }

  /// Tasks in the order of the fingerprints' rows.
  public var tasks: [Task]

  /// The number of texts of all tasks.
  public var sampleCount: Int { tasks.reduce(0) { $0 + $1.count } }

  /// The name of the suite: SHA-256 over schema, kind, and the tasks' names, counts and digests in order.
  public var digest: Digest {
    var lines = [Self.schema, "kind text"]
    for task in tasks {
      lines.append("task \(task.name.utf8.count) \(task.name) \(task.count) \(task.samplesDigest)")
    }
    return Digest.sha256(of: Array(lines.joined(separator: "\n").utf8))
  }

  /// A suite of the first or of sampled items of some sources.
  ///
  /// - Parameter folder: where the manifest will lie; the paths it holds are relative to it.
  /// - Throws: ``ProbeSuiteError``; the sources' errors.
  public static func make(
    sources: [(name: String, path: String, format: TextSource.Format)], count: Int,
    selection: ProbeSelection, in folder: String, progress: ProgressHandler? = nil
  ) throws -> TextSuite {
    guard count > 0 else {
      throw ProbeSuiteError.countNotPositive(task: sources.first?.name ?? "", count: count)
    }
    var tasks: [Task] = []
    for (name, path, format) in sources {
      guard !tasks.contains(where: { $0.name == name }) else {
        throw ProbeSuiteError.duplicateTask(name: name)
      }
      let source = try TextSource(path: path, format: format)
      guard count <= source.keys.count else {
        throw ProbeSuiteError.tooFewSamples(
          task: name, source: path, expected: count, actual: source.keys.count)
      }
      let items = selection.rows(count: count, of: source.keys.count).map { row in
        Item(key: source.keys[row], digest: Digest.sha256(of: source.text(at: row)))
      }
      tasks.append(
        Task(
          name: name, path: RelativePath.from(folder: folder, to: path), source: format,
          selection: selection, items: items))
      progress?(tasks.count, sources.count)
    }
    return TextSuite(tasks: tasks)
  }

  /// Reads all texts again and holds them against their digests.
  ///
  /// - Parameter folder: the manifest's folder.
  /// - Throws: ``ProbeSuiteError/textChanged(task:source:key:)``; the sources' errors.
  public func verify(in folder: String, progress: ProgressHandler? = nil) throws {
    for (place, task) in tasks.enumerated() {
      let source = try TextSource(
        path: RelativePath.resolve(task.path, in: folder), format: task.source)
      let rows = Dictionary(uniqueKeysWithValues: zip(source.keys, source.keys.indices))
      for item in task.items {
        guard let row = rows[item.key], Digest.sha256(of: source.text(at: row)) == item.digest
        else {
          throw ProbeSuiteError.textChanged(task: task.name, source: source.path, key: item.key)
        }
      }
      progress?(place + 1, tasks.count)
    }
  }
}

extension TextSuite: Codable {
  private enum CodingKeys: String, CodingKey { case schema, kind, tasks, digest }

  /// Decodes and checks schema, names, counts and digests.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    func corrupt(_ key: CodingKeys, _ reason: String) -> DecodingError {
      DecodingError.dataCorruptedError(forKey: key, in: container, debugDescription: reason)
    }
    let schema = try container.decode(String.self, forKey: .schema)
    guard schema == Self.schema else {
      throw corrupt(.schema, "the schema is `\(schema)`, expected `\(Self.schema)`")
    }
    guard try container.decode(String.self, forKey: .kind) == "text" else {
      throw corrupt(.kind, "the kind of items is not `text`")
    }
    tasks = try container.decode([Task].self, forKey: .tasks)
    guard !tasks.isEmpty else { throw corrupt(.tasks, "a suite needs at least one task") }
    guard Set(tasks.map(\.name)).count == tasks.count else {
      throw corrupt(.tasks, "two tasks have the same name")
    }
    for task in tasks {
      guard task.count > 0, task.items.count == task.count,
        Set(task.items.map(\.key)).count == task.count
      else { throw corrupt(.tasks, "task `\(task.name)` does not list \(task.count) items") }
      guard Task.digest(of: task.items) == task.samplesDigest else {
        throw corrupt(.tasks, "the items of task `\(task.name)` do not have its digest")
      }
    }
    let stated = try container.decode(Digest.self, forKey: .digest)
    guard stated == digest else {
      throw corrupt(.digest, "the digest is \(stated), the tasks listed have \(digest)")
    }
  }

  /// Encodes the manifest with its schema, kind and digest.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(Self.schema, forKey: .schema)
    try container.encode("text", forKey: .kind)
    try container.encode(tasks, forKey: .tasks)
    try container.encode(digest, forKey: .digest)
  }
}
