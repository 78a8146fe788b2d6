import Foundation
import Testing

/// What commands wrote, compared with a file that is kept beside the tests.
enum Snapshot {
  struct Recorded: Error {}

  /// Exit code and both streams of a run.
  static func compare(_ run: CommandRun, name: String) throws { try compare(text(run), name: name) }

  /// Recording is asked for by an environment variable and fails the run.
  static func compare(_ text: String, name: String) throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Snapshots/\(name).txt")
    if ProcessInfo.processInfo.environment["ROUTEMARK_RECORD_SNAPSHOTS"] != nil {
      try Data(text.utf8).write(to: file)
      throw Recorded()
    }
    #expect(try String(contentsOf: file, encoding: .utf8) == text)
  }

  /// Several command lines and what came of them, without what differs from run to run: the world's
  /// folder, digests, and where help and usage were wrapped for the terminal.
  static func transcript(_ commands: [[String]], in world: TinyWorld) -> String {
    commands.map { arguments in
      let run = CommandRun(arguments)
      let isHelp = arguments.contains("--help") || run.exitCode == 64
      let result = "$ routemark \(arguments.joined(separator: " "))\n\(text(run, wrapped: isHelp))"
      return result.replacingOccurrences(of: world.folder, with: "WORLD")
        .replacing(/sha256:[0-9a-f]{64}/, with: "sha256:...")
    }.joined(separator: "\n")
  }

  private static func text(_ run: CommandRun, wrapped: Bool = false) -> String {
    let (output, talk) = wrapped ? (wrap(run.output), wrap(run.talk)) : (run.output, run.talk)
    return "exit code \(run.exitCode)\n--- stdout\n\(output)--- stderr\n\(talk)"
  }

  /// The words of a text in lines of at most 90 columns.
  private static func wrap(_ text: String) -> String {
    var lines = [""]
    for word in text.split(whereSeparator: \.isWhitespace) {
      if lines[lines.count - 1].isEmpty {
        lines[lines.count - 1] = String(word)
      } else if lines[lines.count - 1].count + word.count < 90 {
        lines[lines.count - 1] += " \(word)"
      } else {
        lines.append(String(word))
      }
    }
    return text.isEmpty ? "" : lines.joined(separator: "\n") + "\n"
  }
}
