import Checkpoints
import Diagnostics
import Documents
import Foundation
import KeyedRandomness
import ModelMerging
import OwnerFiles
import Tensors

/// Writes an opening that tells some of the secrets and keeps the others.
public struct RevealRequest: ExaminationRequest {
  /// The owner's opening.
  public var opening: String
  /// What is told.
  public var secrets: Set<Commitment.Secret>
  /// The file to write.
  public var output: OutputPlace

  /// A request.
  public init(opening: String, secrets: Set<Commitment.Secret>, output: OutputPlace) {
    self.opening = opening
    self.secrets = secrets
    self.output = output
  }

  /// Writes the opening.
  ///
  /// - Returns: the names of what it tells.
  /// - Throws: `OwnerFileError`, `FileError`.
  public func run(_ examiner: Examiner) throws -> [String] {
    let told = try Opening.read(at: opening).revealing(secrets)
    try DocumentFile.write(told, to: output, isPrivate: true)
    return told.secrets.keys.sorted()
  }
}

/// The seeds of re-runs by a commitment and an examiner's nonce.
public struct ExaminerSeedsRequest: ExaminationRequest {
  /// The commitment.
  public var commitment: String
  /// What the examiner says after he was given the commitment.
  public var nonce: String
  /// How many seeds.
  public var count: Int

  /// A request.
  ///
  /// - Precondition: `count` is from 1 to `ExaminerSeeds.mostSeeds`.
  public init(commitment: String, nonce: String, count: Int) {
    precondition((1...ExaminerSeeds.mostSeeds).contains(count), "a number of seeds in range")
    self.commitment = commitment
    self.nonce = nonce
    self.count = count
  }

  /// The seeds in order.
  ///
  /// - Throws: `OwnerFileError`, `FileError`.
  public func run(_ examiner: Examiner) throws -> ExaminerSeedList {
    _ = try Commitment.read(at: commitment)
    let digest = try Digest.sha256(ofFile: commitment)
    return ExaminerSeedList(
      commitment: digest, nonce: nonce,
      seeds: ExaminerSeeds.seeds(commitment: digest, nonce: nonce, count: count))
  }
}

/// Seeds that an examiner drew.
public struct ExaminerSeedList: Encodable, Sendable {
  /// The schema of the JSON.
  public let schema = "routemark.examiner-seeds/1"
  /// SHA-256 of the commitment.
  public let commitment: Digest
  /// What the examiner said.
  public let nonce: String
  /// Seed 1 first.
  public let seeds: [UInt64]
}

/// Whether an opening, models and images are what a commitment says.
public struct CommitmentCheckRequest: ExaminationRequest {
  /// What a training is repeated with.
  public struct Rebuild: Sendable {
    /// The file of zero-shot heads.
    public var head: String
    /// Whose answers the victim learned, if it learned any.
    public var teacher: String?
    /// Threads; as many as there are processors when `nil`.
    public var threads: Int?

    /// Heads and teacher.
    public init(head: String, teacher: String? = nil, threads: Int? = nil) {
      self.head = head
      self.teacher = teacher
      self.threads = threads
    }
  }

  /// The commitment.
  public var commitment: String
  /// The opening.
  public var opening: String
  /// The victim, if it is there.
  public var victim: String?
  /// Its base, if it is there.
  public var base: String?
  /// The images that it was trained on, if they are there.
  public var data: [NamedPath] = []
  /// Released copies.
  public var released: [String] = []
  /// Train the victim again from the opened seed, and compare it bit for bit.
  public var rebuild: Rebuild?

  /// A request.
  public init(commitment: String, opening: String) {
    self.commitment = commitment
    self.opening = opening
  }

  /// Checks everything that was named.
  ///
  /// - Throws: ``OwnerRequestError``, `OwnerFileError`; what reading models and training throws.
  public func run(_ examiner: Examiner) throws -> CommitmentCheck {
    let bound = try Commitment.read(at: commitment)
    let digest = try Digest.sha256(ofFile: commitment)
    let told = try Opening.read(at: opening)
    let inputs = OpenedInputs(examiner)
    var check = CommitmentCheck(commitment: digest)
    check.compare("opening", "\(digest)", "\(told.commitment)")
    for secret in Commitment.Secret.allCases { Self.compare(secret, bound, told, &check) }
    try checkModels(bound, told, inputs, &check)
    try checkImages(bound, told, inputs, examiner, &check)
    if let rebuild {
      try trainAgain(rebuild, bound, told, inputs, examiner, &check)
    } else {
      check.leave("training again", "was not asked for")
    }
    return check
  }

  private static func compare(
    _ secret: Commitment.Secret, _ bound: Commitment, _ told: Opening,
    _ check: inout CommitmentCheck
  ) {
    let name = "hash of the \(secret.rawValue)"
    switch (bound.secrets[secret.rawValue], told.secrets[secret.rawValue]) {
    case (let expected?, let opened?):
      check.compare(name, "\(expected)", "\(Opening.hash(of: opened, secret))")
    case (_?, nil): check.leave(name, "the opening does not tell it")
    case (nil, _?): check.compare(name, "none", "one that was never committed to")
    case (nil, nil): break
    }
  }

