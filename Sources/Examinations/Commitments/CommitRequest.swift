import Checkpoints
import Diagnostics
import Documents
import ExactTests
import Files
import Foundation
import KeyedRandomness
import ModelMerging
import OwnerFiles
import Probes
import RoutedModels
import Tensors
import VisionTransformers

/// Binds an owner to a victim and to secrets before the release, and tells none of them.
public struct CommitRequest: ExaminationRequest {
  /// The victim, unmarked, with the record of its training.
  public var victim: String
  /// What it was trained from.
  public var base: String
  /// The images that it was trained on.
  public var data: [NamedPath]
  /// The file of the secret subset.
  public var subset: String?
  /// The file of the key of marks.
  public var key: String?
  /// Copies that are released.
  public var released: [String] = []
  /// The commitment, to publish.
  public var output: OutputPlace
  /// The opening, to keep.
  public var opening: OutputPlace

  /// A request.
  public init(
    victim: String, base: String, data: [NamedPath], output: OutputPlace, opening: OutputPlace
  ) {
    self.victim = victim
    self.base = base
    self.data = data
    self.output = output
    self.opening = opening
  }

  /// Checks that everything belongs together, and writes commitment and opening.
  ///
  /// - Throws: ``OwnerRequestError``, `OwnerFileError`; what reading models and images throws.
  public func run(_ examiner: Examiner) throws -> CommitmentSummary {
    let inputs = OpenedInputs(examiner)
    let model = try inputs.model(victim)
    let parent = try inputs.model(base)
    let record = try VictimRecord(of: model)
    let baseDigest = try parent.digest()
    guard record.training.model == baseDigest else {
      throw OwnerRequestError.anotherBase(
        path: victim, expected: record.training.model, actual: baseDigest)
    }
    let images = try TaskImages.open(data, for: model)
    try record.requireImages(images)
    var opened: [Commitment.Secret: Opening.Opened] = [
      .seed: Opening.Opened(value: "\(record.training.seed)")
    ]
    if let subset {
      try Self.requireUse(of: SubsetSecret.read(at: subset), images, victim, examiner)
      opened[.subset] = Opening.Opened(value: try Self.text(of: subset))
    }
    if let key {
      _ = try MarkKeyFile.read(at: key)
      opened[.key] = Opening.Opened(value: try Self.text(of: key))
    }
    let commitment = Commitment(
      tool: examiner.tool, stated: Date.now.ISO8601Format(),
      instructions: InstructionSet.best.rawValue, victim: try model.digest(), base: baseDigest,
      data: record.training.data.map {
        Commitment.Data(task: $0.task, samples: $0.samples, sha256: $0.sha256)
      },
      recipe: try record.recipe, elementType: record.elementType,
      released: try released.map { try inputs.model($0).digest() },
      secrets: Dictionary(
        uniqueKeysWithValues: opened.map { ($0.key, Opening.hash(of: $0.value, $0.key)) }))
    let digest = Digest.sha256(of: try commitment.data())
    // Without its opening a commitment is worth nothing, so both appear or none.
    try OutputFile.check(output.path, replacing: output.replacing)
    try DocumentFile.write(
      Opening(commitment: digest, secrets: opened), to: opening, isPrivate: true)
    try DocumentFile.write(commitment, to: output)
    return CommitmentSummary(
      path: output.path, opening: opening.path, digest: digest,
      secrets: opened.keys.map(\.rawValue).sorted(), seed: record.training.seed)
  }

  private static func text(of path: String) throws -> String {
    let file = try MappedFile(path: path)
    return file.withBytes(0..<file.count) { String(decoding: $0, as: UTF8.self) }
  }

  /// Refuses images that are not exactly those that a subset uses.
  static func requireUse(
    of subset: SubsetSecret, _ images: [TaskImages], _ victim: String, _ examiner: Examiner
  ) throws {
    guard subset.kind == .images else { return }
    let used = Set(subset.items.filter(\.used).map(\.item))
    var found: Set<Digest> = []
    var others = 0
    for task in images {
      for digest in try PoolImages.digests(of: task.source, examiner) {
        if used.contains(digest) { found.insert(digest) } else { others += 1 }
      }
    }
    guard found.count == used.count, others == 0 else {
      throw OwnerRequestError.notTheSubset(
        path: victim, expected: used.count, found: found.count)
    }
  }
}

/// What the `config.json` of a victim says of its training.
struct VictimRecord {
  let path: String
  let training: TrainingRecord
  /// `f32`, `f16` or `bf16`.
  let elementType: String

  /// - Throws: ``OwnerRequestError/noTrainingRecord(path:)``, `DocumentError`.
  init(of model: ModelFolder) throws {
    struct Sections: Decodable { var training: [TrainingRecord]? }
    path = model.path
    let file = (model.path as NSString).appendingPathComponent("config.json")
    guard case .tower(let tensors) = model.form,
      let last = try StrictJSON.decode(Sections.self, contentsOf: file).training?.last,
      last.operation == .finetune
    else { throw OwnerRequestError.noTrainingRecord(path: model.path) }
    training = last
    let types = Set(
      model.configuration.mlpTensors().compactMap { tensors.descriptor(of: $0.role)?.elementType })
    elementType = (types.first ?? .f32).rawValue.lowercased()
  }

  /// The record without its seed.
  var recipe: JSONValue {
    get throws {
      guard case .object(var keys) = try JSONValue(encoding: training) else { return .object([:]) }
      keys["seed"] = nil
      return .object(keys)
    }
  }

  /// Refuses other images than those of the record.
  func requireImages(_ images: [TaskImages]) throws {
    for data in training.data {
      guard let named = images.first(where: { $0.name == data.task }) else {
        throw OwnerRequestError.otherImages(
          path: path, task: data.task, expected: "\(data.sha256)", actual: "not named")
      }
      let digest = try named.digest()
      guard digest == data.sha256 else {
        throw OwnerRequestError.otherImages(
          path: path, task: data.task, expected: "\(data.sha256)", actual: "\(digest)")
      }
    }
  }
}

/// What was committed to.
public struct CommitmentSummary: Encodable, Sendable {
  /// The schema of the JSON.
  public let schema = "routemark.commitment-summary/1"
  /// The commitment.
  public let path: String
  /// The opening.
  public let opening: String
  /// SHA-256 of the commitment: what is published or time-stamped.
  public let digest: Digest
  /// The names of the secrets.
  public let secrets: [String]
  /// Whether many people train with the victim's seed, so that it is no secret.
  public let hasPopularSeed: Bool

  enum CodingKeys: String, CodingKey {
    case schema, path, opening, digest, secrets
    case hasPopularSeed = "popular_seed"
  }

  init(path: String, opening: String, digest: Digest, secrets: [String], seed: UInt64) {
    self.path = path
    self.opening = opening
    self.digest = digest
    self.secrets = secrets
    hasPopularSeed = SecretSeed.isPopular(seed)
  }
}
