import Foundation
import Testing

/// Compares text with a file beside the tests, byte for byte.
///
/// With `ROUTEMARK_RECORD_SNAPSHOTS=1` the file is written and the test fails, so that recording
/// never passes for testing.
func expectSnapshot(
  _ text: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Snapshots").appendingPathComponent(name)
  if ProcessInfo.processInfo.environment["ROUTEMARK_RECORD_SNAPSHOTS"] == "1" {
    try Data(text.utf8).write(to: file)
    Issue.record("recorded \(name): run again without recording", sourceLocation: sourceLocation)
    return
  }
  let recorded = String(decoding: try Data(contentsOf: file), as: UTF8.self)
  guard Array(recorded.utf8) != Array(text.utf8) else { return }
  let (old, new) = (recorded.split(separator: "\n"), text.split(separator: "\n"))
  let line = zip(old, new).enumerated().first { $0.element.0 != $0.element.1 }?.offset
  Issue.record(
    """
    \(name) differs, first at line \((line ?? min(old.count, new.count)) + 1) that is not empty:
    \(line.map { String(old[$0].prefix(400)) } ?? "\(old.count) lines")
    \(line.map { String(new[$0].prefix(400)) } ?? "\(new.count) lines")
    """, sourceLocation: sourceLocation)
}
