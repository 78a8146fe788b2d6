import Checkpoints
import Diagnostics
import Documents
import Files
import Foundation

/// Runs the steps of a study that are not finished.
///
/// A run that is killed goes on where it was: finished outputs are kept, trainings resume.
public struct StudyRun: Sendable {
  /// Runs one command line of the program.
  public typealias Command = @Sendable (_ arguments: [String]) -> CommandOutcome

  /// What a command came to.
  public struct CommandOutcome: Sendable {
    /// 0 when all went well.
    public let exitCode: Int
    /// What it wrote to stdout.
    public let output: String
    /// What it wrote to stderr.
    public let talk: String

    /// An outcome.
    public init(exitCode: Int, output: String, talk: String) {
      self.exitCode = exitCode
      self.output = output
      self.talk = talk
    }
  }

  /// What is done.
  public let steps: [StudyStep]
  private let places: StudyPlaces
  private let keys: [Digest]

  /// A run of a plan.
  ///
  /// - Parameters:
  ///   - whole: the plan that `plan` is a part of, whose models and images all its steps depend on.
  ///   - tool: name and version of the program: another one does everything again.
  /// - Throws: ``StudyError``; `FileError` for models or images that are not there.
  public init(
    _ plan: StudyPlan, partOf whole: StudyPlan? = nil, places: StudyPlaces, tool: String
  ) throws {
    steps = try StudySteps(plan).steps
    self.places = places
    let all = try whole.map { try StudySteps($0).steps } ?? steps
    let origin = plan.world == nil ? try Self.sources(of: all, places) : []
    keys = StudyLedger.keys(
      of: steps,
      origin: Digest.sha256(of: Array(([tool] + origin).joined(separator: "\n").utf8)))
  }

  /// Digests of the models and images that steps read and no step makes.
  private static func sources(of steps: [StudyStep], _ places: StudyPlaces) throws -> [String] {
    var named: Set<String> = []
    for argument in steps.flatMap(\.arguments) {
      let path = argument.drop { $0 != "{" }
      if path.hasPrefix("{zoo}/") || path.hasPrefix("{data}/") { named.insert(String(path)) }
    }
    return try named.sorted().map { name in
      var path = places.resolve(name)
      var isFolder: ObjCBool = false
      if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
        path += "/model.safetensors"
      }
      return "\(name) \(try Digest.sha256(ofFile: path))"
    }
  }

  /// Runs what is not finished.
  ///
  /// - Parameters:
  ///   - announce: called before each step that runs, with its place among all.
  ///   - command: runs one command line.
  /// - Throws: ``StudyError/stepFailed(output:command:exitCode:message:)``; `FileError`.
  public func run(
    announce: (_ index: Int, _ step: StudyStep) -> Void, command: Command
  ) throws {
    try Folder.make(places.output)
    var ledger = try StudyLedger(folder: places.output)
    var durations = try StepDurations(folder: places.output)
    let clock = ContinuousClock()
    for (index, step) in steps.enumerated() {
      let key = keys[index]
      guard !ledger.isFinished(step, key: key, folder: places.output) else { continue }
      announce(index, step)
      let target = "\(places.output)/\(step.output)"
      if step.product != .inPlace, !ledger.wasBegun(step, key: key) { try Self.remove(target) }
      try ledger.begin(step, key: key)
      try Folder.make((target as NSString).deletingLastPathComponent)
      let start = clock.now
      try perform(step, target: target, command: command)
      try durations.note(step, clock.now - start)
      try ledger.finish(step, key: key)
    }
  }

  private func perform(_ step: StudyStep, target: String, command: Command) throws {
    var words = step.arguments.map { places.resolve($0) }
    switch step.product {
    case .output, .resumed: words += ["-o", target, "--quiet"]
    case .inPlace: words += ["--quiet"]
    case .printed: words += ["--json", "--quiet"]
    }
    // A training that was stopped after its last step has its output already.
    if step.product == .output, !words.contains("--resume") { try Self.remove(target) }
    let outcome = command(words)
    guard outcome.exitCode == 0 else {
      throw StudyError.stepFailed(
        output: target, command: step.command, exitCode: outcome.exitCode,
        message: outcome.talk.trimmingCharacters(in: .whitespacesAndNewlines))
    }
    if step.product == .printed {
      let file = try OutputFile(path: target, replacing: true)
      try file.write(Array(outcome.output.utf8))
      try file.commit()
    }
  }

  /// Removes what an earlier plan, or a stopped run, has left of a step.
  private static func remove(_ target: String) throws {
    for path in [target, "\(target).training"] where FileManager.default.fileExists(atPath: path) {
      try Folder.remove(path)
    }
  }
}
