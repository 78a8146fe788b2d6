import Diagnostics

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Averages each expert's router signal over the samples of each task, in constant memory.
///
/// Equation: F[i, e, l] = 1/|S_i| * sum over s in S_i of a[s, e, l]           (RouteMark, eq. 8)
/// Shapes: a batch is `[n, E, L]`; the sums are `[N, E, L]`.
/// Numerics: each sum is an unevaluated pair of Doubles, 106 bits together. Router logits are
/// Floats of 24 bits, so sums are exact unless magnitudes in one sum differ by more than 2^50, and
/// shards give the bits of the whole in any order. For ``RouterSignal/probabilities``, a is
/// log p - 1/E * sum over e of log p, which differs from the centred logits only by rounding.
///
///     var sums = try FingerprintAccumulator(description)
///     try logits.withUnsafeBufferPointer {
///       try sums.add(logits: $0, tasks: tasks, firstSample: 0)
///     }
///     let fingerprint = try sums.fingerprint(FingerprintOptions())
public struct FingerprintAccumulator: Sendable {
  /// What the samples refer to.
  public let description: TraceDescription
  /// The number of samples added so far of each task, `[N]`.
  public private(set) var counts: [Int]
  /// The number B of blocks of each task; 0 when none are kept.
  public let blockCount: Int
  // Sums are made when the first sample comes: a file of few samples may name many tasks, and memory
  // must follow from what it holds.
  private var sums: [[CompensatedSum]]  // [N] of [E, L], or empty
  private var blockCounts: [Int]  // [N, B]
  private var blockSums: [[CompensatedSum]]  // [N, B] of [E, L], or empty

  /// Starts with no samples.
  ///
  /// - Parameter blockCount: How many ``TaskBlocks`` to keep of each task, 0 for none.
  /// - Throws: what ``TraceDescription/validate()`` throws;
  ///   ``FingerprintError/blockCountOutOfRange(actual:limit:)``.
  public init(
    _ description: TraceDescription, blockCount: Int = 0
  ) throws(FingerprintError) {
    try description.validate()
    guard (0...TaskBlocks.limit).contains(blockCount) else {
      throw .blockCountOutOfRange(actual: blockCount, limit: TaskBlocks.limit)
    }
    self.description = description
    self.blockCount = blockCount
    let taskCount = description.tasks.count
    counts = [Int](repeating: 0, count: taskCount)
    sums = [[CompensatedSum]](repeating: [], count: taskCount)
    blockCounts = [Int](repeating: 0, count: taskCount * blockCount)
    blockSums = [[CompensatedSum]](repeating: [], count: taskCount * blockCount)
  }

  /// Adds a batch of samples.
  ///
  /// Shapes: `logits` is `[n, E, L]`; `tasks` is `[n]`, each in `0..<N`.
  ///
  /// - Parameters:
  ///   - firstSample: The trace's index of the first sample, for errors.
  ///   - firstRow: The suite's row of the first sample, by which samples are put into blocks; `nil`
  ///     when the trace begins with the suite.
  /// - Throws: ``FingerprintError/wrongLogitCount(samples:expected:actual:)``,
  ///   ``FingerprintError/taskOutOfRange(sample:task:taskCount:)``,
  ///   ``FingerprintError/nonFiniteLogit(sample:layer:expert:value:)``,
  ///   ``FingerprintError/zeroProbability(sample:layer:expert:)``,
  ///   ``FingerprintError/probabilityOutOfRange(sample:layer:expert:value:)``,
  ///   ``FingerprintError/probabilitiesDoNotSum(sample:layer:sum:axesSwapped:)``; the sums are then
  ///   as they were before the call.
  public mutating func add(
    logits: UnsafeBufferPointer<Float>, tasks: some Collection<Int>, firstSample: Int,
    firstRow: Int? = nil
  ) throws(FingerprintError) {
    try check(logits, tasks, firstSample)
    let sampleSize = description.experts.count * description.layerCount
    for (row, task) in tasks.enumerated() {
      let sample = UnsafeBufferPointer(rebasing: logits[row * sampleSize..<(row + 1) * sampleSize])
      let values =
        description.signal == .probabilities
        ? centredLogarithms(of: sample) : sample.map { Double($0) }
      counts[task] += 1
      Self.add(values, to: &sums[task])
      guard blockCount > 0 else { continue }
      let block = task * blockCount + ((firstRow ?? firstSample) + row) % blockCount
      blockCounts[block] += 1
      Self.add(values, to: &blockSums[block])
    }
  }

