import Attribution
import Calibration
import Diagnostics
import RoutingFingerprints

/// A case with null experts: two of the suspect's three experts are near copies, one is independent work.
struct CalibratedExample {
  private static let tasks = ["scene15", "cars", "rsscn7"]
  private static let nullCount = 6
  private static let layers = 12
  private var state: UInt64 = 11

  private mutating func noise() -> Double {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Double(state >> 11) / Double(UInt64(1) << 53) - 0.5
  }

  /// Mean logits `[N, E, L]` of an independent merge: every expert prefers its task.
  private mutating func independentMeans() -> [[[Double]]] {
    Self.tasks.indices.map { task in
      Self.tasks.indices.map { expert in
        (0..<Self.layers).map { layer in
          (expert == task ? 1 + Double(layer) / 4 : 0) + 0.8 * noise()
        }
      }
    }
  }

  /// Four blocks of 50 images, two and two on both sides of given means.
  private func blocks(_ means: [[[Double]]]) -> TaskBlocks {
    var example = self  // What follows in the example does not depend on blocks.
    var tables: [[[[Float]]]] = []
    for table in means {
      var blocks: [[[Float]]] = []
      for _ in 0..<2 {
        let offsets: [[Double]] = table.map { row in row.map { _ in 0.4 * example.noise() } }
        for sign in [1.0, -1.0] {
          blocks.append(
            zip(table, offsets).map { row, offset in
              zip(row, offset).map { mean, offset in Float(mean + sign * offset) }
            })
        }
      }
      tables.append(blocks)
    }
    return TaskBlocks(counts: means.map { _ in [50, 50, 50, 50] }, meanLogits: tables)
  }

  private func fingerprint(_ means: [[[Double]]]) throws -> ModelFingerprint {
    try ModelFingerprint(
      description: TraceDescription(
        tasks: Self.tasks, experts: Self.tasks, layerCount: Self.layers,
        modelDigest: Digest(bytes: repeatElement(UInt8(1), count: 32)),
        suiteDigest: Digest(bytes: repeatElement(UInt8(7), count: 32)),
        toolVersion: "routemark 0.1.0"),
      counts: Self.tasks.map { _ in 200 }, meanLogits: means, blocks: blocks(means))
  }

  /// Inner products of the responses of a victim expert, a suspect's and the nulls'; `kept` is how much
  /// of the suspect's own part is the victim's.
  private mutating func gram(_ task: String, kept: Double) throws -> ResponseGram {
    func vector(_ example: inout CalibratedExample) -> [Double] {
      (0..<40).map { _ in example.noise() }
    }
    let common = vector(&self)
    var responses = (0..<Self.nullCount + 2).map { _ in zip(common, vector(&self)).map(+) }
    responses[1] = zip(responses[0], responses[1]).map { kept * $0 + (1 - kept) * $1 }
    let (vectors, width) = (responses, 10)
    let blocks = stride(from: 0, to: 40, by: width).map { start in
      vectors.flatMap { a in
        vectors.map { b in
          (start..<start + width).reduce(0) { $0 + a[$1] * b[$1] }
        }
      }
    }
    let products = blocks.dropFirst().reduce(blocks[0]) { zip($0, $1).map(+) }
    return try ResponseGram(
      victimExpert: task, suspectExpert: task, layers: [products], blocks: blocks.map { [$0] })
  }

  /// The case.
  ///
  /// - Parameter isWhiteBox: Whether responses are there besides routing.
  static func make(isWhiteBox: Bool = true) throws -> AttributionCase {
    var example = CalibratedExample()
    let victim = example.independentMeans()
    var suspect = example.independentMeans()
    for task in tasks.indices {
      for expert in 0..<2 { suspect[task][expert] = victim[task][expert].map { 0.98 * $0 } }
    }
    let nulls = try (0..<nullCount).map { _ in try example.fingerprint(example.independentMeans()) }
    let grams = try zip(tasks, [1, 0.9, 0]).map { try example.gram($0, kept: $1) }
    let input = try CalibrationInput(
      pool: NullPoolReference(
        manifestDigest: Digest(bytes: repeatElement(UInt8(3), count: 32)),
        baseDigest: Digest(bytes: repeatElement(UInt8(4), count: 32)),
        suiteDigest: Digest(bytes: repeatElement(UInt8(7), count: 32)),
        tasks: tasks, nullCount: nullCount, recipes: "learning rate 1e-4 to 1e-3, new seeds"),
      nullFingerprints: nulls, responseGrams: isWhiteBox ? grams : [],
      weightFindings: isWhiteBox
        ? [
          TamperFinding(
            .pruned, subject: "cars", quantities: [.init("sparsity", 0.5)], confidence: .clear)
        ] : [])
    return try AttributionCase(
      victim: try example.fingerprint(victim), suspect: try example.fingerprint(suspect),
      calibration: input, victimLabel: "mine", suspectLabel: "theirs",
      toolVersion: "routemark 0.1.0", commandLine: "routemark attribute", date: "2025-01-05")
  }
}
