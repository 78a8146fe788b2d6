import Checkpoints
import Files
import Tensors

/// Where and how often a run writes its state.
public struct StateSaving: Sendable, Equatable {
  /// The state's file, replaced each time.
  public let path: String
  /// Steps between two writes: what a killed run loses at most.
  public let interval: Int

  /// A checked choice.
  ///
  /// - Throws: ``TrainingError/invalidHyperparameter(name:value:requirement:)``.
  public init(path: String, interval: Int) throws(TrainingError) {
    guard interval > 0 else {
      throw .invalidHyperparameter(
        name: "state interval", value: "\(interval)", requirement: "at least 1")
    }
    self.path = path
    self.interval = interval
  }
}

/// The saved state of a run: a safetensors file with the trained tensors, both of Adam's moments
/// and, in the metadata, the finished steps and every setting that decides the run's bits.
///
/// The order of samples and the learning rate are functions of seed and step, so nothing else is
/// needed to go on with the same bits. The file is replaced by renaming: it is the old state or the
/// new one, never a part.
extension TrainingLoop {
  private static let schema = "routemark.training/1"

  func save(to path: String) throws {
    var tensors: [(tensor: TensorSpecification, pointer: UnsafeMutablePointer<Float>)] = []
    for (store, moments) in zip(stores, moments) {
      for entry in store.layout.entries {
        for (kind, base) in Self.parts(store, moments) {
          let specification = TensorSpecification(
            name: "\(kind).\(entry.name)", elementType: .f32, shape: entry.shape)
          tensors.append((specification, base + entry.offset))
        }
      }
    }
    var metadata = settingsByName
    metadata["schema"] = Self.schema
    metadata["step"] = "\(step)"
    let writer = try SafetensorsWriter(
      path: path, tensors: tensors.map(\.tensor), metadata: metadata, replacing: true)
    let byName = Dictionary(uniqueKeysWithValues: tensors.map { ($0.tensor.name, $0) })
    for name in writer.order {
      guard let (tensor, pointer) = byName[name] else {
        preconditionFailure("the writer asks for the tensors it was given")
      }
      try writer.write(
        name,
        floats: UnsafeBufferPointer(start: pointer, count: tensor.shape.reduce(1, *)))
    }
    try writer.commit()
  }

  /// Continues from a saved state; when it throws, nothing has changed.
  func resume(from path: String) throws {
    let state = try Checkpoint(path: path)
    var expected = settingsByName
    expected["schema"] = Self.schema
    for (name, value) in expected.sorted(by: { $0.key < $1.key }) {
      guard let actual = state.metadata[name] else {
        throw TrainingError.stateIncomplete(path: path, missing: name)
      }
      guard actual == value else {
        throw TrainingError.stateMismatch(
          path: path, setting: name, expected: value, actual: actual)
      }
    }
    guard let step = state.metadata["step"].flatMap({ Int($0) }), step >= 0 else {
      throw TrainingError.stateIncomplete(path: path, missing: "step")
    }
    var changes: [(target: UnsafeMutablePointer<Float>, values: [Float])] = []
    for (store, moments) in zip(stores, moments) {
      for entry in store.layout.entries {
        for (kind, base) in Self.parts(store, moments) {
          let values = try state.floats("\(kind).\(entry.name)", shape: entry.shape)
          changes.append((base + entry.offset, values))
        }
      }
    }
    for (target, values) in changes {
      values.withUnsafeBufferPointer { buffer in
        if let first = buffer.baseAddress { target.update(from: first, count: buffer.count) }
      }
    }
    self.step = step
  }

  private static func parts(
    _ store: ParameterStore, _ moments: AdamMoments
  ) -> [(String, UnsafeMutablePointer<Float>)] {
    [
      ("parameters", store.pointer), ("first_moment", moments.first.pointer),
      ("second_moment", moments.second.pointer),
    ]
  }

  /// Everything that decides the bits of a run, but for the data's contents.
  private var settingsByName: [String: String] {
    [
      "model": shape.stateText,
      "objective": "\(objective)",
      "tasks": tasks.map { "\($0.name):\($0.data.count):\($0.head.classes)" }
        .joined(separator: ","),
      "batch_size": "\(settings.batchSize)",
      "accumulation": "\(settings.accumulation)",
      "schedule": "\(settings.schedule)",
      "optimizer": "\(settings.optimizer)",
      "seed": "\(settings.seed)",
      "shard_size": "\(settings.shardSize)",
      "lanes": "\(settings.lanes)",
    ]
  }
}

extension TrainingLoop {
  /// Calls `trainStep` until `steps` more are done, saving on the way and at the end.
  func run(
    steps: Int, saving: StateSaving?, progress: (StepReport) throws -> Void,
    trainStep: () throws -> StepReport
  ) throws {
    for remaining in (0..<max(steps, 0)).reversed() {
      let report = try trainStep()
      if let saving, remaining == 0 || report.step % saving.interval == 0 {
        try save(to: saving.path)
      }
      try progress(report)
    }
  }
}

extension TowerTrainer {
  /// Trains `steps` more steps.
  ///
  /// - Parameters:
  ///   - saving: where and how often the state is written, at the end too.
  ///   - progress: called after each step; what it throws ends the run between two steps.
  /// - Throws: as ``trainStep()`` and ``save(to:)``.
  public func run(
    steps: Int, saving: StateSaving? = nil, progress: (StepReport) throws -> Void = { _ in }
  ) throws {
    try loop.run(steps: steps, saving: saving, progress: progress, trainStep: trainStep)
  }

  /// Writes the state, replacing the file at `path` whole.
  ///
  /// - Throws: `FileError`, `CheckpointError`.
  public func save(to path: String) throws { try loop.save(to: path) }

  /// Goes on from a saved state of a run with the same settings, to the same bits.
  ///
  /// - Throws: ``TrainingError/stateMismatch(path:setting:expected:actual:)``,
  ///   ``TrainingError/stateIncomplete(path:missing:)``, `CheckpointError`; nothing has changed then.
  public func resume(from path: String) throws { try loop.resume(from: path) }
}

extension GateTrainer {
  /// Trains `steps` more steps.
  ///
  /// - Parameters:
  ///   - saving: where and how often the state is written, at the end too.
  ///   - progress: called after each step; what it throws ends the run between two steps.
  /// - Throws: as ``trainStep()`` and ``save(to:)``.
  public func run(
    steps: Int, saving: StateSaving? = nil, progress: (StepReport) throws -> Void = { _ in }
  ) throws {
    try loop.run(steps: steps, saving: saving, progress: progress, trainStep: trainStep)
  }

  /// Writes the state, replacing the file at `path` whole.
  ///
  /// - Throws: `FileError`, `CheckpointError`.
  public func save(to path: String) throws { try loop.save(to: path) }

  /// Goes on from a saved state of a run with the same settings, to the same bits.
  ///
  /// - Throws: ``TrainingError/stateMismatch(path:setting:expected:actual:)``,
  ///   ``TrainingError/stateIncomplete(path:missing:)``, `CheckpointError`; nothing has changed then.
  public func resume(from path: String) throws { try loop.resume(from: path) }
}
