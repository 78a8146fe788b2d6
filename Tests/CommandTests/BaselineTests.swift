import Foundation
import Testing

/// `routemark baseline`.
@Suite struct BaselineTests {
  @Test func everyMethodIsOneForAModelWithItselfAndSaysWhatItIs() throws {
    let world = try TinyWorld()
    defer { world.remove() }
    try world.prepare(["victim": 1])
    let models = ["--victim", world.path("victim"), "--suspect", world.path("victim"), "--json"]
    for method in ["pcs", "ics"] {
      let whole = try result(world.expectDone(["baseline", method] + models))
      #expect(abs(try #require(whole["similarity"] as? Double) - 1) < 1e-12)
      #expect((whole["definition"] as? String)?.contains("\(method.uppercased())-M") == true)

      let experts = try result(
        world.expectDone(["baseline", method, "--level", "expert"] + models))
      #expect((experts["definition"] as? String)?.contains("\(method.uppercased())-E") == true)
      let similarities = try #require(experts["similarities"] as? [String: Any])
      let values = try #require(similarities["values"] as? [[Double]])
      for index in values.indices { #expect(abs(values[index][index] - 1) < 1e-12) }
      let matches = try #require(similarities["matches"] as? [[String: Any]])
      #expect(matches.compactMap { $0["victimExpert"] as? String } == TinyWorld.experts)
    }
    let suite = ["--suite", world.path("suite.json")]
    let alignment = try result(world.expectDone(["baseline", "reef"] + models + suite))
    #expect(alignment["biased"] as? Double == 1)
    #expect(alignment["unbiased"] as? Double == 1)
    #expect(alignment["sampleCount"] as? Int == 12)
    #expect((alignment["definition"] as? String)?.contains("REEF") == true)
    #expect((alignment["suiteDigest"] as? String)?.hasPrefix("sha256:") == true)
  }

  @Test func tablesFitTheTerminalAndEndWithTheDefinition() throws {
    let world = try TinyWorld()
    defer { world.remove() }
    try world.prepare(["victim": 1])
    let expert = [
      "--victim", world.path("stripes"), "--suspect", world.path("victim"), "--level", "expert",
      "--base", world.path("base"),
    ]
    let models = ["--victim", world.path("victim"), "--suspect", world.path("base")]
    let suite = ["--suite", world.path("suite.json"), "--batch", "5"]
    for (arguments, definition) in [
      (["pcs"] + models, "PCS-M: "), (["pcs"] + expert, "PCS-E: "), (["ics"] + models, "ICS-M: "),
      (["ics", "--embeddings", "own"] + expert, "ICS-E: "), (["reef"] + models + suite, "REEF: "),
    ] {
      let run = try world.expectDone(["baseline"] + arguments)
      #expect(run.output.contains("\n\(definition)"), "\(run.output)")
      // The first line names the folders, however long their names are.
      let lines = run.output.split(separator: "\n").dropFirst()
      #expect(lines.allSatisfy { $0.count <= 100 }, "\(run.output)")
    }
  }

  @Test func hiddenStatesDependNeitherOnThreadsNorOnTheBatch() throws {
    let world = try TinyWorld()
    defer { world.remove() }
    try world.prepare(["victim": 1, "suspect": 2])
    let arguments = [
      "baseline", "reef", "--victim", world.path("victim"), "--suspect", world.path("suspect"),
      "--suite", world.path("suite.json"), "--json",
    ]
    func numbers(_ more: [String]) throws -> [Double] {
      let alignment = try result(world.expectDone(arguments + more))
      let layers = try #require(alignment["layers"] as? [[String: Any]])
      return layers.compactMap { $0["biased"] as? Double }
        + layers.compactMap { $0["unbiased"] as? Double }
    }
    let expected = try numbers([])
    #expect(expected.count == 4)
    #expect(try numbers(["--batch", "1", "--threads", "1"]) == expected)
    #expect(try numbers(["--batch", "5", "--threads", "3"]) == expected)
  }

  @Test func refusesWhatItCannotCompare() throws {
    let world = try TinyWorld()
    defer { world.remove() }
    let towers = ["--victim", world.path("dots"), "--suspect", world.path("noise")]
    let run = CommandRun(["baseline", "pcs", "--level", "expert"] + towers)
    #expect(run.exitCode == 2)
    #expect(run.talk.contains("--base") && run.output.isEmpty)
    let base = ["--base", world.path("base")]
    #expect(CommandRun(["baseline", "pcs"] + towers + base).exitCode == 64)
    #expect(CommandRun(["baseline", "reef"] + towers).exitCode == 64)
    #expect(
      CommandRun(["baseline", "ics", "--victim", "/nowhere", "--suspect", "/nowhere"]).exitCode == 2
    )
    for command in [
      ["baseline"], ["baseline", "pcs"], ["baseline", "ics"], ["baseline", "reef"],
    ] {
      let help = CommandRun(command + ["--help"])
      #expect(help.exitCode == 0 && help.output.contains("EXAMPLE"))
    }
  }

  private func result(_ run: CommandRun) throws -> [String: Any] {
    let json = try run.json()
    #expect(json["schema"] as? String == "routemark.baseline/1")
    return try #require(json["result"] as? [String: Any])
  }
}
