import Calibration
import RoutingFingerprints
import Testing

@Suite struct RouterSignalCheckTests {
  /// A fingerprint whose samples are answered by `logit(task, expert, layer)`.
  private func model(
    blocks: Int = 19, samples: Int = 60,
    _ logit: (_ task: Int, _ expert: Int, _ layer: Int) -> Double
  ) throws -> ModelFingerprint {
    let (tasks, experts, layers) = (4, 3, 2)
    var sums = try FingerprintAccumulator(
      TraceDescription(
        tasks: (0..<tasks).map { "t\($0)" }, experts: (0..<experts).map { "e\($0)" },
        layerCount: layers, modelDigest: digest(1), suiteDigest: digest(2), toolVersion: "test"),
      blockCount: blocks)
    for task in 0..<tasks {
      for sample in 0..<samples {
        let values = (0..<experts).flatMap { expert in
          (0..<layers).map { Float(logit(task, expert, $0)) }
        }
        try values.withUnsafeBufferPointer {
          try sums.add(logits: $0, tasks: [task], firstSample: task * samples + sample)
        }
      }
    }
    return try sums.fingerprint()
  }

  private func check(_ model: ModelFingerprint) -> RouterSignalCheck {
    RouterSignalCheck(model, permutations: 199, seed: 1)
  }

  @Test("a router that answers to the task carries signal, however weak")
  func present() throws {
    var noise = SeededExperts(seed: 1)
    let result = check(
      try model { task, expert, _ in (task == expert ? 0.5 : 0) + noise.normal() })
    #expect(result.outcome == .present && !result.isMissing)
    #expect(result.pValue == 1.0 / 200)
  }

  @Test("a constant router carries none, also with a preference for an expert")
  func constant() throws {
    #expect(
      check(try model { _, expert, layer in Double(expert) + Double(layer) / 3 }).outcome
        == .constant)
    #expect(check(try model { _, _, _ in 0.3 }).outcome == .constant)
    let plain = check(try model(blocks: 0) { _, expert, _ in Double(expert) })
    #expect(plain.outcome == .constant, "this needs no blocks")
  }

  @Test("random and hashed routers cannot be told from noise, in 99 of 100 cases")
  func random() throws {
    var found = 0
    for seed in UInt64(0)..<40 {
      var noise = SeededExperts(seed: seed)
      let result = check(try model(samples: 38) { _, expert, _ in Double(expert) + noise.normal() })
      if result.outcome == .indistinguishable { found += 1 }
    }
    #expect(found >= 38, "\(found) of 40")
  }

  @Test("without blocks, or with one task, nothing is claimed")
  func notChecked() throws {
    let result = check(try model(blocks: 0) { task, expert, _ in task == expert ? 1 : 0 })
    #expect(result.outcome == .notChecked && !result.isMissing && result.pValue == nil)
    #expect(check(try fingerprint([[[1.0], [2]]])).outcome == .notChecked)
  }

  @Test("blocks that can be dealt in few ways only cannot tell")
  func fewBlocks() throws {
    for (blocks, outcome) in [(2, RouterSignalCheck.Outcome.notChecked), (3, .present)] {
      var noise = SeededExperts(seed: 2)
      let strong = try model(blocks: blocks) { task, expert, _ in
        (task == expert ? 9 : 0) + noise.normal()
      }
      #expect(check(strong).outcome == outcome, "\(blocks) blocks")
    }
  }

  @Test("a suspect whose routing carries no signal is not judged by it")
  func notApplicable() throws {
    var noise = SeededExperts(seed: 3)
    let victim = try model { task, expert, _ in (task == expert ? 2 : 0) + noise.normal() }
    let suspect = try model { _, _, _ in noise.normal() }
    let nulls = try (0..<4).map { _ in
      try model { task, expert, _ in (task == expert ? 2 : 0) + noise.normal() }
    }
    let input = try CalibrationInput(pool: pool(4), nullFingerprints: nulls)
    #expect(input.nullFingerprints.allSatisfy { $0.blocks == nil })
    let one = try CalibrationResult(input, victim: victim, suspect: suspect)
    #expect(one.decisions.allSatisfy { $0.verdict == .notApplicable(.suspectRouter) })
    #expect(one.model?.verdict == .notApplicable(.suspectRouter))
    #expect(one.findings.isEmpty)
    let other = try CalibrationResult(input, victim: suspect, suspect: victim)
    #expect(other.decisions.allSatisfy { $0.verdict == .notApplicable(.victimRouter) })
  }
}
