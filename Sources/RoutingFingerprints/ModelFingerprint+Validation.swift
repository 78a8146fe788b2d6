extension ModelFingerprint {
  /// Checks schema-independent rules: names, lengths, counts, finite numbers, distributions.
  ///
  /// - Throws: ``FingerprintError`` naming the key and the index at fault.
  public func validate() throws(FingerprintError) {
    try description.validate()
    try Self.validate(counts, tasks: tasks)
    guard sampleCount == counts.reduce(0, +) else {
      throw .wrongSampleCount(expected: counts.reduce(0, +), actual: sampleCount)
    }
    try Self.validate(meanLogits, description)
    try Self.validate(blocks, counts: counts, description)
    try Self.requireCount(routingScores.count, experts.count, key: "routingScores")
    for (expert, scores) in routingScores.enumerated() {
      try Self.validate(
        scores.values, rows: tasks.count, columns: layerCount,
        // Centring can double a mean's magnitude; the rest is room for rounding.
        limit: 4 * Self.magnitudeLimit, key: "routingScores[\(expert)]")
    }
    try Self.requireCount(routingPreferences.count, experts.count, key: "routingPreferences")
    for (expert, preference) in routingPreferences.enumerated() {
      try validate(preference, key: "routingPreferences[\(expert)]")
    }
  }

  private func validate(
    _ preference: RoutingPreferenceFingerprint, key: String
  ) throws(FingerprintError) {
    try Self.validate(
      preference.distributions, rows: options.rpfMode == .global ? 1 : layerCount,
      columns: tasks.count, limit: 1, key: key)
    for (row, distribution) in preference.distributions.enumerated() {
      let sum = distribution.reduce(0, +)
      guard distribution.allSatisfy({ $0 >= 0 }), abs(sum - 1) <= 1e-9 else {
        throw .notADistribution(key: "\(key)[\(row)]", sum: sum)
      }
    }
  }

  static func validate(_ counts: [Int], tasks: [String]) throws(FingerprintError) {
    try requireCount(counts.count, tasks.count, key: "counts")
    var total = 0
    for (task, count) in zip(tasks, counts) {
      guard count >= 1 else { throw .emptyTask(task: task, count: count) }
      let sum = total.addingReportingOverflow(count)
      guard count <= sampleLimit, !sum.overflow else {
        throw .sampleCountOverflow(task: task, count: count)
      }
      total = sum.partialValue
    }
  }

  static func validate(
    _ meanLogits: [[[Double]]], _ description: TraceDescription
  ) throws(FingerprintError) {
    try requireCount(meanLogits.count, description.tasks.count, key: "meanLogits")
    for (task, table) in meanLogits.enumerated() {
      try validate(
        table, rows: description.experts.count, columns: description.layerCount,
        limit: magnitudeLimit, key: "meanLogits[\(task)]")
    }
  }

  static func validate(
    _ blocks: TaskBlocks?, counts: [Int], _ description: TraceDescription
  ) throws(FingerprintError) {
    guard let blocks else { return }
    try requireCount(blocks.counts.count, counts.count, key: "blocks.counts")
    try requireCount(blocks.meanLogits.count, counts.count, key: "blocks.meanLogits")
    for (task, samples) in blocks.counts.enumerated() {
      var rest = counts[task]
      for count in samples where rest >= 0 {
        rest = count >= 1 && count <= rest ? rest - count : -1
      }
      guard rest == 0, samples.count <= TaskBlocks.limit else {
        throw .wrongBlockCounts(task: description.tasks[task], expected: counts[task])
      }
      let key = "blocks.meanLogits[\(task)]"
      try requireCount(blocks.meanLogits[task].count, samples.count, key: key)
      for (block, table) in blocks.meanLogits[task].enumerated() {
        try validate(
          table, rows: description.experts.count, columns: description.layerCount,
          limit: magnitudeLimit, key: "\(key)[\(block)]")
      }
    }
  }

  static func validate<Value: BinaryFloatingPoint>(
    _ table: [[Value]], rows: Int, columns: Int, limit: Double, key: String
  ) throws(FingerprintError) {
    try requireCount(table.count, rows, key: key)
    for (row, values) in table.enumerated() {
      try requireCount(values.count, columns, key: "\(key)[\(row)]")
      for (column, value) in values.enumerated() where !(abs(Double(value)) <= limit) {
        throw .valueOutOfRange(key: "\(key)[\(row)][\(column)]", value: "\(value)", limit: limit)
      }
    }
  }

  private static func requireCount(
    _ actual: Int, _ expected: Int, key: String
  ) throws(FingerprintError) {
    guard actual == expected else {
      throw .wrongLength(key: key, expected: expected, actual: actual)
    }
  }
}
