import Foundation
import Testing

/// A plan of seconds: two tasks, four suspects, a handful of steps, in a world of the program's own.
struct TinyStudy {
  let folder: String

  init() throws {
    folder =
      FileManager.default.temporaryDirectory
      .appendingPathComponent("routemark-study-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try write(Self.plan, to: "plan.json")
  }

  func remove() { try? FileManager.default.removeItem(atPath: folder) }

  func path(_ name: String) -> String { "\(folder)/\(name)" }

  func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path(name)))
  }

  func bytes(_ name: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: path(name)))
  }

  func json(_ name: String) throws -> [String: Any] {
    let value = try JSONSerialization.jsonObject(with: bytes(name))
    return try #require(value as? [String: Any])
  }

  /// `routemark reproduce` of a plan in this folder.
  func arguments(
    plan: String = "plan.json", to output: String = "out", _ more: [String] = []
  ) -> [String] {
    ["reproduce", "--embedded", "--plan", path(plan), "-o", path(output)] + more
  }

  @discardableResult
  func expectDone(_ arguments: [String]) throws -> CommandRun {
    let run = CommandRun(arguments)
    guard run.exitCode == 0 else { throw TinyWorld.Failure(run: run) }
    return run
  }

  /// The outputs that a run announced: `[3/60] models/victim`.
  static func announced(_ run: CommandRun) -> [String] {
    run.talk.split(separator: "\n").filter { $0.hasPrefix("[") }
      .compactMap { $0.split(separator: " ").last.map(String.init) }
  }

  static let plan = """
    {
      "schema": "routemark.plan/1", "title": "a study of seconds", "tasks": ["stripes", "shapes"],
      "newcomers": ["dots"], "routing": "softmax", "probes": 4, "seed": 1,
      "adaptation": {"victimSteps": 2, "steps": 2, "rate": 0.003, "batch": 2},
      "expertSets": [
        {"name": "tuned", "origin": "experts", "steps": 2, "rate": 0.0003, "batch": 2,
         "weightDecay": 0.01, "seed": 10},
        {"name": "independent", "origin": "base", "steps": 2, "rate": 0.002, "batch": 2,
         "weightDecay": 0.01, "seed": 30}
      ],
      "suspects": [
        {"name": "fine-tuned", "title": "fine-tuned", "router": "retrained",
         "experts": ["tuned/stripes", "tuned/shapes"]},
        {"name": "innocent", "title": "independent", "router": "retrained",
         "experts": ["independent/stripes", "independent/shapes"]},
        {"name": "replaced", "title": "one replaced", "router": "retrained",
         "experts": ["dots", "tuned/shapes"]},
        {"name": "pruned", "title": "WANDA 50 %", "router": "kept",
         "tamper": ["prune --method wanda --sparsity 0.5 {calibration}"]}
      ],
      "figures": {
        "matrices": ["victim", "fine-tuned"], "parametric": ["pruned"],
        "pruning": [{"sparsity": 0, "suspect": "victim"}, {"sparsity": 0.5, "suspect": "pruned"}],
        "replaced": ["replaced"], "deleted": [], "added": [], "sampled": "fine-tuned",
        "sampleSizes": [2, 4]
      },
      "world": {
        "seed": 1, "trainCount": 12, "testCount": 4,
        "pretraining": {"steps": 2, "rate": 0.002, "batch": 4},
        "experts": {"steps": 2, "rate": 0.001, "batch": 4}
      }
    }
    """
}
