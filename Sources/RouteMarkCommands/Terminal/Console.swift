import Diagnostics
import Foundation
import Synchronization

/// Where a command writes: data to stdout, talk to stderr.
///
/// Commands reach it as ``current``, which tests replace to see both streams. Whatever is written
/// passes here, and nothing passes that acts on a terminal: names and values of files are escaped,
/// in single lines their line feeds too.
package struct Console: Sendable {
  private let write: @Sendable (String) -> Void
  private let say: @Sendable (String) -> Void
  /// Whether stdout shows colours.
  package let coloursOut: Bool
  /// Whether stderr is a terminal that can redraw a line.
  package let animates: Bool
  /// The columns of stdout, 60 to 200.
  package let width: Int
  /// Why data could not be written to stdout, once it could not.
  package let failure: @Sendable () -> String?

  /// Columns of a stream that is no terminal.
  package static let plainWidth = 100

  /// A console of these streams.
  package init(
    out: @escaping @Sendable (String) -> Void, talk: @escaping @Sendable (String) -> Void,
    coloursOut: Bool = false, animates: Bool = false, width: Int = plainWidth,
    failure: @escaping @Sendable () -> String? = { nil }
  ) {
    write = out
    say = talk
    self.coloursOut = coloursOut
    self.animates = animates
    self.width = min(max(width, 60), 200)
    self.failure = failure
  }

  /// The console of the running command.
  @TaskLocal package static var current = Console.standard

  /// The process's own streams.
  static let standard = Console(
    out: { text in StandardOutput.write(text) },
    talk: { text in
      // Nobody is left to be told when stderr is gone.
      try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    },
    coloursOut: isatty(1) == 1 && allowsColour, animates: isatty(2) == 1 && !isDumb,
    width: terminalWidth, failure: { StandardOutput.failure })

  private static var isDumb: Bool { ProcessInfo.processInfo.environment["TERM"] == "dumb" }

  private static var allowsColour: Bool {
    (ProcessInfo.processInfo.environment["NO_COLOR"] ?? "").isEmpty && !isDumb
  }

  /// What the user says in COLUMNS, or else what the terminal says.
  private static var terminalWidth: Int {
    if let text = ProcessInfo.processInfo.environment["COLUMNS"], let columns = Int(text),
      columns > 0
    {
      return columns
    }
    var size = winsize()
    guard isatty(1) == 1, ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
      return plainWidth
    }
    return Int(size.ws_col)
  }

  /// Writes data of several lines.
  func out(_ text: String) { write(TerminalText.block(text, keepsColours: coloursOut)) }

  /// Writes talk of several lines.
  func talk(_ text: String) { say(TerminalText.block(text)) }

  /// Writes a line of data.
  func line(_ text: String = "") { write(TerminalText.line(text) + "\n") }

  /// Writes a line of talk.
  func note(_ text: String) { say(TerminalText.line(text) + "\n") }

  /// Writes a warning.
  func warn(_ text: String) { note("warning: \(text)") }

  /// Draws over the line that was drawn last; with nothing, wipes it.
  func redraw(_ text: String = "") { say(Self.wipe + TerminalText.line(text)) }

  /// What begins a line that is drawn over the last one.
  static let wipe = "\r\u{1B}[K"

  /// Hands on what another console was given, as it is.
  func passOn(drawing text: String) { say(text) }
}

/// The process's stdout: every byte arrives, or ``failure`` says why it did not.
private enum StandardOutput {
  private static let state = Mutex<String?>(nil)

  static var failure: String? { state.withLock { $0 } }

  static func write(_ text: String) {
    state.withLock { failure in
      guard failure == nil else { return }
      var text = text
      failure = text.withUTF8 { bytes in
        var offset = 0
        while offset < bytes.count, let base = bytes.baseAddress {
          #if canImport(Glibc)
            let count = Glibc.write(1, base + offset, bytes.count - offset)
          #else
            let count = Darwin.write(1, base + offset, bytes.count - offset)
          #endif
          if count >= 0 {
            offset += count
            continue
          }
          switch errno {
          case EINTR: continue
          case EAGAIN:
            var ready = pollfd(fd: 1, events: Int16(POLLOUT), revents: 0)
            poll(&ready, 1, -1)
          // The reader went away (`routemark … | head`): it has what it wanted.
          case EPIPE: return nil
          case let error: return String(cString: strerror(error))
          }
        }
        return nil
      }
    }
  }
}
