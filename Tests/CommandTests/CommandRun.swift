import Foundation
import RouteMarkCommands
import Synchronization

/// One run of the program in this process: exit code and both streams.
struct CommandRun {
  let exitCode: Int32
  let output: String
  let talk: String

  /// Runs the program.
  ///
  /// - Parameter drawing: Whether seeds are drawn from the system, as a user's are; else commands that
  ///   draw get a seed where they name none, so that tests repeat.
  init(_ words: [String], width: Int = Console.plainWidth, drawing: Bool = false) {
    let arguments = drawing ? words : Self.seeded(words)
    let streams = Streams()
    let console = Console(
      out: { text in streams.output.withLock { $0 += text } },
      talk: { text in streams.talk.withLock { $0 += text } }, width: width)
    exitCode = Console.$current.withValue(console) { Program.run(arguments) }
    output = streams.output.withLock { $0 }
    talk = streams.talk.withLock { $0 }
  }

  /// stdout as JSON.
  func json() throws -> [String: Any] {
    let value = try JSONSerialization.jsonObject(with: Data(output.utf8))
    return value as? [String: Any] ?? [:]
  }

  private static func seeded(_ words: [String]) -> [String] {
    let drawing: Set = [
      "finetune", "adapt", "merge", "null train", "tamper replace", "tamper add", "tamper delete",
      "tamper clone", "tamper finetune", "tamper shuffle", "tamper permute", "tamper noise",
    ]
    let names = [words.prefix(1), words.prefix(2)].map { $0.joined(separator: " ") }
    let draws = names.contains(where: drawing.contains)
    guard draws, !words.contains("--seed"), !words.contains("--help") else { return words }
    return words + ["--seed", "0"]
  }

  private final class Streams: Sendable {
    let output = Mutex("")
    let talk = Mutex("")
  }
}
