import Checkpoints
import Diagnostics
import Documents
import Files
import Foundation
import Probes
import Training

/// One entry of the `training` list in a `config.json`: everything that decides a run's bits.
public struct TrainingRecord: Codable, Equatable, Sendable {
  /// A task's images.
  struct Data: Codable, Equatable, Sendable {
    let task: String
    let samples: Int
    let sha256: Digest
  }

  /// What is trained.
  public enum Operation: String, Codable, Sendable {
    case finetune, adapt
  }

  let operation: Operation
  let tool: String
  let model: Digest
  let head: Digest
  let teacher: Digest?
  let data: [Data]
  let steps: Int
  let batch: Int
  let accumulation: Int
  let learningRate: Double
  let schedule: String
  let warmupSteps: Int
  let weightDecay: Double
  let labelSmoothing: Double?
  let fromScratch: Bool?
  let frozenGates: Bool?
  let seed: UInt64

  enum CodingKeys: String, CodingKey {
    case operation, tool, model, head, teacher, data, steps, batch, accumulation, schedule, seed
    case learningRate = "learning_rate"
    case warmupSteps = "warmup_steps"
    case weightDecay = "weight_decay"
    case labelSmoothing = "label_smoothing"
    case fromScratch = "from_scratch"
    case frozenGates = "frozen_gates"
  }

  /// The record of a run.
  ///
  /// - Throws: `FileError`, `CheckpointError`.
  init(
    _ operation: Operation, model: Digest, head: HeadFile, tasks: [TaskImages],
    settings: TrainingSettings, schedule: ScheduleName, tool: String, labelSmoothing: Double? = nil,
    fromScratch: Bool? = nil, frozenGates: Bool? = nil, teacher: Digest? = nil
  ) throws {
    self.operation = operation
    self.tool = tool
    self.model = model
    self.head = try head.digest()
    self.teacher = teacher
    data = try tasks.map {
      Data(task: $0.name, samples: $0.source.samples.count, sha256: try $0.digest())
    }
    steps = settings.schedule.totalSteps
    batch = settings.batchSize
    accumulation = settings.accumulation
    learningRate = settings.schedule.peak
    self.schedule = schedule.rawValue
    warmupSteps = settings.schedule.warmupSteps
    weightDecay = settings.optimizer.weightDecay
    self.labelSmoothing = labelSmoothing
    self.fromScratch = fromScratch
    self.frozenGates = frozenGates
    seed = settings.seed
  }

  /// The keys of a `config.json` that lists this run after those before it.
  ///
  /// - Throws: ``TrainingInputError/malformedHistory(file:expected:actual:)``, `CheckpointError`.
  func configuration(after file: String) throws -> [String: JSONValue] {
    var keys = try StrictJSON.decode([String: JSONValue].self, contentsOf: file)
    keys["training"] = .array(try Self.history(in: keys, file: file) + [JSONValue(encoding: self)])
    return keys
  }

  /// Whether `file` is the `config.json` of a model that this very run has made.
  func isLast(in file: String) throws -> Bool {
    let keys = try StrictJSON.decode([String: JSONValue].self, contentsOf: file)
    return try Self.history(in: keys, file: file).last == JSONValue(encoding: self)
  }

  private static func history(
    in keys: [String: JSONValue], file: String
  ) throws(TrainingInputError) -> [JSONValue] {
    switch keys["training"] {
    case .array(let entries): return entries
    case nil: return []
    case .some: throw .malformedHistory(file: file, expected: "a list", actual: "another value")
    }
  }

  /// The first key, by name, in which a run differs from another: its values here and there.
  func firstDifference(from other: TrainingRecord) throws -> (
    key: String, own: String, other: String
  )? {
    func keys(_ record: TrainingRecord) throws -> [String: JSONValue] {
      guard case .object(let keys) = try JSONValue(encoding: record) else { return [:] }
      return keys
    }
    let (mine, others) = (try keys(self), try keys(other))
    for key in Set(mine.keys).union(others.keys).sorted() where mine[key] != others[key] {
      return (key, try Self.text(mine[key]), try Self.text(others[key]))
    }
    return nil
  }

  private static func text(_ value: JSONValue?) throws -> String {
    guard let value else { return "missing" }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }
}
