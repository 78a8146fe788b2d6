import Experiments
import Foundation
import Synchronization
import Testing

/// Runs with a command that only writes its output: what is done, done again, and left alone.
struct StudyRunTests {
  /// Remembers command lines and makes their outputs.
  private final class Recorder: Sendable {
    let lines = Mutex<[[String]]>([])
    let failing: String?

    init(failing: String? = nil) { self.failing = failing }

    var command: StudyRun.Command {
      { words in
        self.lines.withLock { $0.append(words) }
        if let failing = self.failing, words.contains(where: { $0.hasSuffix(failing) }) {
          return StudyRun.CommandOutcome(exitCode: 2, output: "", talk: "error: no\n")
        }
        // A folder serves for everything: later steps write below some outputs.
        let output =
          words.firstIndex(of: "-o").map { words[$0 + 1] }
          ?? words.firstIndex(of: "--pool").map { "\(words[$0 + 1])/merges" }
        if let output {
          try? FileManager.default.createDirectory(
            atPath: output, withIntermediateDirectories: true)
        }
        return StudyRun.CommandOutcome(exitCode: 0, output: "{}", talk: "")
      }
    }

    var count: Int { lines.withLock { $0.count } }
  }

  private func withFolder(_ body: (StudyPlaces) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("routemark-study-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(
      StudyPlaces(output: folder, zoo: "\(folder)/world/zoo", data: "\(folder)/world/data"))
  }

  private func run(
    _ plan: StudyPlan, _ places: StudyPlaces, _ recorder: Recorder
  ) throws -> [String] {
    let announced = Mutex<[String]>([])
    try StudyRun(plan, places: places, tool: "test 1").run(
      announce: { _, step in announced.withLock { $0.append(step.output) } },
      command: recorder.command)
    return announced.withLock { $0 }
  }

  @Test func whatIsFinishedIsNotDoneAgain() throws {
    try withFolder { places in
      let recorder = Recorder()
      let all = try run(.embedded, places, recorder)
      #expect(recorder.count == all.count)
      #expect(try run(.embedded, places, recorder).isEmpty)
    }
  }

  @Test func aChangeDoesAgainWhatDependsOnItAndNothingElse() throws {
    try withFolder { places in
      _ = try run(.embedded, places, Recorder())
      var plan = StudyPlan.embedded
      let index = try #require(plan.suspects.firstIndex { $0.name == "int4" })
      plan.suspects[index].tamper = ["quantize --bits 3"]
      let again = try run(plan, places, Recorder())
      #expect(again.contains("models/int4"))
      #expect(again.contains("cases/int4.json"))
      #expect(again.allSatisfy { $0.contains("int4") })
    }
  }

  @Test func aMissingOutputIsMadeAgain() throws {
    try withFolder { places in
      _ = try run(.embedded, places, Recorder())
      try FileManager.default.removeItem(atPath: "\(places.output)/cases/same.json")
      #expect(try run(.embedded, places, Recorder()) == ["cases/same.json"])
    }
  }

  @Test func aFailedStepSaysWhatAndTheNextRunGoesOnThere() throws {
    try withFolder { places in
      #expect {
        try run(.embedded, places, Recorder(failing: "models/int8"))
      } throws: { error in
        guard case .stepFailed(let output, let command, 2, "error: no") = error as? StudyError
        else { return false }
        return output.hasSuffix("models/int8") && command.hasPrefix("routemark tamper quantize")
      }
      let rest = try run(.embedded, places, Recorder())
      #expect(rest.first == "models/int8")
    }
  }

  @Test func anotherVersionOfTheProgramStartsOver() throws {
    try withFolder { places in
      let recorder = Recorder()
      let all = try run(.embedded, places, recorder)
      try StudyRun(.embedded, places: places, tool: "test 2").run(
        announce: { _, _ in }, command: recorder.command)
      #expect(recorder.count == 2 * all.count)
    }
  }
}
