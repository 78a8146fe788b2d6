import Checkpoints
import Documents
import Files
import Foundation

/// How long the steps of a study took: `seconds.json` beside the ledger, from outputs to seconds.
///
/// Apart from the results, which do not depend on the machine. Of a training that went on after it was
/// stopped only the last part counts.
public struct StepDurations: Sendable {
  private let path: String
  private var seconds: [String: Double]

  /// Reads the record of a study's folder; an empty one when there is none.
  ///
  /// - Throws: `CheckpointError`, `FileError`.
  public init(folder: String) throws {
    path = "\(folder)/seconds.json"
    seconds =
      FileManager.default.fileExists(atPath: path)
      ? try StrictJSON.decode([String: Double].self, contentsOf: path) : [:]
  }

  /// How long these steps took together, in seconds; `nil` when one is not recorded.
  public func total(of steps: [StudyStep]) -> Double? {
    let known = steps.compactMap { seconds[$0.output] }
    return known.count == steps.count ? known.reduce(0, +) : nil
  }

  /// Notes how long a step took; the file is replaced whole.
  mutating func note(_ step: StudyStep, _ duration: Duration) throws {
    seconds[step.output] = (duration / .milliseconds(1)).rounded() / 1000
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let contents = try encoder.encode(seconds)
    try InputLedger.suspended {
      let file = try OutputFile(path: path, replacing: true)
      try file.write(contents)
      try file.commit()
    }
  }
}
