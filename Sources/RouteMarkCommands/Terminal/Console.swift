import Foundation
import Synchronization

/// Where a command writes: data to stdout, talk to stderr.
///
/// Commands reach it as ``current``, which tests replace to see both streams.
struct Console: Sendable {
  /// Writes data.
  let out: @Sendable (String) -> Void
  /// Writes warnings, errors and progress.
  let talk: @Sendable (String) -> Void
  /// Whether stdout shows colours.
  let coloursOut: Bool
  /// Whether stderr is a terminal that can redraw a line.
  let animates: Bool

  /// The console of the running command.
  @TaskLocal static var current = Console.standard

  /// The process's own streams.
  static let standard = Console(
    out: { text in Console.write(text, to: FileHandle.standardOutput) },
    talk: { text in Console.write(text, to: FileHandle.standardError) },
    coloursOut: isatty(1) == 1 && allowsColour, animates: isatty(2) == 1 && !isDumb)

  private static var isDumb: Bool { ProcessInfo.processInfo.environment["TERM"] == "dumb" }

  private static var allowsColour: Bool {
    (ProcessInfo.processInfo.environment["NO_COLOR"] ?? "").isEmpty && !isDumb
  }

  private static func write(_ text: String, to handle: FileHandle) {
    // A reader that went away (`routemark … | head`) is not an error.
    try? handle.write(contentsOf: Data(text.utf8))
  }

  /// Writes a line of data.
  func line(_ text: String = "") { out(text + "\n") }

  /// Writes a line of talk.
  func note(_ text: String) { talk(text + "\n") }

  /// Writes a warning.
  func warn(_ text: String) { talk("warning: \(text)\n") }
}
