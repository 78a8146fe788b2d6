import Diagnostics
import Foundation
import RoutingFingerprints
import Testing

@Suite struct FingerprintAccumulatorTests {
  let trace = SeededTrace(
    describe(tasks: 2, experts: 2, layers: 1), logits: [1, 2, 5, -1, 3, 6], tasks: [0, 1, 0])

  @Test("equation 8 averages each expert over the samples of each task")
  func meanOfEquation8() throws {
    #expect(try trace.sums().meanLogits() == [[[2], [4]], [[5], [-1]]])
    #expect(try trace.sums().counts == [2, 1])
  }

  @Test("shards in any order give the bits of the whole", arguments: UInt64(0)..<40)
  func shardsEqualTheWhole(seed: UInt64) throws {
    let trace = SeededTrace(seed: seed)
    var generator = SeededGenerator(seed: seed ^ 0xFF)
    let rows = trace.tasks.indices.shuffled(using: &generator)
    let shardCount = Int.random(in: 1...7, using: &generator)
    let shards = try (0..<shardCount).map { shard in
      try trace.sums(rows.filter { $0 % shardCount == shard })
    }
    var merged = try FingerprintAccumulator(trace.description)
    for shard in shards.shuffled(using: &generator) { try merged.merge(shard) }
    #expect(try merged.fingerprint() == trace.sums().fingerprint())
  }

  @Test("samples in any order give the same bits", arguments: UInt64(100)..<120)
  func orderDoesNotMatter(seed: UInt64) throws {
    let trace = SeededTrace(seed: seed)
    var generator = SeededGenerator(seed: seed ^ 0xFF)
    let shuffled = try trace.sums(trace.tasks.indices.shuffled(using: &generator))
    #expect(try shuffled.fingerprint() == trace.sums().fingerprint())
  }

  @Test("cancellation that a plain Double sum loses is kept")
  func cancellationIsExact() throws {
    let trace = SeededTrace(
      describe(tasks: 1, experts: 1, layers: 1), logits: [1e20, 1, -1e20], tasks: [0, 0, 0])
    #expect(try trace.sums().meanLogits() == [[[1.0 / 3]]])
  }

  @Test("log-probabilities give the centred logits back")
  func probabilitiesGiveCentredLogits() throws {
    let logits: [[Float]] = [[0.5, -1, 2], [3, 0, -2], [0.25, 0.5, 1]]
    let tasks = [0, 1, 1]
    let direct = SeededTrace(
      describe(tasks: 2, experts: 3, layers: 1), logits: logits.flatMap { $0 }, tasks: tasks)
    let probabilities = logits.flatMap { row in
      let exponentials = row.map { exp(Double($0)) }
      return exponentials.map { Float($0 / exponentials.reduce(0, +)) }
    }
    let recovered = SeededTrace(
      describe(tasks: 2, experts: 3, layers: 1, signal: .probabilities), logits: probabilities,
      tasks: tasks)
    let (expected, actual) = (
      try direct.sums().fingerprint(), try recovered.sums().fingerprint()
    )
    for (expected, actual) in zip(expected.routingScores, actual.routingScores) {
      for (expected, actual) in zip(expected.values, actual.values) {
        #expect(abs(expected[0] - actual[0]) < 1e-6)  // the rounding of p to Float
      }
    }
  }

  @Test("equal probabilities carry no signal")
  func equalProbabilities() throws {
    let trace = SeededTrace(
      describe(tasks: 1, experts: 3, layers: 1, signal: .probabilities),
      logits: [Float](repeating: 1.0 / 3, count: 3), tasks: [0])
    #expect(try trace.sums().fingerprint().routingScores.allSatisfy { $0.carriesNoSignal })
  }

  @Test("a zero probability is refused with sample, layer and expert")
  func zeroProbability() {
    let trace = SeededTrace(
      describe(tasks: 1, experts: 2, layers: 2, signal: .probabilities),
      logits: [0.5, 1, 0.5, 0], tasks: [0])
    let error = FingerprintError.zeroProbability(sample: 0, layer: 1, expert: 1)
    #expect(throws: error) { try trace.sums() }
    #expect(error.hints.contains { $0.contains("logits") })
  }

