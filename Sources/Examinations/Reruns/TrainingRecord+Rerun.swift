import Diagnostics
import Documents
import Files
import ModelMerging
import Training

extension TrainingRecord {
  /// The records of all trainings that a model's `config.json` lists, the first one first.
  ///
  /// - Throws: ``TrainingInputError/malformedHistory(file:expected:actual:)``, `DocumentError`.
  static func all(of model: ModelFolder) throws -> [TrainingRecord] {
    struct Configuration: Decodable { let training: [TrainingRecord]? }
    let file = "\(model.path)/config.json"
    guard FileKind(at: file) == .regularFile else { return [] }
    return try StrictJSON.decode(Configuration.self, contentsOf: file).training ?? []
  }

  /// The record of the one fine-tuning by which a model was made from a base, whose own trainings the
  /// record lists before it.
  ///
  /// - Throws: ``RerunError/noRecord(model:)``, ``RerunError/notOneTraining(model:stages:)``.
  static func only(of model: ModelFolder, after base: ModelFolder) throws -> TrainingRecord {
    let (records, former) = (try all(of: model), try all(of: base))
    let own = records.starts(with: former) ? Array(records.dropFirst(former.count)) : records
    guard let record = own.first else { throw RerunError.noRecord(model: model.path) }
    guard own.count == 1, record.operation == .finetune, record.data.count == 1,
      model.mixture == nil
    else { throw RerunError.notOneTraining(model: model.path, stages: own.count) }
    return record
  }

  /// Checks that inputs are those of the record, by digest.
  ///
  /// - Throws: ``RerunError/otherInput(model:key:expected:actual:)``.
  func require(
    base: Digest, head: Digest, images: TaskImages, teacher: Digest?, model path: String
  ) throws {
    var pairs = [
      ("model", "\(model)", "\(base)"), ("head", "\(self.head)", "\(head)"),
      ("teacher", self.teacher.map { "\($0)" } ?? "none", teacher.map { "\($0)" } ?? "none"),
    ]
    if let own = data.first {
      pairs.append(("data task", own.task, images.name))
      pairs.append(("data", "\(own.sha256)", "\(try images.digest())"))
    }
    for (key, expected, actual) in pairs where expected != actual {
      throw RerunError.otherInput(model: path, key: key, expected: expected, actual: actual)
    }
  }

  /// The record as JSON, without its seed and the version that wrote it.
  func withoutSeed() throws -> JSONValue {
    guard case .object(var keys) = try JSONValue(encoding: self) else { return .null }
    keys["seed"] = nil
    keys["tool"] = nil
    return .object(keys)
  }

  /// The schedule by name.
  ///
  /// - Throws: `DocumentError` for one that this version does not know.
  func scheduleName() throws -> ScheduleName {
    guard let name = ScheduleName(rawValue: schedule) else {
      throw DocumentError.unexpectedValue(
        file: "config.json", keyPath: "training.schedule",
        expected: ScheduleName.allCases.map(\.rawValue).joined(separator: ", "), actual: schedule)
    }
    return name
  }

  /// What the trainer is told, with another seed.
  ///
  /// - Throws: `TrainingError.invalidHyperparameter`.
  func settings(seed: UInt64, threads: Int?) throws -> TrainingSettings {
    let course = try LearningRateSchedule(
      scheduleName().form, peak: learningRate, warmupSteps: warmupSteps, totalSteps: steps)
    return try TrainingSettings(
      batchSize: batch, accumulation: accumulation, schedule: course,
      optimizer: AdamOptimizer(weightDecay: weightDecay), seed: seed, threads: threads)
  }
}

extension ModelElementType {
  /// The element type of a model, as its `config.json` states it; f32 where it states none that is known.
  ///
  /// - Throws: `DocumentError`, `FileError`.
  init(of model: ModelFolder) throws {
    struct Configuration: Decodable {
      let dtype: String?
      let torchDtype: String?
      enum CodingKeys: String, CodingKey {
        case dtype
        case torchDtype = "torch_dtype"
      }
    }
    let file = "\(model.path)/config.json"
    let stated = try StrictJSON.decode(Configuration.self, contentsOf: file)
    let name = stated.dtype ?? stated.torchDtype
    self = Self.allCases.first { $0.elementType.frameworkName == name } ?? .f32
  }
}
