import Examinations
import Synchronization

extension CommonOptions {
  /// The command line as an examiner: it shows progress on stderr.
  var examiner: Examiner { .console(quiet: quiet) }
}

extension Examiner {
  /// An examiner that draws progress and notes on the current console, unless it is quiet; warnings
  /// always.
  static func console(quiet: Bool) -> Examiner {
    let console = Console.current
    let bar = Mutex<ProgressBar?>(nil)
    return Examiner(tool: Program.tool, command: Program.commandLine) { event in
      switch event {
      case .stageBegan(let label, let firstUnit):
        bar.withLock { $0 = ProgressBar(label, quiet: quiet, startingAt: firstUnit) }
      case .progress(let done, let total, let detail):
        bar.withLock { $0 }?.update(done, total, detail: detail)
      case .stageEnded:
        bar.withLock { bar in
          bar?.finish()
          bar = nil
        }
      case .opened: break
      case .note(let text): if !quiet { console.note(text) }
      case .warning(let text): console.warn(text)
      }
    }
  }
}
