import Foundation

/// Where a command writes: data to stdout, talk to stderr.
///
/// Commands reach it as ``current``, which tests replace to see both streams.
package struct Console: Sendable {
  /// Writes data.
  package let out: @Sendable (String) -> Void
  /// Writes warnings, errors and progress.
  package let talk: @Sendable (String) -> Void
  /// Whether stdout shows colours.
  package let coloursOut: Bool
  /// Whether stderr is a terminal that can redraw a line.
  package let animates: Bool

  /// A console of these streams.
  package init(
    out: @escaping @Sendable (String) -> Void, talk: @escaping @Sendable (String) -> Void,
    coloursOut: Bool = false, animates: Bool = false
  ) {
    self.out = out
    self.talk = talk
    self.coloursOut = coloursOut
    self.animates = animates
  }

  /// The console of the running command.
  @TaskLocal package static var current = Console.standard

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
