import CaseFiles
import Checkpoints
import DecoderModels
import Documents
import ExactTests
import Examinations
import Foundation
import SlotAttribution
import Testing

/// Mixtures that are made here, with everything that people do to experts.
///
/// Seeds are fixed; probes too, so that every run is the same.
@Suite struct SlotRequestTests {
  private let examiner = Examiner(tool: "tests")

  /// Models of one world: two victims, an innocent for each domain, two others of each.
  private struct World {
    let decoders: TinyDecoders
    let base: String
    let german: Layers
    let python: Layers
    let innocent: Layers
    let stranger: Layers
    let victims: [NamedPath]
    let others: [NamedPath]

    init(seed: UInt64) throws {
      decoders = try TinyDecoders(seed: seed)
      base = try decoders.dense("base", decoders.base)
      german = decoders.trained(domain: 1, own: 1)
      python = decoders.trained(domain: 2, own: 2)
      innocent = decoders.trained(domain: 1, own: 3)
      stranger = decoders.trained(domain: 2, own: 4)
      victims = [
        NamedPath(name: "german", path: try decoders.dense("german", german)),
        NamedPath(name: "python", path: try decoders.dense("python", python)),
      ]
      var others: [NamedPath] = []
      for (place, domain) in [1, 1, 2, 2].enumerated() {
        let own = UInt64(20 + place)
        others.append(
          NamedPath(
            name: "other\(place)",
            path: try decoders.dense(
              "other\(place)", decoders.trained(domain: UInt64(domain), own: own))))
      }
      self.others = others
    }

    func examined(
      _ suspect: String, others: Bool = true, reruns: [SlotRequest.Rerun] = [],
      layers: SlotRequest.Layers = .all
    ) throws -> SlotCase {
      try SlotRequest(
        suspect: suspect, victims: victims, base: base, others: others ? self.others : [],
        reruns: reruns, layers: layers, seed: 4_000_001
      ).run(Examiner(tool: "tests"))
    }
  }

