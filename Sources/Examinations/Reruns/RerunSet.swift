import Diagnostics
import Documents
import Files
import Foundation
import ModelMerging

/// Trainings of one expert's recipe with other seeds, and what says that they are.
///
/// A folder with a manifest, `reruns.json`, and a folder of a model for each run. The manifest is
/// replaced whole after every run, so a set that was stopped names just what is finished.
public struct RerunSet: Codable, Sendable, Equatable {
  /// The schema of the manifest.
  public static let schema = "routemark.reruns/1"
  /// The manifest's name.
  public static let manifestName = "reruns.json"

  /// One training.
  public struct Run: Codable, Sendable, Equatable {
    /// The model's folder, relative to the set's.
    public let path: String
    /// The seed; `nil` when it was trained elsewhere.
    public let seed: UInt64?
    /// The model's digest.
    public let sha256: Digest
  }

  /// How it was decided when to stop, before the first run.
  public struct Sequential: Codable, Sendable, Equatable {
    /// The suspect for which runs were made.
    public let suspect: Digest
    /// h: how many runs must reach the victim before it stops.
    public let exceedancesToStop: Int
    /// K: how many runs it takes at most.
    public let maximumCount: Int
    /// How many runs, the first ones, span what is projected out and are not ranked.
    public let fixedCount: Int

    enum CodingKeys: String, CodingKey, CaseIterable {
      case suspect
      case exceedancesToStop = "exceedances_to_stop"
      case maximumCount = "maximum_count"
      case fixedCount = "fixed_count"
    }
  }

  /// The schema.
  public let schema: String
  /// The digest of the expert whose recipe is repeated.
  public let victim: Digest
  /// The digest of the model that it was trained from.
  public let base: Digest
  /// The task, by the name that heads and data have.
  public let task: String
  /// The recipe without its seed, as the expert's own record states it; or in words.
  public let recipe: JSONValue
  /// Whether the victim's seed is one that many people use.
  public let hasPopularSeed: Bool
  /// How the number of runs is decided; `nil` for a fixed number.
  public var sequential: Sequential?
  /// The runs, in the order in which they were made.
  public var runs: [Run]

  /// Whether the recipe is somebody's words and no record.
  var hasStatedRecipe: Bool { if case .string = recipe { true } else { false } }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case schema, victim, base, task, recipe, sequential, runs
    case hasPopularSeed = "has_popular_seed"
  }
}

/// A set of re-runs on disk.
public struct RerunFolder: Sendable {
  /// The folder.
  public let path: String

  /// The set in a folder; nothing is read.
  public init(path: String) {
    var name = path[...]
    while name.count > 1, name.hasSuffix("/") { name.removeLast() }
    self.path = String(name)
  }

  /// The manifest's path.
  public var manifestPath: String { "\(path)/\(RerunSet.manifestName)" }

  /// Whether there is a manifest.
  public var exists: Bool { FileManager.default.fileExists(atPath: manifestPath) }

  /// Reads the manifest.
  ///
  /// - Throws: `FileError`, `DocumentError`, ``RerunError/unknownSchema(file:actual:)``.
  public func read() throws -> RerunSet {
    let set = try StrictJSON.decode(RerunSet.self, contentsOf: manifestPath)
    guard set.schema == RerunSet.schema else {
      throw RerunError.unknownSchema(file: manifestPath, actual: set.schema)
    }
    return set
  }

  /// Replaces the manifest.
  func write(_ set: RerunSet) throws {
    let value = try JSONValue(encoding: set)
    try InputLedger.suspended { try value.write(to: manifestPath, replacing: true) }
  }

  /// Opens a run, found to be the manifest's.
  ///
  /// - Throws: ``RerunError/runChanged(folder:run:expected:actual:)``, and what opening a model throws.
  func open(_ run: RerunSet.Run) throws -> ModelFolder {
    let folder = try ModelFolder(path: RelativePath.resolve(run.path, in: path))
    let digest = try folder.digest()
    guard digest == run.sha256 else {
      throw RerunError.runChanged(
        folder: path, run: run.path, expected: run.sha256, actual: digest)
    }
    return folder
  }
}