  private static func add(_ values: [Double], to sums: inout [CompensatedSum]) {
    if sums.isEmpty { sums = [CompensatedSum](repeating: CompensatedSum(), count: values.count) }
    sums.withUnsafeMutableBufferPointer { sums in
      for (offset, value) in values.enumerated() { sums[offset].add(value) }
    }
  }

  private static func add(_ other: [CompensatedSum], to sums: inout [CompensatedSum]) {
    if sums.isEmpty {
      sums = other
    } else if !other.isEmpty {
      for index in sums.indices { sums[index].add(other[index]) }
    }
  }

  private func centredLogarithms(of sample: UnsafeBufferPointer<Float>) -> [Double] {
    let (expertCount, layerCount) = (description.experts.count, description.layerCount)
    var logarithms = sample.map { log(Double($0)) }  // [E, L]
    for layer in 0..<layerCount {
      let reference = logarithms[layer]
      let mean =
        (0..<expertCount).reduce(0) { $0 + (logarithms[$1 * layerCount + layer] - reference) }
        / Double(expertCount)
      for expert in 0..<expertCount {
        let offset = expert * layerCount + layer
        logarithms[offset] = (logarithms[offset] - reference) - mean
      }
    }
    return logarithms
  }

  private func check(
    _ logits: UnsafeBufferPointer<Float>, _ tasks: some Collection<Int>, _ firstSample: Int
  ) throws(FingerprintError) {
    let layerCount = description.layerCount
    let sampleSize = description.experts.count * layerCount
    let expected = tasks.count.multipliedReportingOverflow(by: sampleSize)
    guard !expected.overflow, logits.count == expected.partialValue else {
      throw .wrongLogitCount(
        samples: tasks.count, expected: expected.overflow ? Int.max : expected.partialValue,
        actual: logits.count)
    }
    for (row, task) in tasks.enumerated() where !description.tasks.indices.contains(task) {
      throw .taskOutOfRange(
        sample: firstSample + row, task: task, taskCount: description.tasks.count)
    }
    for (index, value) in logits.enumerated() where !isValid(value) {
      throw invalid(
        value, sample: firstSample + index / sampleSize, layer: index % layerCount,
        expert: index % sampleSize / layerCount)
    }
    guard description.signal == .probabilities else { return }
    for row in 0..<tasks.count {
      let sample = UnsafeBufferPointer(rebasing: logits[row * sampleSize..<(row + 1) * sampleSize])
      try checkSums(of: sample, sample: firstSample + row)
    }
  }

  /// Probabilities sum to 1 over experts; where they do so over layers, the axes are swapped.
  private func checkSums(
    of values: UnsafeBufferPointer<Float>, sample: Int
  ) throws(FingerprintError) {
    let (E, L) = (description.experts.count, description.layerCount)
    for layer in 0..<L {
      let sum = (0..<E).reduce(0.0) { $0 + Double(values[$1 * L + layer]) }
      guard abs(sum - 1) > Self.probabilitySlack else { continue }
      let swapped = (0..<E).allSatisfy { expert in
        abs((0..<L).reduce(0.0) { $0 + Double(values[expert * L + $1]) } - 1)
          <= Self.probabilitySlack
      }
      throw .probabilitiesDoNotSum(sample: sample, layer: layer, sum: sum, axesSwapped: swapped)
    }
  }

  /// How far a sum of probabilities may be from 1: bfloat16 keeps three digits.
  private static let probabilitySlack = 5e-3

  private func isValid(_ value: Float) -> Bool {
    // One rounding of a Float above 1 is a sum's rounding, not another kind of signal.
    description.signal == .probabilities
      ? value > 0 && value <= 1 + 4 * Float.ulpOfOne : value.isFinite
  }

  private func invalid(
    _ value: Float, sample: Int, layer: Int, expert: Int
  ) -> FingerprintError {
    if !value.isFinite {
      .nonFiniteLogit(sample: sample, layer: layer, expert: expert, value: "\(value)")
    } else if value == 0 {
      .zeroProbability(sample: sample, layer: layer, expert: expert)
    } else {
      .probabilityOutOfRange(sample: sample, layer: layer, expert: expert, value: value)
    }
  }