  @Test(arguments: TinyDecoders.Layout.allCases)
  func `copies are identical, the base adds nothing, innocents have no evidence`(
    _ layout: TinyDecoders.Layout
  ) throws {
    let world = try World(seed: 1)
    defer { world.decoders.remove() }
    let suspect = try world.decoders.mixture(
      "suspect", [world.python, world.decoders.base, world.innocent, world.german, world.german],
      layout: layout)
    let result = try world.examined(suspect)
    #expect(
      result.findings.map(\.conclusion) == [
        .identical, .base, .noEvidence, .identical, .identical,
      ])
    #expect(result.findings.map(\.source) == ["python", nil, nil, "german", "german"])
    #expect(result.findings[3].copies == ["expert 4"])
    #expect(result.provenance.router == "random, not trained")
    #expect(result.victims.map(\.slots) == [["expert 3", "expert 4"], ["expert 0"]])
    #expect(try result.discrepancies().isEmpty)
  }

  /// What is done to an expert, and a word that has to stand among its changes.
  private static let tampered: [(name: String, make: @Sendable (TinyDecoders, Layers) -> Layers)] =
    [
      ("trained further", { $0.trained(from: $1, domain: 1, own: 77, size: 0.003) }),
      ("noise", { _, layers in Tampered.noise(layers, 0.003, seed: 5) }),
      ("residual_scale", { _, layers in Tampered.scaledDown(layers, 0.8) }),
      ("pruned", { _, layers in Tampered.pruned(layers, 0.5) }),
      ("int4", { _, layers in Tampered.rounded(layers, bits: 4) }),
      ("int3", { _, layers in Tampered.rounded(layers, bits: 3) }),
      ("int8", { _, layers in Tampered.rounded(layers, bits: 8) }),
      ("blended with the base", { world, layers in Tampered.blend(layers, world.base, 0.5) }),
      ("permuted", { _, layers in Tampered.permuted(layers, seed: 6) }),
      ("rescaled", { _, layers in Tampered.permuted(layers, seed: 6, rescaled: true) }),
      (
        "permuted and int4",
        { _, layers in Tampered.rounded(Tampered.permuted(layers, seed: 6), bits: 4) }
      ),
      (
        "pruned and trained",
        { Tampered.pruned($0.trained(from: $1, domain: 1, own: 77, size: 0.003), 0.3) }
      ),
    ]

  @Test(arguments: tampered.indices)
  func `an expert that was tampered with is named, and an innocent that was treated alike is not`(
    _ index: Int
  ) throws {
    let world = try World(seed: 2)
    defer { world.decoders.remove() }
    let (name, make) = Self.tampered[index]
    let suspect = try world.decoders.mixture(
      "suspect",
      [
        make(world.decoders, world.german), make(world.decoders, world.innocent),
        make(world.decoders, world.stranger), make(world.decoders, world.decoders.base),
      ], layout: .fused, type: name.hasPrefix("int") ? .f32 : .bf16)
    for others in [true, false] {
      let result = try world.examined(suspect, others: others)
      let findings = result.findings
      #expect(findings[0].source == "german", "\(name): \(findings[0])")
      #expect(
        [.identical, .matchesWeights].contains(findings[0].conclusion), "\(name): \(findings[0])")
      for finding in findings.dropFirst() {
        #expect(
          ![.identical, .matchesWeights, .consistentWithReuse].contains(finding.conclusion),
          "\(name), others \(others): \(finding)")
      }
    }
  }

  @Test func `residual_scale and permuted units are exact, and said so`() throws {
    let world = try World(seed: 3)
    defer { world.decoders.remove() }
    let suspect = try world.decoders.mixture(
      "suspect",
      [
        Tampered.scaledDown(Tampered.stored(world.german), 0.8),
        Tampered.permuted(world.german, seed: 9),
        Tampered.blend(world.german, world.python, 0.5),
      ])
    let findings = try world.examined(suspect).findings
    #expect(findings[0].conclusion == .identical)
    #expect(findings[0].changes.contains { $0.contains("down times 0.8") }, "\(findings[0])")
    #expect(findings[1].conclusion == .identical)
    #expect(findings[1].changes.contains { $0.contains("another order") }, "\(findings[1])")
    #expect(findings[2].changes.contains { $0.contains("a blend of") }, "\(findings[2])")
  }

  @Test func `experts that are dealt anew in every layer are found layer by layer`() throws {
    let world = try World(seed: 4)
    defer { world.decoders.remove() }
    let dealt = [
      [world.german[0], world.python[1], world.german[2]],
      [world.python[0], world.german[1], world.python[2]],
    ]
    let copies = try world.decoders.mixture("copies", dealt)
    let expected = [0: "german", 1: "python", 2: "german"]
    #expect(try world.examined(copies).findings[0].layerSources == expected)
    let trained = dealt.map { world.decoders.trained(from: $0, domain: 1, own: 5, size: 0.002) }
    let further = try world.decoders.mixture("further", trained)
    let finding = try world.examined(further).findings[0]
    #expect(finding.layerSources == expected, "\(finding)")
    #expect(finding.conclusion == .matchesWeights)
  }

  @Test func `re-runs give the exact p-value, and the word reuse at one percent only`() throws {
    let world = try World(seed: 5)
    defer { world.decoders.remove() }
    let suspect = try world.decoders.mixture(
      "suspect", [world.decoders.trained(from: world.german, domain: 1, own: 9, size: 0.003)])
    let innocent = try world.decoders.mixture("innocent", [world.innocent])
    let reruns = try (0..<7).map { run in
      SlotRequest.Rerun(
        victim: "german",
        path: try world.decoders.dense(
          "rerun\(run)", world.decoders.trained(domain: 1, own: UInt64(100 + run))))
    }
    let found = try world.examined(suspect, reruns: reruns)
    #expect(found.victims[0].test?.pValue == 1.0 / 8)
    #expect(found.victims[0].test?.floor == 1.0 / 8)
    // Seven re-runs cannot reach one percent, so the word stays that of screening.
    #expect(found.findings[0].conclusion == .matchesWeights)
    let cleared = try world.examined(innocent, reruns: reruns)
    #expect((cleared.victims[0].test?.pValue ?? 0) > 1.0 / 8)
  }

  @Test func `independent models with alike norms give no evidence`() throws {
    // Solar-Open and GLM-4.5-Air, January 2026: norms of two models looked alike, their weights did not.
    let world = try World(seed: 6)
    defer { world.decoders.remove() }
    let other = try TinyDecoders(seed: 60)
    defer { other.remove() }
    let suspect = try world.decoders.mixture(
      "suspect", [other.base, other.trained(domain: 1, own: 1)])
    let result = try world.examined(suspect)
    #expect(result.findings.allSatisfy { $0.conclusion == .noEvidence }, "\(result.findings)")
  }

  @Test func `a dense suspect is examined as one slot`() throws {
    let world = try World(seed: 7)
    defer { world.decoders.remove() }
    let path = try world.decoders.dense(
      "suspect", Tampered.blend(world.german, world.innocent, 0.6))
    let result = try world.examined(path)
    #expect(result.findings.count == 1)
    #expect(result.findings[0].source == "german")
    #expect(result.findings[0].conclusion == .matchesWeights)
  }

  @Test func `a case is verified from its file, and an edited number is found`() throws {
    let world = try World(seed: 8)
    defer { world.decoders.remove() }
    let suspect = try world.decoders.mixture(
      "suspect", [Tampered.noise(world.german, 0.002, seed: 1), world.innocent])
    let result = try world.examined(suspect)
    let file = world.decoders.folder + "/case.json"
    try EvidenceDocument.data(result).write(to: URL(fileURLWithPath: file))
    let contents = try EvidenceDocument.read(SlotCase.self, at: file)
    #expect(contents.value == result)
    #expect(try CaseVerification(contents, file: file).verified)
    let text = try String(contentsOfFile: file, encoding: .utf8)
    let edited = text.replacingOccurrences(
      of: "\"conclusion\" : \"no evidence of reuse\"",
      with: "\"conclusion\" : \"matches the weights (screening)\"")
    #expect(edited != text)
    try edited.write(toFile: file, atomically: true, encoding: .utf8)
    let again = try EvidenceDocument.read(SlotCase.self, at: file)
    #expect(try !CaseVerification(again, file: file).verified)
  }

  @Test func `a victim of another shape is refused with a line, and alone it is an error`() throws {
    let world = try World(seed: 9)
    defer { world.decoders.remove() }
    let short = try world.decoders.dense("short", Array(world.german.prefix(2)))
    let suspect = try world.decoders.mixture("suspect", [world.german])
    var request = SlotRequest(
      suspect: suspect, victims: world.victims + [NamedPath(name: "short", path: short)],
      base: world.base, seed: 4_000_001)
    #expect(try request.run(examiner).provenance.refused.count == 1)
    request.victims = [NamedPath(name: "short", path: short)]
    #expect(throws: MixtureError.self) { try request.run(examiner) }
  }
}
