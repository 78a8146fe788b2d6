import Foundation
import Testing

/// `routemark world`.
@Suite struct WorldTests {
  private func world(_ world: TinyWorld, to output: String, _ more: [String] = []) -> [String] {
    ["world", "--train", "6", "--test", "3", "-o", world.path(output)] + more
  }

  @Test func whatItMakesIsTrainedOnAndEvaluated() throws {
    let tiny = try TinyWorld()
    defer { tiny.remove() }
    let made = try tiny.expectDone(world(tiny, to: "world", ["--json"])).json()
    #expect(made["schema"] as? String == "routemark.world/1")
    let tasks = try #require(made["tasks"] as? [[String: Any]]).compactMap {
      $0["name"] as? String
    }
    #expect(tasks.count == 8)
    let heads = ["--head", tiny.path("world/zoo/heads.safetensors")]
    try tiny.expectDone(
      [
        "finetune", "--model", tiny.path("world/zoo/initial"), "--data",
        "pretraining=\(tiny.path("world/data/pretraining/train.tar"))", "--steps", "2", "--batch",
        "4", "-o", tiny.path("trained"),
      ] + heads)
    let evaluation = try tiny.expectDone(
      ["evaluate", "--model", tiny.path("trained"), "--json"] + heads
        + tasks.flatMap { ["--data", "\($0)=\(tiny.path("world/data/\($0)/test.tar"))"] })
    let counts = try #require(try evaluation.json()["tasks"] as? [[String: Any]])
    #expect(counts.map { $0["samples"] as? Int } == Array(repeating: 3, count: 8))
  }

  @Test func equalSeedsGiveEqualFilesAndNothingIsReplaced() throws {
    let tiny = try TinyWorld()
    defer { tiny.remove() }
    for (name, seed) in [("a", "1"), ("b", "1"), ("c", "2")] {
      let run = try tiny.expectDone(world(tiny, to: name, ["--seed", seed]))
      #expect(run.output.contains("6 to train and 3 to test on"))
    }
    let files = try tiny.files()
    func folder(_ name: String) -> [String: Data] {
      let own = files.filter { $0.key.hasPrefix("\(name)/") }
      return Dictionary(uniqueKeysWithValues: own.map { (String($0.key.dropFirst(2)), $0.value) })
    }
    #expect(folder("a") == folder("b") && folder("a") != folder("c"))
    #expect(CommandRun(world(tiny, to: "a")).exitCode == 2)
    #expect(try tiny.files() == files)
  }

  @Test func wrongNumbersExitWith64() throws {
    let tiny = try TinyWorld()
    defer { tiny.remove() }
    for options in [["--train", "0"], ["--test", "100001"], ["--seed", "9223372036854775808"]] {
      #expect(CommandRun(["world", "-o", tiny.path("x")] + options).exitCode == 64, "\(options)")
    }
    #expect(CommandRun(["world"]).exitCode == 64)
    #expect(!tiny.exists("x"))
  }
}
