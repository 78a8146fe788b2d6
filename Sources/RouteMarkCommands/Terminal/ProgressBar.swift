import Diagnostics
import Foundation
import Synchronization

/// A line on stderr that says how far a task is, once it has taken a second; nothing when stderr is
/// not a terminal.
final class ProgressBar: Sendable {
  private struct State {
    var drawnAt: TimeInterval = 0
    var isDrawn = false
  }

  private let label: String
  private let console: Console
  private let isEnabled: Bool
  private let start = ProcessInfo.processInfo.systemUptime
  private let state = Mutex(State())

  /// A bar with this label.
  init(_ label: String, quiet: Bool) {
    self.label = label
    console = Console.current
    isEnabled = console.animates && !quiet
  }

  /// Gives a library call something to report to.
  var handler: ProgressHandler { { done, total in self.update(done, total) } }

  private func update(_ done: Int, _ total: Int) {
    guard isEnabled, total > 0 else { return }
    let now = ProcessInfo.processInfo.systemUptime
    let elapsed = now - start
    guard elapsed > 1 else { return }
    state.withLock { state in
      guard now - state.drawnAt > 0.1 || done >= total else { return }
      state.drawnAt = now
      state.isDrawn = true
      let width = 24
      let filled = min(width, width * done / total)
      let bar =
        String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
      let left = done > 0 ? elapsed * Double(total - done) / Double(done) : 0
      console.talk("\r\u{1B}[K\(label)  \(bar)  \(done)/\(total)  \(Self.clock(left)) left")
    }
  }

  /// Wipes the line.
  func finish() {
    state.withLock { state in
      if state.isDrawn { console.talk("\r\u{1B}[K") }
      state.isDrawn = false
    }
  }

  private static func clock(_ seconds: Double) -> String {
    let whole = Int(seconds.rounded(.up))
    let padded = whole % 60 < 10 ? "0\(whole % 60)" : "\(whole % 60)"
    return "\(whole / 60):\(padded)"
  }
}
