import Foundation
import RouteMarkCommands
import Synchronization

/// One run of the program in this process: exit code and both streams.
struct CommandRun {
  let exitCode: Int32
  let output: String
  let talk: String

  init(_ arguments: [String], width: Int = Console.plainWidth) {
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

  private final class Streams: Sendable {
    let output = Mutex("")
    let talk = Mutex("")
  }
}
