import Checkpoints
import Diagnostics
import Documents
import Files
import Foundation

/// Which outputs of a study are finished, and from what.
///
/// A step's key is a digest over its command, the keys of the steps it reads from, and the program's
/// version, so that a change of the plan does again what depends on it and nothing else. The ledger is a
/// JSON object from outputs to keys in `steps.json`, replaced whole after every step.
struct StudyLedger {
  private let path: String
  private var finished: [String: Digest]

  /// Reads the ledger of a study's folder; an empty one when there is none.
  ///
  /// - Throws: `CheckpointError`, `FileError`.
  init(folder: String) throws {
    path = "\(folder)/steps.json"
    finished =
      FileManager.default.fileExists(atPath: path)
      ? try StrictJSON.decode([String: Digest].self, contentsOf: path) : [:]
  }

  /// The keys of steps, in order.
  ///
  /// - Parameter origin: what all of them depend on: program, models, images.
  static func keys(of steps: [StudyStep], origin: Digest) -> [Digest] {
    var known: [(output: String, key: Digest)] = []
    for step in steps {
      var lines = ["\(origin)", step.output, step.product.rawValue] + step.arguments
      for argument in step.arguments where argument.contains("{") {
        // A world's own models and images lie in the study's folder too.
        let place = argument.replacingOccurrences(of: "{zoo}", with: "{out}/world/zoo")
          .replacingOccurrences(of: "{data}", with: "{out}/world/data")
        for input in known where Self.names(place, input.output) { lines.append("\(input.key)") }
      }
      known.append((step.output, Digest.sha256(of: Array(lines.joined(separator: "\n").utf8))))
    }
    return known.map(\.key)
  }

  /// Whether an argument names an output or a file in it.
  private static func names(_ argument: String, _ output: String) -> Bool {
    argument.hasSuffix("{out}/\(output)") || argument.contains("{out}/\(output)/")
  }

  /// Whether a step's output is there and was made from just this.
  func isFinished(_ step: StudyStep, key: Digest, folder: String) -> Bool {
    finished[step.output] == key
      && FileManager.default.fileExists(atPath: "\(folder)/\(step.output)")
  }

  /// Whether a step was begun with this key and may go on where it was.
  func wasBegun(_ step: StudyStep, key: Digest) -> Bool { finished["begun " + step.output] == key }

  /// Notes that a step begins.
  mutating func begin(_ step: StudyStep, key: Digest) throws {
    finished[step.output] = nil
    finished["begun " + step.output] = key
    try write()
  }

  /// Notes that a step is finished.
  mutating func finish(_ step: StudyStep, key: Digest) throws {
    finished["begun " + step.output] = nil
    finished[step.output] = key
    try write()
  }

  private func write() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let contents = try encoder.encode(finished)
    try InputLedger.suspended {
      let file = try OutputFile(path: path, replacing: true)
      try file.write(contents)
      try file.commit()
    }
  }
}