  private func checkModels(
    _ bound: Commitment, _ told: Opening, _ inputs: OpenedInputs, _ check: inout CommitmentCheck
  ) throws {
    if let victim {
      let model = try inputs.model(victim)
      check.compare("victim", "\(bound.victim)", "\(try model.digest())")
      let record = try VictimRecord(of: model)
      check.compare(
        "recipe", try Self.text(bound.recipe), try Self.text(record.recipe))
      if let seed = told.value(of: .seed) {
        check.compare("seed of the victim's record", seed, "\(record.training.seed)")
      }
    } else {
      check.leave("victim", "was not named")
    }
    if let base {
      check.compare("base", "\(bound.base)", "\(try inputs.model(base).digest())")
    } else {
      check.leave("base", "was not named")
    }
    for path in released {
      let digest = try inputs.model(path).digest()
      check.compare(
        "released copy \(path)",
        bound.released.contains(digest) ? "\(digest)" : "one of \(bound.released.count) others",
        "\(digest)")
    }
  }

  private func checkImages(
    _ bound: Commitment, _ told: Opening, _ inputs: OpenedInputs, _ examiner: Examiner,
    _ check: inout CommitmentCheck
  ) throws {
    guard !data.isEmpty, let place = base ?? victim else {
      return check.leave("images", "were not named, or no model to prepare them for")
    }
    let images = try TaskImages.open(data, for: try inputs.model(place))
    for expected in bound.data {
      let actual = try images.first { $0.name == expected.task }?.digest()
      check.compare(
        "images of \(expected.task)", "\(expected.sha256)", actual.map { "\($0)" } ?? "not named")
    }
    guard let text = told.value(of: .subset) else { return }
    let subset = try SubsetSecret.read(Array(text.utf8), file: "\(opening), the subset")
    do {
      try CommitRequest.requireUse(of: subset, images, place, examiner)
      check.compare("images are what the subset uses", "yes", "yes")
    } catch let error as OwnerRequestError {
      check.compare("images are what the subset uses", "yes", error.what)
    }
  }

  private func trainAgain(
    _ rebuild: Rebuild, _ bound: Commitment, _ told: Opening, _ inputs: OpenedInputs,
    _ examiner: Examiner, _ check: inout CommitmentCheck
  ) throws {
    guard let base else { throw OwnerRequestError.rebuildNeeds(what: "the base") }
    guard !data.isEmpty else { throw OwnerRequestError.rebuildNeeds(what: "the images") }
    guard let text = told.value(of: .seed), let seed = UInt64(text) else {
      throw OwnerRequestError.rebuildNeeds(what: "the opened seed")
    }
    guard let instructions = InstructionSet(rawValue: bound.instructions),
      instructions.isAvailable
    else { throw OwnerRequestError.missingInstructions(expected: bound.instructions) }
    let record = try StrictJSON.decode(
      TrainingRecord.self, from: DocumentFile.data(bound.recipe.settingSeed(seed)),
      file: "\(commitment), key `recipe`")
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("routemark-rebuild-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var course = TrainingCourse(
      steps: record.steps, learningRate: record.learningRate, batch: record.batch,
      schedule: ScheduleName(rawValue: record.schedule) ?? .cosine)
    course.accumulation = record.accumulation
    course.warmupSteps = record.warmupSteps
    course.weightDecay = record.weightDecay
    course.seed = seed
    course.threads = rebuild.threads
    course.instructions = instructions
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    var request = FinetuningRequest(
      model: base, data: data, head: rebuild.head, course: course,
      output: OutputPlace("\(folder)/rebuilt"))
    request.labelSmoothing = record.labelSmoothing ?? 0
    request.teacher = rebuild.teacher
    request.elementType = ModelElementType(rawValue: bound.elementType) ?? .f32
    let made = try request.run(examiner)
    check.compare("victim trained again", "\(bound.victim)", "\(made.digest)")
  }

  private static func text(_ value: JSONValue) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }
}

extension JSONValue {
  /// The record of a training with its seed.
  fileprivate func settingSeed(_ seed: UInt64) -> JSONValue {
    guard case .object(var keys) = self else { return self }
    keys["seed"] = Int(exactly: seed).map { .integer($0) }
    return .object(keys)
  }
}

/// What checking a commitment found.
public struct CommitmentCheck: Encodable, Sendable {
  /// One thing that was checked, or was not.
  public struct Item: Encodable, Sendable {
    /// What.
    public let subject: String
    /// Whether it is as committed to; `nil` for what was not checked.
    public let agrees: Bool?
    /// What the commitment says, or why nothing was checked.
    public let expected: String
    /// What was found, where something was.
    public let found: String?
  }

  /// The schema of the JSON.
  public let schema = "routemark.commitment-check/1"
  /// SHA-256 of the commitment.
  public let commitment: Digest
  /// Everything in order.
  public private(set) var items: [Item] = []
  /// Whether nothing that was checked differs.
  public private(set) var holds = true

  init(commitment: Digest) { self.commitment = commitment }

  mutating func compare(_ subject: String, _ expected: String, _ found: String) {
    let agrees = expected == found
    items.append(Item(subject: subject, agrees: agrees, expected: expected, found: found))
    holds = holds && agrees
  }

  mutating func leave(_ subject: String, _ reason: String) {
    items.append(Item(subject: subject, agrees: nil, expected: reason, found: nil))
  }
}
