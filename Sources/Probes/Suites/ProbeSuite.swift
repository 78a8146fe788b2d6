import Diagnostics
import Documents
import Foundation

/// Fixed inputs for fingerprints: which images of which sources, pinned by digest.
///
/// The manifest is JSON, schema `routemark.suite/1`. Two fingerprints can be compared when their
/// suites have the same ``digest``, which depends on the tasks' names and images and on the
/// preprocessing, and not on where the files lie.
public struct ProbeSuite: Sendable, Hashable, Codable {
  /// The schema this version writes and reads.
  public static let schema = "routemark.suite/1"

  /// One task's images.
  public struct Task: Sendable, Hashable, Codable {
    /// The name by which fingerprints call it.
    public var name: String
    /// The source's path, relative to the manifest's folder, or absolute.
    public var path: String
    /// How the images were chosen from the source.
    public var selection: ProbeSelection
    /// Number of images.
    public var count: Int
    /// Digest of the chosen images: SHA-256 over their keys and the digests of their bytes, in order.
    public var samplesDigest: Digest

    enum CodingKeys: String, CodingKey {
      case name, path, selection, count
      case samplesDigest = "samples_sha256"
    }
  }

  /// Tasks in the order of the fingerprints' rows.
  public var tasks: [Task]
  /// How images become pixels; `nil` means as each model's own `preprocessor_config.json` says.
  public var preprocessing: ImagePreprocessor?

  enum CodingKeys: String, CodingKey { case schema, tasks, preprocessing, digest }

  /// A suite of these tasks.
  public init(tasks: [Task], preprocessing: ImagePreprocessor?) {
    self.tasks = tasks
    self.preprocessing = preprocessing
  }

  /// N, the number of tasks, times their images.
  public var sampleCount: Int { tasks.reduce(0) { $0 + $1.count } }

  /// The name of the suite: SHA-256 over the tasks' names, counts and sample digests in order and the
  /// preprocessing.
  public var digest: Digest {
    get throws {
      var lines = [Self.schema]
      for task in tasks {
        // The length makes a name that contains a line break or a space unambiguous.
        lines.append(
          "task \(task.name.utf8.count) \(task.name) \(task.count) \(task.samplesDigest)")
      }
      if let preprocessing {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        lines.append(String(decoding: try encoder.encode(preprocessing), as: UTF8.self))
      }
      return Digest.sha256(of: Array(lines.joined(separator: "\n").utf8))
    }
  }

  /// Decodes and checks schema, names, counts and the stated digest.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    func corrupt(_ key: CodingKeys, _ reason: String) -> DecodingError {
      DecodingError.dataCorruptedError(forKey: key, in: container, debugDescription: reason)
    }
    let schema = try container.decode(String.self, forKey: .schema)
    guard schema == Self.schema else {
      throw corrupt(.schema, "the schema is `\(schema)`, expected `\(Self.schema)`")
    }
    tasks = try container.decode([Task].self, forKey: .tasks)
    preprocessing = try container.decodeIfPresent(ImagePreprocessor.self, forKey: .preprocessing)
    guard !tasks.isEmpty else { throw corrupt(.tasks, "a suite needs at least one task") }
    guard Set(tasks.map(\.name)).count == tasks.count else {
      throw corrupt(.tasks, "two tasks have the same name")
    }
    for task in tasks where task.count < 1 || task.count > 1 << 32 {
      throw corrupt(.tasks, "task `\(task.name)` has \(task.count) images, expected at least 1")
    }
    let stated = try container.decode(Digest.self, forKey: .digest)
    let actual = try digest
    guard stated == actual else {
      throw corrupt(.digest, "the digest is \(stated), the tasks listed have \(actual)")
    }
  }

  /// Encodes the manifest with its schema and digest.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(Self.schema, forKey: .schema)
    try container.encode(tasks, forKey: .tasks)
    try container.encodeIfPresent(preprocessing, forKey: .preprocessing)
    try container.encode(try digest, forKey: .digest)
  }
}
