import Attribution
import Calibration
import Foundation
import RoutingFingerprints
import Statistics
import Testing

@Suite struct CaseIntervalsTests {
  /// Probe images with their own noise, answered by two models.
  private struct Probes {
    private var generator: SeededGenerator
    private let means: [[[Double]]]  // [N, E, L]

    init(seed: UInt64, means: [[[Double]]]) {
      generator = SeededGenerator(seed: seed)
      self.means = means
    }

    private mutating func noise() -> Double {
      // Twelve uniform numbers: unit variance, near enough to normal.
      (0..<12).reduce(-6.0) { sum, _ in sum + Double.random(in: 0..<1, using: &generator) }
    }

    /// Both models over `count` images a task: the suspect's answers are the victim's and `own` noise.
    mutating func models(
      count: Int, blocks: Int, own: Double = 0.5
    ) throws -> (victim: ModelFingerprint, suspect: ModelFingerprint) {
      let description = TraceDescription(
        tasks: means.indices.map { "t\($0)" }, experts: means[0].indices.map { "e\($0)" },
        layerCount: means[0][0].count, modelDigest: digest(1), suiteDigest: digest(2),
        toolVersion: "test 1")
      var victim = try FingerprintAccumulator(description, blockCount: blocks)
      var suspect = victim
      for task in means.indices {
        for sample in 0..<count {
          let answers = means[task].joined().map { $0 + noise() }
          for own in [0, own] {
            let logits = answers.map { Float($0 + own * noise()) }
            try logits.withUnsafeBufferPointer { logits throws(FingerprintError) in
              let first = task * count + sample
              if own == 0 {
                try victim.add(logits: logits, tasks: [task], firstSample: first)
              } else {
                try suspect.add(logits: logits, tasks: [task], firstSample: first)
              }
            }
          }
        }
      }
      return (try victim.fingerprint(), try suspect.fingerprint())
    }
  }

  private let means = specialists(3, layers: 3, strength: 1)

  @Test("intervals enclose the values and shrink with the number of images")
  func sizes() throws {
    var widths: [Double] = []
    for count in [40, 640] {
      var probes = Probes(seed: 1, means: means)
      let models = try probes.models(count: count, blocks: 19)
      let result = try makeCase(models.victim, models.suspect)
      let intervals = try #require(result.intervals)
      #expect(intervals.blockCounts == [19, 19, 19] && intervals.responseBlockCount == nil)
      let expert = intervals.experts[0]
      let margin = try #require(expert.margin)
      let value = try #require(result.attributions[0].attributionMargin)
      #expect(margin.lower < value && value < margin.upper)
      #expect(expert.routingResidual == nil && expert.functionalResidual == nil)
      widths.append(margin.upper - margin.lower)
    }
    // A quarter for 16 times as many images, if blocks stand for images.
    #expect(widths[1] < 0.4 * widths[0] && widths[1] > 0.15 * widths[0], "\(widths)")
  }

  @Test(
    "95 % intervals hold what more images lead to as often as they should",
    arguments: [(76, 0.5), (76, 2), (304, 2)])
  func coverage(count: Int, own: Double) throws {
    var probes = Probes(seed: 7, means: means)
    let many = try probes.models(count: 8000, blocks: 0, own: own)
    let truth = try #require(
      try makeCase(many.victim, many.suspect).attributions[0].attributionMargin)
    var covered = 0
    for _ in 0..<100 {
      let models = try probes.models(count: count, blocks: 19, own: own)
      let intervals = try #require(try makeCase(models.victim, models.suspect).intervals)
      let margin = try #require(intervals.experts[0].margin)
      if margin.lower <= truth, truth <= margin.upper { covered += 1 }
    }
    // Binomial(100, .95) is below 89 in 1 of 100 draws. Plain percentiles hold 56 of 100.
    #expect((89...100).contains(covered), "\(covered) of 100")
  }

  @Test("models with other blocks, or none, have no intervals")
  func missing() throws {
    var probes = Probes(seed: 1, means: means)
    let models = try probes.models(count: 40, blocks: 19)
    var others = Probes(seed: 1, means: means)
    let coarse = try others.models(count: 40, blocks: 7)
    var plain = Probes(seed: 1, means: means)
    let none = try plain.models(count: 40, blocks: 0)
    var single = Probes(seed: 1, means: means)
    let one = try single.models(count: 40, blocks: 1)
    #expect(try makeCase(models.victim, coarse.suspect).intervals == nil)
    #expect(try makeCase(models.victim, none.suspect).intervals == nil)
    #expect(try makeCase(one.victim, one.suspect).intervals == nil)
    #expect(try makeCase(coarse.victim, coarse.suspect).intervals != nil)
  }

  @Test("blocks change no similarity, and tasks may be in another order")
  func order() throws {
    var probes = Probes(seed: 3, means: means)
    let models = try probes.models(count: 40, blocks: 19)
    let result = try makeCase(models.victim, models.suspect)
    let plain = try makeCase(models.victim.withoutBlocks(), models.suspect.withoutBlocks())
    #expect(result.matrix == plain.matrix && result.attributions == plain.attributions)
    let other = models.suspect.reordered(tasks: ["t2", "t0", "t1"])
    let again = try #require(try makeCase(models.victim, other).intervals)
    let expected = try #require(result.intervals)
    for (one, two) in zip(again.experts, expected.experts) {
      let ends = [(one.margin, two.margin), (one.similarity, two.similarity)]
      for case (let a?, let b?) in ends {
        #expect(abs(a.lower - b.lower) < 1e-9 && abs(a.upper - b.upper) < 1e-9)
      }
    }
  }

  @Test("every edited end of an interval and every edited block is found")
  func edited() throws {
    var probes = Probes(seed: 5, means: specialists(2, layers: 1, strength: 1))
    let models = try probes.models(count: 9, blocks: 3)
    let data = try JSONEncoder().encode(try makeCase(models.victim, models.suspect))
    let tree = try JSONDecoder().decode(JSONTree.self, from: data)
    let tests = CaseTamperingTests()
    #expect(try !tests.isFound(tree))
    let variants = tree.variants { path, node in
      guard path.hasPrefix("intervals") || path.contains(".blocks") else { return [] }
      if case .number(let value) = node { return [.number(value + 1e-4), nil] }
      return [nil]
    }
    #expect(variants.count > 90)
    for (path, variant) in variants {
      #expect(try tests.isFound(try #require(variant)), "\(path)")
    }
  }
}
