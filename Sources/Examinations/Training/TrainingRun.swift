import Checkpoints
import Documents
import Files
import Foundation
import Training

/// A trainer that can be stopped between two steps and continued.
protocol ResumableTrainer {
  var step: Int { get }
  func trainStep() throws -> StepReport
  func save(to path: String) throws
  func resume(from path: String) throws
}

extension TowerTrainer: ResumableTrainer {}
extension GateTrainer: ResumableTrainer {}

/// A run and its folder `OUTPUT.training`, from which it goes on after it was killed.
///
/// The folder holds `run.json`, what decides the run's bits; `losses.json`, the loss of every step;
/// and `state.safetensors`. Each is replaced whole, the losses first: they are never fewer than the
/// state's steps. The folder is removed when the output is there.
struct TrainingRun {
  /// How a run treats what is there already.
  struct Handling {
    /// Steps between two saved states.
    let interval: Int
    /// Go on with a run that did not finish.
    let resumes: Bool
    /// Replace an output that exists.
    let force: Bool
  }

  let record: TrainingRecord
  let output: String
  private let handling: Handling
  private let folder: String

  /// Whether the output is there already, complete, from this very run.
  let isFinished: Bool

  /// Checks that nothing is in the way, before anything is computed.
  ///
  /// - Throws: `FileError.exists`; ``TrainingInputError/unfinishedRun(state:)``,
  ///   ``TrainingInputError/differentRun(state:key:expected:actual:)``.
  init(_ record: TrainingRecord, output: String, _ handling: Handling) throws {
    var name = output[...]
    while name.count > 1, name.hasSuffix("/") { name.removeLast() }
    self.record = record
    self.output = String(name)
    self.handling = handling
    folder = "\(name).training"
    let files = FileManager.default
    let configuration = "\(name)/config.json"
    isFinished =
      try handling.resumes && files.fileExists(atPath: configuration)
      && record.isLast(in: configuration)
    if isFinished { return }
    if files.fileExists(atPath: self.output), !handling.force {
      throw FileError.exists(path: self.output)
    }
    guard files.fileExists(atPath: folder) else { return }
    guard handling.resumes else {
      if handling.force { return }
      throw TrainingInputError.unfinishedRun(state: folder)
    }
    guard files.fileExists(atPath: recordFile) else { return }
    let begun = try StrictJSON.decode(TrainingRecord.self, contentsOf: recordFile)
    if let difference = try record.firstDifference(from: begun) {
      throw TrainingInputError.differentRun(
        state: folder, key: difference.key, expected: difference.own, actual: difference.other)
    }
  }

  /// The record of the run that has begun, or has made, an output; `nil` when there is none.
  static func begunRecord(of output: String) throws -> TrainingRecord? {
    var name = output[...]
    while name.count > 1, name.hasSuffix("/") { name.removeLast() }
    let record = "\(name).training/run.json"
    if FileKind(at: record) == .regularFile {
      return try StrictJSON.decode(TrainingRecord.self, contentsOf: record)
    }
    struct Configuration: Decodable { let training: [TrainingRecord]? }
    let made = "\(name)/config.json"
    guard FileKind(at: made) == .regularFile else { return nil }
    return try StrictJSON.decode(Configuration.self, contentsOf: made).training?.last
  }

  private var recordFile: String { "\(folder)/run.json" }
  private var lossesFile: String { "\(folder)/losses.json" }
  private var stateFile: String { "\(folder)/state.safetensors" }

  /// Trains to the last step, saving on the way.
  func train(_ trainer: some ResumableTrainer, label: String, examiner: Examiner) throws
    -> TrainingOutcome
  {
    var losses = try begin(trainer)
    let first = trainer.step
    let clock = ContinuousClock()
    let start = clock.now
    var samples = 0
    try examiner.stage(label, startingAt: first) { stage in
      while trainer.step < record.steps {
        let report = try trainer.trainStep()
        losses.append(report.loss)
        samples += report.samples
        if report.step % handling.interval == 0, report.step < record.steps {
          try save(trainer, losses)
        }
        stage.update(report.step, report.totalSteps, detail: Self.detail(report))
      }
    }
    return TrainingOutcome(
      losses: losses, resumedFrom: first, samples: samples, duration: clock.now - start)
  }

  /// Removes the state: the output is complete.
  func finish() throws {
    if FileManager.default.fileExists(atPath: folder) {
      try Folder.remove(folder)
    }
  }

  /// The losses of the steps that are done already.
  private func begin(_ trainer: some ResumableTrainer) throws -> [Double] {
    let files = FileManager.default
    if !handling.resumes { try finish() }
    if files.fileExists(atPath: stateFile) {
      try trainer.resume(from: stateFile)
      let losses = try StrictJSON.decode([Double].self, contentsOf: lossesFile)
      return Array(losses.prefix(trainer.step))
    }
    try Folder.make(folder)
    try InputLedger.suspended {
      try JSONValue(encoding: record).write(to: recordFile, replacing: true)
    }
    return []
  }

  private func save(_ trainer: some ResumableTrainer, _ losses: [Double]) throws {
    try InputLedger.suspended {
      let file = try OutputFile(path: lossesFile, replacing: true)
      try file.write(try JSONEncoder().encode(losses))
      try file.commit()
      try trainer.save(to: stateFile)
    }
  }

  private static func detail(_ report: StepReport) -> String {
    String(format: "loss %.4f  rate %.2e", report.loss, report.learningRate)
  }
}

/// What training came to.
struct TrainingOutcome {
  /// The loss of every step.
  let losses: [Double]
  /// Steps that were done before this process began.
  let resumedFrom: Int
  /// Images this process has trained on.
  let samples: Int
  /// How long that took.
  let duration: Duration
}
