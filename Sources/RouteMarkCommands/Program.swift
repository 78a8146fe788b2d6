import ArgumentParser
import Diagnostics
import Files
import Foundation

/// The command line program: parses, runs, and turns whatever was thrown into words and an exit code.
public enum Program {
  /// The version that traces, fingerprints, cases and reports carry.
  public static let version = "0.1.0"

  /// What wrote a file: name and version.
  static let tool = "routemark \(version)"

  /// The command line that is running, as a case records it.
  @TaskLocal static var commandLine = "routemark"

  /// Runs the program.
  ///
  /// - Parameter arguments: without the program's name.
  /// - Returns: 0 done, 1 done and the answer is negative, 2 could not finish, 64 wrong arguments,
  ///   70 a bug.
  public static func run(_ arguments: [String]) -> Int32 {
    let code = exitCode(running: arguments)
    let console = Console.current
    guard let reason = console.failure() else { return code }
    console.talk(
      "error: cannot write to standard output: \(reason)\n\n"
        + "hint: what was printed is incomplete; make room, or choose another place, and run it again\n"
    )
    return ExitStatus.failed
  }

  /// Makes the process ready: what was closed is no file that is opened later, and a file that somebody
  /// shortens while it is read ends the program with a message.
  public static func prepareProcess() {
    for stream in Int32(0)...2 where fcntl(stream, F_GETFD) == -1 {
      // Writing to a stdout that was closed must fail, as it would have.
      _ = open("/dev/null", stream == 1 ? O_RDONLY : O_RDWR)
    }
    // A reader that goes away (`routemark … | head`) ends the output, not the program.
    signal(SIGPIPE, SIG_IGN)
    signal(SIGBUS) { _ in
      let text: StaticString = """
        error: a file became shorter while it was read

        hint: check that nothing else is writing to the files, then try again

        """
      _ = write(2, text.utf8Start, text.utf8CodeUnitCount)
      _exit(2)
    }
  }

  private static func exitCode(running arguments: [String]) -> Int32 {
    do {
      let prepared = try ArgumentGuide(RouteMark.self)?.prepared(arguments) ?? arguments
      var command = try RouteMark.parseAsRoot(prepared)
      let line = (["routemark"] + arguments.map(ShellWord.quoted)).joined(separator: " ")
      try $commandLine.withValue(line) { try InputLedger.recording { try command.run() } }
      return ExitStatus.done
    } catch let error as any DiagnosableError {
      Console.current.talk(message(for: error))
      return ExitStatus.failed
    } catch {
      return report(error)
    }
  }

  private static func report(_ error: any Error) -> Int32 {
    let console = Console.current
    let code = RouteMark.exitCode(for: error)
    let text = RouteMark.fullMessage(for: error)
    if code == .success {
      console.out(text + "\n")
      return ExitStatus.done
    }
    if code.rawValue == ExitStatus.usage {
      console.talk(text + "\n")
      return ExitStatus.usage
    }
    if let exit = error as? ExitCode { return exit.rawValue }
    console.note("error: an unexpected error, which is a bug in routemark: \(error)")
    return ExitStatus.bug
  }

  /// An error in the lines that the command line prints: each is one line, whatever a file's names hold.
  static func message(for error: any DiagnosableError) -> String {
    func line(_ text: String) -> String {
      // A name may be as long as its file.
      let short = text.unicodeScalars.count > 2000
      return TerminalText.line(short ? "\(String(text.unicodeScalars.prefix(2000)))…" : text)
    }
    var text = "error: \(line(error.what))\n"
    if let location = error.location { text += "  at \(line(location))\n" }
    let hints = error.hints + CommandLineHints.of(error)
    if !hints.isEmpty { text += "\n" }
    for hint in hints { text += "hint: \(line(hint))\n" }
    return text
  }
}

/// The root command.
struct RouteMark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "routemark",
    abstract: "Is this merged mixture-of-experts model built from my experts?",
    discussion: """
      EXAMPLE
        routemark attribute --victim mine.trace.safetensors --suspect theirs.trace.safetensors

      A fingerprint is what a model's routers say about fixed probe images. `capture` records it, \
      `attribute` compares a suspect's experts with a victim's, `verify` re-checks a case.
      """,
    version: Program.version,
    subcommands: [
      InspectCommand.self, ConvertCommand.self, SuiteCommand.self, MergeCommand.self,
      CaptureCommand.self,
      FingerprintCommand.self, AttributeCommand.self, ExamineCommand.self, VerifyCommand.self,
      ReportCommand.self,
      HeadsCommand.self, FinetuneCommand.self,
      AdaptCommand.self, EvaluateCommand.self, TamperCommand.self, BaselineCommand.self,
      NullCommand.self, RerunCommand.self, ResidualCommand.self, SubsetCommand.self,
      MarkCommand.self, CommitCommand.self, ReproduceCommand.self, WorldCommand.self,
    ])
}
