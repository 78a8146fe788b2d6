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
  private let firstUnit: Int
  private let start = ProcessInfo.processInfo.systemUptime
  private let state = Mutex(State())

  /// A bar with this label.
  ///
  /// - Parameter firstUnit: units that were done before, in an earlier run; the time left is told
  ///   from the others.
  init(_ label: String, quiet: Bool, startingAt firstUnit: Int = 0) {
    self.label = label
    self.firstUnit = firstUnit
    console = Console.current
    isEnabled = console.animates && !quiet
  }

  /// Gives a library call something to report to.
  var handler: ProgressHandler { { done, total in self.update(done, total) } }

  /// Says how far the task is, and how it goes.
  func update(_ done: Int, _ total: Int, detail: @autoclosure () -> String = "") {
    guard isEnabled, total > 0 else { return }
    let now = ProcessInfo.processInfo.systemUptime
    let elapsed = now - start
    guard elapsed > 1 else { return }
    let text = detail()
    state.withLock { state in
      guard now - state.drawnAt > 0.1 || done >= total else { return }
      state.drawnAt = now
      state.isDrawn = true
      let width = 24
      let filled = min(width, width * done / total)
      let bar =
        String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
      let fresh = done - firstUnit
      let left = fresh > 0 ? elapsed * Double(total - done) / Double(fresh) : 0
      let suffix = text.isEmpty ? "" : "  \(text)"
      console.redraw(
        "\(label)  \(bar)  \(done)/\(total)\(suffix)  \(Self.clock(left)) left")
    }
  }

  /// Wipes the line.
  func finish() {
    state.withLock { state in
      if state.isDrawn { console.redraw() }
      state.isDrawn = false
    }
  }

  private static func clock(_ seconds: Double) -> String {
    let whole = Int(seconds.rounded(.up))
    let padded = whole % 60 < 10 ? "0\(whole % 60)" : "\(whole % 60)"
    return "\(whole / 60):\(padded)"
  }
}