  /// Adds another shard's sums.
  ///
  /// A shard may lack tasks, as long as its description names them all. This shard's tool version
  /// is kept.
  ///
  /// - Throws: ``FingerprintError/shardMismatch(field:expected:actual:)`` when the shards differ
  ///   in tasks, experts, layers, signal, model, suite, preprocessing or number of blocks;
  ///   ``FingerprintError/sampleCountOverflow(task:count:)``; the sums are then as they were.
  public mutating func merge(_ other: FingerprintAccumulator) throws(FingerprintError) {
    try requireSameSubject(other)
    for (task, count) in other.counts.enumerated() {
      guard !counts[task].addingReportingOverflow(count).overflow else {
        throw .sampleCountOverflow(task: description.tasks[task], count: count)
      }
    }
    for (task, count) in other.counts.enumerated() { counts[task] += count }
    for index in sums.indices { Self.add(other.sums[index], to: &sums[index]) }
    for index in blockCounts.indices { blockCounts[index] += other.blockCounts[index] }
    for index in blockSums.indices { Self.add(other.blockSums[index], to: &blockSums[index]) }
  }

  private func requireSameSubject(
    _ shard: FingerprintAccumulator
  ) throws(FingerprintError) {
    let other = shard.description
    let unknown = "unknown"
    let fields: [(String, String, String)] = [
      (
        "model digest", description.modelDigest?.description ?? unknown,
        other.modelDigest?.description ?? unknown
      ),
      ("suite digest", description.suiteDigest.description, other.suiteDigest.description),
      (
        "preprocessing digest", description.preprocessingDigest?.description ?? unknown,
        other.preprocessingDigest?.description ?? unknown
      ),
      ("signal", description.signal.rawValue, other.signal.rawValue),
      ("layer count", "\(description.layerCount)", "\(other.layerCount)"),
      ("block count", "\(blockCount)", "\(shard.blockCount)"),
    ]
    for (field, expected, actual) in fields where expected != actual {
      throw .shardMismatch(field: field, expected: expected, actual: actual)
    }
    let lists = [
      ("tasks", description.tasks, other.tasks), ("experts", description.experts, other.experts),
    ]
    for (field, expected, actual) in lists where expected != actual {
      throw .shardMismatch(
        field: field, expected: expected.joined(separator: ", "),
        actual: actual.joined(separator: ", "))
    }
  }

  /// Mean signal over each task's samples, `[N, E, L]`.
  ///
  /// - Throws: ``FingerprintError/emptyTask(task:count:)``.
  public func meanLogits() throws(FingerprintError) -> [[[Double]]] {
    for (task, count) in zip(description.tasks, counts) where count < 1 {
      throw .emptyTask(task: task, count: count)
    }
    return counts.enumerated().map { task, count in table(sums[task], count: count) }
  }

  /// The mean `[E, L]` of sums.
  private func table(_ sums: [CompensatedSum], count: Int) -> [[Double]] {
    let (expertCount, layerCount) = (description.experts.count, description.layerCount)
    return (0..<expertCount).map { expert in
      sums[(expert * layerCount)..<((expert + 1) * layerCount)].map { $0.value / Double(count) }
    }
  }

  /// The blocks that have samples; `nil` when none are kept.
  private func blocks() -> TaskBlocks? {
    guard blockCount > 0 else { return nil }
    let places = counts.indices.map { task in
      (task * blockCount..<(task + 1) * blockCount).filter { blockCounts[$0] > 0 }
    }
    return TaskBlocks(
      counts: places.map { $0.map { blockCounts[$0] } },
      meanLogits: places.map { row in
        row.map { table(blockSums[$0], count: blockCounts[$0]).map { $0.map { Float($0) } } }
      })
  }

  /// The fingerprint of all samples added so far.
  ///
  /// - Throws: ``FingerprintError/emptyTask(task:count:)``.
  public func fingerprint(
    _ options: FingerprintOptions = FingerprintOptions()
  ) throws(FingerprintError) -> ModelFingerprint {
    try ModelFingerprint(
      description: description, counts: counts, meanLogits: try meanLogits(), blocks: blocks(),
      options: options)
  }
}
