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
