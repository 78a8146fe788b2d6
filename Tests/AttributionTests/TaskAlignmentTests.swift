import Attribution
import RoutingFingerprints
import Testing

@Suite struct TaskAlignmentTests {
  let means = randomMeans(seed: 1, tasks: 3, experts: 2, layers: 2)

  func expect(_ error: AttributionError, _ suspect: ModelFingerprint) throws {
    let victim = try fingerprint(means)
    #expect(throws: error) { try TaskAlignment(victim: victim, suspect: suspect) }
  }

  @Test("tasks in another order are brought into the victim's")
  func reorders() throws {
    let victim = try fingerprint(means)
    let suspect = try fingerprint(
      [means[2], means[0], means[1]], tasks: ["t2", "t0", "t1"], counts: [5, 3, 4])
    let alignment = try TaskAlignment(victim: victim, suspect: suspect)
    #expect(alignment.suspect.tasks == victim.tasks)
    #expect(alignment.suspect.meanLogits == means)
  }

  @Test("different tasks are refused, listing what each has alone")
  func tasksDiffer() throws {
    try expect(
      .tasksDiffer(onlyVictim: ["t1"], onlySuspect: ["x"]),
      fingerprint(means, tasks: ["t0", "x", "t2"]))
    try expect(
      .tasksDiffer(onlyVictim: ["t2"], onlySuspect: []), fingerprint(Array(means[..<2])))
  }

  @Test("different suites are refused")
  func suitesDiffer() throws {
    try expect(
      .suitesDiffer(victim: digest(2), suspect: digest(3)), fingerprint(means, suite: 3))
  }

  @Test("different sample counts are refused")
  func countsDiffer() throws {
    try expect(
      .countsDiffer(task: "t1", victim: 4, suspect: 9), fingerprint(means, counts: [3, 9, 5]))
  }

  @Test("different layer counts are refused")
  func layerCountsDiffer() throws {
    try expect(
      .layerCountsDiffer(victim: 2, suspect: 1),
      fingerprint(means.map { table in table.map { [$0[0]] } }))
  }

  @Test("different signals are refused")
  func signalsDiffer() throws {
    try expect(
      .signalsDiffer(victim: .logits, suspect: .weights), fingerprint(means, signal: .weights))
  }

  @Test("different options are refused")
  func optionsDiffer() throws {
    try expect(
      .optionsDiffer(option: "rpfMode", victim: "global", suspect: "perLayer"),
      fingerprint(means, options: FingerprintOptions(rpfMode: .perLayer)))
    try expect(
      .optionsDiffer(option: "jsdBase", victim: "two", suspect: "natural"),
      fingerprint(means, options: FingerprintOptions(jsdBase: .natural)))
  }
}

@Suite struct AttributionErrorTests {
  @Test("every error has its own code, a sentence and a hint")
  func everyErrorSpeaks() {
    let errors: [AttributionError] = [
      .suitesDiffer(victim: digest(1), suspect: digest(2)),
      .tasksDiffer(onlyVictim: ["a"], onlySuspect: []),
      .countsDiffer(task: "a", victim: 1, suspect: 2), .layerCountsDiffer(victim: 1, suspect: 2),
      .signalsDiffer(victim: .logits, suspect: .weights),
      .optionsDiffer(option: "rpfMode", victim: "global", suspect: "perLayer"),
      .inconsistentFingerprint(
        role: .victim, discrepancy: Discrepancy(path: "a", stored: "1", recomputed: "2")),
      .thresholdOutOfRange(name: "a", actual: "2"),
      .thresholdsCross(name: "margin", noEvidence: 0.5, consistent: 0.25),
      .unknownSchema(expected: "a", actual: "b"),
      .wrongLength(key: "a", expected: 1, actual: 2),
      .indexOutOfRange(key: "a", actual: 2, count: 1),
    ]
    #expect(Set(errors.map(\.code)).count == errors.count)
    for error in errors {
      #expect(error.code.hasPrefix("attribution."))
      #expect(!error.hints.isEmpty && !error.what.hasSuffix("."))
    }
    #expect(
      AttributionError.tasksDiffer(onlyVictim: ["a"], onlySuspect: []).what
        == "expected the same tasks, found only in the victim: `a`, only in the suspect: none")
  }
}
