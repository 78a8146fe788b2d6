/// Who asks an examination: what goes into the files it writes, and who hears how far it is.
///
/// A face of the program, be it a command line, a service or a study, makes one and hands it to every
/// request:
///
///     let examiner = Examiner(tool: "my-service 1.0") { event in log(event) }
///     let result = try CaptureRequest(model: "victim", suite: "suite.json").run(examiner)
public struct Examiner: Sendable {
  /// Name and version of the program, which traces, fingerprints, pools and cases record.
  public let tool: String
  /// How the examination was asked for, in the words of the face, as cases record it; a shell command
  /// where there is one.
  public let command: String
  private let listener: @Sendable (ExaminationEvent) -> Void

  /// An examiner.
  ///
  /// - Parameters:
  ///   - tool: name and version of the program.
  ///   - command: how the examination was asked for; the tool's name when it is not given.
  ///   - listener: hears what happens, from any thread; nobody does when it is not given.
  public init(
    tool: String, command: String? = nil,
    listener: @escaping @Sendable (ExaminationEvent) -> Void = { _ in }
  ) {
    self.tool = tool
    self.command = command ?? tool
    self.listener = listener
  }

  /// Does a long piece of work, of which the listener hears beginning, progress and end.
  ///
  /// - Parameters:
  ///   - name: what is being done, such as `capturing`.
  ///   - firstUnit: units that were done in an earlier run.
  package func stage<Result>(
    _ name: String, startingAt firstUnit: Int = 0, _ body: (StageProgress) throws -> Result
  ) rethrows -> Result {
    listener(.stageBegan(name, startingAt: firstUnit))
    defer { listener(.stageEnded) }
    return try body(StageProgress(listener: listener))
  }

  /// Says that something heavy was opened and hashed.
  package func opened(_ path: String) { listener(.opened(path)) }

  /// Says something that is neither an error nor a result.
  package func note(_ text: String) { listener(.note(text)) }

  /// Says that a result will hold less than was asked for, or should be taken with care.
  package func warn(_ text: String) { listener(.warning(text)) }
}

/// What an examination tells while it runs.
public enum ExaminationEvent: Sendable, Hashable {
  /// A long piece of work begins; of its units the first `startingAt` were done in an earlier run.
  case stageBegan(String, startingAt: Int)
  /// So much of the present piece is done; `detail` may say how it goes.
  case progress(done: Int, total: Int, detail: String)
  /// The present piece has ended, done or failed.
  case stageEnded
  /// A model or a suite was opened and hashed, or will be hashed when its digest is needed.
  case opened(String)
  /// A message.
  case note(String)
  /// A message about what a result lacks.
  case warning(String)
}

/// Tells a listener how far the present stage is.
package struct StageProgress: Sendable {
  let listener: @Sendable (ExaminationEvent) -> Void

  /// What library calls report to.
  package var handler: @Sendable (_ done: Int, _ total: Int) -> Void {
    { done, total in update(done, total) }
  }

  /// Says how far the stage is, and how it goes.
  package func update(_ done: Int, _ total: Int, detail: String = "") {
    listener(.progress(done: done, total: total, detail: detail))
  }
}

/// A question with a typed answer.
///
/// A request holds everything that the answer depends on, and knows neither a console nor a command
/// line. Asking twice gives equal answers.
public protocol ExaminationRequest: Sendable {
  /// The answer.
  associatedtype Result

  /// Finds the answer.
  func run(_ examiner: Examiner) throws -> Result
}
