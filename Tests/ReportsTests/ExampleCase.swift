import Attribution
import Diagnostics
import Foundation
import RoutingFingerprints

/// Cases made up for tests, equal on every run.
enum ExampleCase {
  static let tasks = ["scene15", "cars", "rsscn7"]

  /// A model each of whose experts is scored high for the task in `prefers`.
  static func fingerprint(
    seed: UInt64, tasks: [String], experts: [String], prefers: [Int], layers: Int = 4,
    strength: Double = 1
  ) throws -> ModelFingerprint {
    var state = seed
    func noise() -> Double {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(state >> 11) / Double(UInt64(1) << 53) - 0.5
    }
    let means = tasks.indices.map { task in
      experts.indices.map { expert in
        (0..<layers).map { layer in
          (prefers[expert] == task ? strength * Double(layer + 1) : 0) + 0.2 * noise()
        }
      }
    }
    let description = TraceDescription(
      tasks: tasks, experts: experts, layerCount: layers,
      modelDigest: Digest(bytes: [UInt8](repeating: UInt8(truncatingIfNeeded: seed), count: 32)),
      suiteDigest: Digest(bytes: [UInt8](repeating: 7, count: 32)), toolVersion: "routemark 0.1.0")
    return try ModelFingerprint(
      description: description, counts: tasks.map { _ in 200 }, meanLogits: means)
  }

  static func compare(
    _ victim: ModelFingerprint, _ suspect: ModelFingerprint, victimLabel: String = "mine",
    suspectLabel: String = "theirs", commandLine: String = "routemark attribute"
  ) throws -> AttributionCase {
    try AttributionCase(
      victim: victim, suspect: suspect, victimLabel: victimLabel, suspectLabel: suspectLabel,
      toolVersion: "routemark 0.1.0", commandLine: commandLine, date: "2025-01-05")
  }

  /// Three victim experts; two of them in the suspect, one of these weakened, and a stranger.
  static func mixed() throws -> AttributionCase {
    try compare(
      try fingerprint(seed: 1, tasks: tasks, experts: tasks, prefers: [0, 1, 2]),
      try fingerprint(
        seed: 2, tasks: tasks, experts: ["scene15", "cars", "gtsrb", "copy of cars"],
        prefers: [0, 1, 9, 1], strength: 0.4))
  }

  /// Every name that a file can bring in is hostile.
  static func hostile() throws -> AttributionCase {
    let names = [
      "<script>alert(1)</script>", "\" onload='x' & &amp;", "\u{1B}[31mred\u{7}\u{0}",
      "\u{202E}rtl שלום", "🦊 日本語", String(repeating: "long", count: 75), "]]></style>\u{FFFF}",
    ]
    let prefers = Array(names.indices)
    return try compare(
      try fingerprint(seed: 1, tasks: names, experts: names, prefers: prefers),
      try fingerprint(seed: 2, tasks: names, experts: names, prefers: prefers),
      victimLabel: names[0], suspectLabel: names[1] + names[0], commandLine: names.joined())
  }

  /// `victimCount` and `suspectCount` experts; tasks are as many as victim experts, at least two.
  static func sized(
    victim victimCount: Int, suspect suspectCount: Int, layers: Int = 2
  ) throws -> AttributionCase {
    let tasks = (0..<max(victimCount, 2)).map { "task-\($0)-of-some-length" }
    func model(_ seed: UInt64, _ count: Int) throws -> ModelFingerprint {
      try fingerprint(
        seed: seed, tasks: tasks, experts: (0..<count).map { "expert-\($0)-of-some-length" },
        prefers: Array(0..<count), layers: layers)
    }
    return try compare(try model(1, victimCount), try model(2, suspectCount))
  }

  /// The case that a file holds after someone edited it.
  static func edited(
    _ original: AttributionCase, _ edit: (inout [String: Any]) -> Void
  ) throws -> AttributionCase {
    let json = try JSONSerialization.jsonObject(with: try JSONEncoder().encode(original))
    var object = json as? [String: Any] ?? [:]
    edit(&object)
    return try JSONDecoder().decode(
      AttributionCase.self, from: try JSONSerialization.data(withJSONObject: object))
  }
}