  @Test("a probability outside 0...1 is refused", arguments: [Float(-0.25), 1.5])
  func probabilityOutOfRange(value: Float) {
    let trace = SeededTrace(
      describe(tasks: 1, experts: 2, layers: 1, signal: .probabilities), logits: [0.5, value],
      tasks: [0])
    #expect(
      throws: FingerprintError.probabilityOutOfRange(
        sample: 0, layer: 0, expert: 1, value: value)
    ) { try trace.sums() }
  }

  @Test("probabilities that do not sum to 1 over experts are refused, swapped axes with a hint")
  func probabilitiesMustSum() {
    let trace = SeededTrace(
      describe(tasks: 1, experts: 2, layers: 2, signal: .probabilities),
      logits: [0.5, 0.5, 0.5, 0.25], tasks: [0])
    #expect(
      throws: FingerprintError.probabilitiesDoNotSum(
        sample: 0, layer: 1, sum: 0.75, axesSwapped: false)
    ) { try trace.sums() }
    let swapped = SeededTrace(
      describe(tasks: 1, experts: 2, layers: 2, signal: .probabilities),
      logits: [0.75, 0.25, 0.5, 0.5], tasks: [0])
    let error = #expect(throws: FingerprintError.self) { try swapped.sums() }
    #expect(error?.hints.contains { $0.contains("[S, L, E]") } == true)
  }

  @Test("blocks with the largest counts that are accepted are drawn without overflow")
  func hugeBlockCounts() throws {
    let half = 1 << 39
    let table: [[[Float]]] = [[[1], [0]], [[3], [0]]]
    let fingerprint = try ModelFingerprint(
      description: describe(tasks: 1, experts: 2, layers: 1), counts: [2 * half - 1],
      meanLogits: [[[2], [0]]],
      blocks: TaskBlocks(counts: [[half, half - 1]], meanLogits: [table]))
    let drawn = try #require(try fingerprint.resampled([[1, 1, 1]]))
    #expect(drawn.meanLogits == [[[3], [0]]])
  }

  @Test(
    "a logit that is not finite is refused with sample, layer and expert",
    arguments: [Float.nan, .infinity, -.infinity], [RouterSignal.logits, .weights, .probabilities])
  func nonFiniteLogit(value: Float, signal: RouterSignal) throws {
    var sums = try FingerprintAccumulator(
      describe(tasks: 1, experts: 2, layers: 3, signal: signal))
    var logits = [Float](repeating: 0.5, count: 12)
    logits[6 + 3 + 2] = value  // second sample, expert 1, layer 2
    #expect(
      throws: FingerprintError.nonFiniteLogit(sample: 71, layer: 2, expert: 1, value: "\(value)")
    ) {
      try logits.withUnsafeBufferPointer {
        try sums.add(logits: $0, tasks: [0, 0], firstSample: 70)
      }
    }
    #expect(sums.counts == [0], "a refused batch leaves the sums as they were")
  }

  @Test("a task out of range is refused with its sample", arguments: [-1, 2, Int.max])
  func taskOutOfRange(task: Int) {
    var trace = trace
    trace.tasks[1] = task
    #expect(throws: FingerprintError.taskOutOfRange(sample: 1, task: task, taskCount: 2)) {
      try trace.sums()
    }
  }

  @Test("a batch of the wrong size is refused")
  func wrongLogitCount() {
    var trace = trace
    trace.logits.removeLast()
    #expect(throws: FingerprintError.wrongLogitCount(samples: 3, expected: 6, actual: 5)) {
      try trace.sums()
    }
  }

  @Test("an empty task is refused when the fingerprint is formed, not in a shard")
  func emptyTask() throws {
    var sums = try trace.sums([0, 2])
    #expect(throws: FingerprintError.emptyTask(task: "t1", count: 0)) { try sums.fingerprint() }
    try sums.merge(trace.sums([1]))
    #expect(try sums.fingerprint() == trace.sums().fingerprint())
  }

  @Test("shards of different subjects are refused, naming field and values")
  func shardMismatch() throws {
    let own = describe(tasks: 2, experts: 2, layers: 1)
    func changed(_ change: (inout TraceDescription) -> Void) -> TraceDescription {
      var description = own
      change(&description)
      return description
    }
    let cases: [(TraceDescription, String, String, String)] = [
      (
        changed { $0.modelDigest = digest(9) }, "model digest", "\(digest(1))", "\(digest(9))"
      ),
      (changed { $0.modelDigest = nil }, "model digest", "\(digest(1))", "unknown"),
      (
        changed { $0.suiteDigest = digest(9) }, "suite digest", "\(digest(2))", "\(digest(9))"
      ),
      (changed { $0.signal = .weights }, "signal", "logits", "weights"),
      (changed { $0.layerCount = 3 }, "layer count", "1", "3"),
      (changed { $0.tasks = ["t1", "t0"] }, "tasks", "t0, t1", "t1, t0"),
      (changed { $0.experts = ["e0", "x"] }, "experts", "e0, e1", "e0, x"),
    ]
    for (description, field, expected, actual) in cases {
      var sums = try FingerprintAccumulator(own)
      #expect(
        throws: FingerprintError.shardMismatch(field: field, expected: expected, actual: actual)
      ) { try sums.merge(FingerprintAccumulator(description)) }
    }
  }

  @Test("another tool version is no obstacle; the first one is kept")
  func toolVersionsMayDiffer() throws {
    var other = trace.description
    other.toolVersion = "test 2"
    var sums = try trace.sums()
    try sums.merge(SeededTrace(other, logits: trace.logits, tasks: trace.tasks).sums())
    #expect(sums.description.toolVersion == "test 1")
    #expect(sums.counts == [4, 2])
  }
}

@Suite struct TraceDescriptionTests {
  @Test("names must be there, non-empty and distinct")
  func names() {
    var description = describe(tasks: 2, experts: 2, layers: 1)
    description.tasks = []
    #expect(throws: FingerprintError.noNames(key: "tasks")) { try description.validate() }
    description.tasks = ["a", ""]
    #expect(throws: FingerprintError.emptyName(key: "tasks", index: 1)) {
      try description.validate()
    }
    description.tasks = ["a"]
    description.experts = ["x", "y", "x"]
    #expect(
      throws: FingerprintError.duplicateName(key: "experts", name: "x", first: 0, second: 2)
    ) { try description.validate() }
  }

  @Test("there must be a layer, and not more values than memory holds")
  func size() {
    var description = describe(tasks: 2, experts: 2, layers: 0)
    #expect(throws: FingerprintError.invalidLayerCount(actual: 0)) { try description.validate() }
    for layers in [Int.max, 1 << 25] {
      description.layerCount = layers
      #expect(
        throws: FingerprintError.tooLarge(
          tasks: 2, experts: 2, layers: layers, limit: TraceDescription.valueLimit)
      ) { try FingerprintAccumulator(description) }
    }
  }
}
