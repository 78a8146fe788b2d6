import Foundation
import Testing

/// The main job on the bundled traces: what the README's first command prints.
@Suite struct ExampleTests {
  static let package = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  @Test(arguments: ["retrained-router", "fresh-router", "swapped-expert"])
  func bundledSuspectIsAttributedAsRecorded(suspect: String) throws {
    let examples = Self.package.appendingPathComponent("Examples").path
    let run = CommandRun([
      "attribute", "--victim", "\(examples)/victim.trace.safetensors", "--suspect",
      "\(examples)/\(suspect).trace.safetensors",
    ])
    try Snapshot.compare(run, name: "attribute-\(suspect)")
  }
}

/// Exit code and both streams of a run in one file.
enum Snapshot {
  struct Recorded: Error {}

  /// Recording is asked for by an environment variable and fails the run.
  static func compare(_ run: CommandRun, name: String) throws {
    let text =
      "exit code \(run.exitCode)\n--- stdout\n\(run.output)--- stderr\n\(run.talk)"
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Snapshots/\(name).txt")
    if ProcessInfo.processInfo.environment["ROUTEMARK_RECORD_SNAPSHOTS"] != nil {
      try Data(text.utf8).write(to: file)
      throw Recorded()
    }
    #expect(try String(contentsOf: file, encoding: .utf8) == text)
  }
}
