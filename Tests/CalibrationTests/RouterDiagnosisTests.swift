import Calibration
import RoutingFingerprints
import Testing

@Suite struct RouterDiagnosisTests {
  private let victim: [[[Double]]]
  private var routers = SeededRouters(seed: 1)

  init() { victim = routers.means() }

  private func kinds(_ suspect: [[[Double]]]) throws -> [TamperFinding] {
    RouterDiagnosis.router(
      victim: try fingerprint(victim), suspect: try fingerprint(suspect),
      pairs: (0..<5).map { ($0, $0) })
  }

  @Test("a kept router is said to be kept")
  func kept() throws {
    let findings = try kinds(victim)
    #expect(findings.map(\.kind) == [TamperFinding.Kind](repeating: .routerKept, count: 5))
    #expect(findings.map(\.subject) == (0..<5).map { "e\($0)" })
    #expect(findings.allSatisfy { $0.confidence == .clear })
  }

  @Test("a temperature is measured")
  func scaled() throws {
    let findings = try kinds(victim.map { $0.map { $0.map { 2.5 * $0 } } })
    #expect(findings.allSatisfy { $0.kind == .routerScaled })
    for finding in findings {
      let factor = try #require(finding.quantities.first { $0.name == "factor" })
      #expect(abs(factor.value - 2.5) < 1e-9)
    }
  }

  @Test("a constant added to one expert is measured")
  func biased() throws {
    let findings = try kinds(
      victim.map { table in
        table.enumerated().map { $0 == 2 ? $1.map { $0 + 4 } : $1 }
      })
    let biased = findings.filter { $0.kind == .routerBiased }
    #expect(biased.map(\.subject).contains("e2"))
    #expect(findings.allSatisfy { $0.kind == .routerBiased || $0.kind == .routerKept })
  }

  @Test("an unrelated router is said to be another one, a near one possibly")
  func retrained() throws {
    var routers = routers
    let near = try kinds(routers.near(victim, noise: 0.4))
    #expect(near.allSatisfy { $0.kind == .routerRetrained && $0.confidence == .possible })
    let far = try kinds(
      (0..<5).map { _ in (0..<5).map { _ in (0..<12).map { _ in routers.experts.normal() } } })
    #expect(far.allSatisfy { $0.kind == .routerRetrained && $0.confidence == .likely })
  }

  @Test("factor, offset and explained share of two tasks and one layer, by hand")
  func fit() throws {
    let fit = try #require(
      RouterDiagnosis.Fit(victim: [[1], [-1]], suspect: [[5], [1]]))
    #expect(fit.factor == 2 && fit.offset == 3 && fit.explained == 1)
    #expect(RouterDiagnosis.Fit(victim: [[1], [1]], suspect: [[5], [1]]) == nil)
  }

  @Test("experts without partner are added, deleted or replaced")
  func experts() {
    let findings = RouterDiagnosis.experts(
      victim: ["a", "b", "c"], suspect: ["x", "y"], pairs: [(0, 0)],
      plain: [[0.9, 0.1], [0, nil], [nil, -0.1]])
    #expect(findings.map(\.kind) == [.expertReplaced, .expertDeleted])
    #expect(findings.map(\.subject) == ["y", "c"])
    #expect(findings[0].quantities == [TamperFinding.Quantity("best plain cosine", 0.1)])
    let added = RouterDiagnosis.experts(
      victim: ["a"], suspect: ["x", "y"], pairs: [(0, 1)], plain: [[0.1, 0.9]])
    #expect(added.map(\.kind) == [.expertAdded] && added.map(\.subject) == ["x"])
  }

  @Test("what was measured on weights comes after what fingerprints say")
  func order() throws {
    let model = try fingerprint(victim)
    var routers = routers
    let measured = TamperFinding(
      .pruned, subject: "e1", quantities: [.init("sparsity", 0.5)], confidence: .clear)
    let input = try CalibrationInput(
      pool: pool(4), nullFingerprints: try (0..<4).map { _ in try fingerprint(routers.means()) },
      weightFindings: [measured])
    let findings = try CalibrationResult(input, victim: model, suspect: model).findings
    #expect(findings.last == measured && findings.first?.kind == .routerKept)
  }
}
