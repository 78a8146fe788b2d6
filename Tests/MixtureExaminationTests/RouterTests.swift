import DecoderModels
import Examinations
import ExpertMatching
import Foundation
import Testing

@Suite struct RouterTests {
  private func unit(_ row: [Float]) -> [Float] {
    let length = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return row.map { $0 / length }
  }

  private func mean(_ tokens: [Int], _ decoders: TinyDecoders) -> [Float] {
    let D = TinyDecoders.D
    return unit(
      (0..<D).map { column in tokens.reduce(0) { $0 + decoders.embedding[$1 * D + column] } })
  }

  private func inspection(_ path: String, base: String? = nil) throws -> MixtureInspection {
    guard
      case .mixture(let found) = try InspectionRequest(.path(path), base: base).run(
        Examiner(tool: "tests"))
    else {
      Issue.record("not seen as a decoder")
      throw CancellationError()
    }
    return found
  }

  @Test func `hidden routers are told by unit rows, and their last tokens are read out`() throws {
    let decoders = try TinyDecoders(seed: 31)
    defer { decoders.remove() }
    let prompts = [[3, 40], [17], [5, 61]]
    let rows: [Float] = prompts.flatMap { mean($0, decoders) }
    var router = [rows]
    for layer in 1..<TinyDecoders.layerCount {
      let draws: [[Float]] = (0..<3).map {
        TinyDecoders.normals(8, stream: UInt64(layer * 3 + $0), 1, count: TinyDecoders.D)
      }
      router.append(draws.flatMap { unit($0) })
    }
    let path = try decoders.mixture(
      "hidden", [decoders.base, decoders.base, decoders.base], router: router)
    let found = try inspection(path)
    #expect(found.router?.origin == .hidden)
    for (prompt, tokens) in zip(found.prompts, prompts) {
      #expect(Set(prompt.tokens.prefix(tokens.count).map(\.id)) == Set(tokens), "\(prompt)")
      #expect(prompt.residual < 0.03)
    }
    #expect(found.lints.contains { $0.contains("the same as") })
    let reason = try RoutingApplicability.reason(against: DecoderModel(path: path))
    #expect(reason?.contains("made from prompts") == true)
  }

  @Test func `cheap_embed routers are the same in all layers, and give whole prompts`() throws {
    let decoders = try TinyDecoders(seed: 32)
    defer { decoders.remove() }
    let prompts = [[1, 2, 3, 4, 5, 5], [70, 60, 50]]
    let rows = prompts.flatMap { mean($0, decoders) }
    let path = try decoders.mixture(
      "cheap", [decoders.base, decoders.trained(domain: 1, own: 1)],
      router: (0..<TinyDecoders.layerCount).map { _ in rows })
    let base = try decoders.dense("base", decoders.base)
    let found = try inspection(path, base: base)
    #expect(found.router?.origin == .cheapEmbed)
    #expect(Set(found.prompts[0].tokens.filter { $0.share > 0.3 }.map(\.id)) == [1, 2, 3, 4, 5])
    #expect(found.prompts[0].tokens.first?.id == 5)
    #expect(found.lints == ["expert 0 is the base's own MLP, so it adds nothing"])
    #expect(found.experts[0].taskVector == 0)
    #expect((found.experts[1].taskVector ?? 0) > 0.01)
  }

  @Test func `random and trained routers are told apart`() throws {
    let decoders = try TinyDecoders(seed: 33)
    defer { decoders.remove() }
    let experts = [decoders.trained(domain: 1, own: 1), decoders.trained(domain: 2, own: 2)]
    let random = try decoders.mixture("random", experts)
    #expect(try inspection(random).router?.origin == .random)
    let trained = try decoders.mixture(
      "trained", experts,
      router: (0..<TinyDecoders.layerCount).map {
        TinyDecoders.normals(4, stream: UInt64($0), 0.2, count: 2 * TinyDecoders.D)
      })
    #expect(try inspection(trained).router?.origin == .trained)
    #expect(try RoutingApplicability.reason(against: DecoderModel(path: trained)) == nil)
    let tied = try decoders.mixture(
      "tied", [experts[0], experts[0]],
      router: (0..<TinyDecoders.layerCount).map {
        TinyDecoders.normals(4, stream: UInt64($0), 0.2, count: 2 * TinyDecoders.D)
      })
    #expect(
      try RoutingApplicability.reason(against: DecoderModel(path: tied))?.contains("equal") == true)
  }

  @Test func `claims of mergekit's file are compared with the weights`() throws {
    let decoders = try TinyDecoders(seed: 34)
    defer { decoders.remove() }
    let (german, kjv) = (decoders.trained(domain: 1, own: 1), decoders.trained(domain: 2, own: 2))
    let sources = [
      NamedPath(name: "german", path: try decoders.dense("german", german)),
      NamedPath(name: "kjv", path: try decoders.dense("kjv", kjv)),
    ]
    let path = try decoders.mixture("suspect", [german, decoders.base])
    try """
    base_model: hub/base
    gate_mode: hidden
    experts:
      - source_model: hub/german
        positive_prompts:
          - "source"
      - source_model: hub/kjv
    """.write(toFile: path + "/mergekit_moe_config.yml", atomically: true, encoding: .utf8)
    guard
      case .mixture(let found) = try InspectionRequest(.path(path), sources: sources).run(
        Examiner(tool: "tests"))
    else {
      Issue.record("not seen as a decoder")
      return
    }
    let checks = Dictionary(uniqueKeysWithValues: found.claims.map { ($0.subject, $0.agrees) })
    #expect(checks["expert 0"] == .some(true))
    #expect(checks["expert 1"] == .some(false))
    #expect(checks["gate_mode"] == .some(false))
    #expect(found.lints.contains { $0.contains("hub/kjv") })
  }
}
