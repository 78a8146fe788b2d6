import Checkpoints
import DecoderModels
import Foundation
import RoutedModels
import Testing

@Suite(.enabled(if: Shared.hasTinyModels)) struct FamilyTests {
  /// Families of tiny random models, layers with routers, experts of each, and experts a token gets.
  static let tiny: [(name: String, sites: Int, experts: Int, chosen: Int)] = [
    ("dbrx", 2, 4, 2), ("deepseek_v2", 2, 8, 2), ("deepseek_v3", 2, 8, 2),
    ("ernie4_5_moe", 2, 4, 2), ("flex_olmo", 2, 4, 2), ("glm4_moe", 2, 8, 2), ("gpt_oss", 2, 4, 2),
    ("granitemoe", 2, 4, 2), ("granitemoeshared", 2, 4, 2), ("hunyuan_v1_moe", 2, 4, 2),
    ("jamba", 2, 4, 2), ("lfm2_moe", 2, 4, 2), ("llama4", 1, 4, 1), ("minimax_m2", 2, 4, 2),
    ("mixtral", 2, 4, 2), ("olmoe", 2, 4, 2), ("phimoe", 2, 4, 2), ("qwen2_moe", 2, 4, 2),
    ("qwen3_moe", 2, 4, 2),
  ]

  private func path(_ name: String) -> String { Shared.folder + "/tiny/\(name)" }

  @Test(arguments: tiny)
  func `layers, experts and their shapes are found`(
    _ family: (name: String, sites: Int, experts: Int, chosen: Int)
  ) throws {
    let model = try DecoderModel(path: path(family.name))
    #expect(model.sites.count == family.sites)
    #expect(model.sites.allSatisfy { $0.experts.count == family.experts })
    #expect(model.configuration.scoring?.chosenCount == family.chosen)
    for site in model.sites {
      #expect(try model.routerRows(layer: site.layer).columns == 32)
      for slot in site.experts {
        let expert = try model.expert(layer: site.layer, slot: slot)
        #expect(expert.width == 32)
        #expect(expert.hidden == 24)
      }
    }
    #expect(model.layers == Array(0..<model.layers.count))
  }

  /// Golden logits of a router, and the choice that the framework made of them.
  private struct Choice {
    let logits: [Float]
    let experts: [Int]
    let weights: [Float]
  }

  private func choices(_ name: String, hook: Int, E: Int, chosen k: Int) throws -> [Choice] {
    let golden = try Checkpoint(path: path(name) + "/golden.safetensors")
    if name == "llama4" {
      // This router gives scores of all experts, 0 for those that are not chosen, and logits.
      let scores = try golden.floats("hook.\(hook).0", shape: [20, E])
      let logits = try golden.floats("hook.\(hook).1", shape: [20, E])
      return (0..<20).map { token in
        let row = Array(scores[token * E..<(token + 1) * E])
        let experts = row.indices.filter { row[$0] != 0 }
        return Choice(
          logits: Array(logits[token * E..<(token + 1) * E]), experts: experts,
          weights: experts.map { row[$0] })
      }
    }
    let logits = try golden.floats("hook.\(hook).0", shape: [20, E])
    let weights = try golden.floats("hook.\(hook).1", shape: [20, k])
    let experts = try golden.integers("hook.\(hook).2", shape: [20, k])
    return (0..<20).map { token in
      Choice(
        logits: Array(logits[token * E..<(token + 1) * E]),
        experts: Array(experts[token * k..<(token + 1) * k]),
        weights: Array(weights[token * k..<(token + 1) * k]))
    }
  }

  @Test(arguments: tiny.filter { $0.name != "dbrx" })
  func `golden logits give the experts and the weights that the framework chose`(
    _ family: (name: String, sites: Int, experts: Int, chosen: Int)
  ) throws {
    let model = try DecoderModel(path: path(family.name))
    let scoring = try #require(model.configuration.scoring)
    for (hook, site) in model.sites.enumerated() {
      let role = TensorRole(.routerCorrection, .bias, layer: site.layer)
      var correction: [Float]?
      if model.tensors.contains(role) {
        let slice = try model.tensors.slice(role)
        correction = try slice.floats(rows: 0..<slice.rows)
      }
      for choice in try choices(
        family.name, hook: hook, E: family.experts, chosen: family.chosen)
      {
        let found = scoring.choose(choice.logits, correction: correction)
        #expect(Set(found.experts) == Set(choice.experts))
        for (expert, weight) in zip(found.experts, found.weights) {
          let place = try #require(choice.experts.firstIndex(of: expert))
          #expect(abs(weight - choice.weights[place]) <= 2e-6)
        }
      }
    }
  }

  @Test func `DBRX divides the scores of the chosen by their sum`() throws {
    // Its router shows no choice, so the rule of its source is checked on golden logits.
    let model = try DecoderModel(path: path("dbrx"))
    let scoring = try #require(model.configuration.scoring)
    let golden = try Checkpoint(path: path("dbrx") + "/golden.safetensors")
    let logits = try golden.floats("router_logits.0", shape: [20, 4])
    for token in 0..<20 {
      let row = Array(logits[token * 4..<(token + 1) * 4])
      let found = scoring.choose(row)
      let order = row.indices.sorted { row[$0] > row[$1] }
      #expect(found.experts == Array(order.prefix(2)))
      let ratio = found.weights[0] / found.weights[1]
      #expect(
        abs(Double(ratio) - exp(Double(row[order[0]] - row[order[1]]))) < 1e-4 * Double(ratio))
      #expect(abs(found.weights[0] + found.weights[1] - 1) < 1e-6)
    }
  }

  @Test(arguments: ["F32", "F16", "Q8_0", "Q4_0"])
  func `a GGUF file has the experts of the folder that it was made of`(_ type: String) throws {
    let folder = try DecoderModel(path: path("mixtral_gguf"))
    let file = try DecoderModel(path: path("mixtral_gguf") + "/tiny-\(type).gguf")
    #expect(file.sites.count == folder.sites.count)
    #expect(file.configuration.scoring?.chosenCount == 2)
    // Facts of the material: relative errors .0003, .005 and .086 of an expert.
    let bound: [String: Double] = ["F32": 0, "F16": 0.001, "Q8_0": 0.01, "Q4_0": 0.12]
    for slot in folder.sites[0].experts {
      let pairs = zip(
        try folder.expert(layer: 0, slot: slot).all, try file.expert(layer: 0, slot: slot).all)
      for (own, other) in pairs {
        #expect(own.rows == other.rows && own.columns == other.columns)
        let a = try own.floats(rows: 0..<own.rows)
        let b = try other.floats(rows: 0..<other.rows)
        let error = zip(a, b).reduce(0.0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) }
        let square = a.reduce(0.0) { $0 + Double($1 * $1) }
        #expect((error / square).squareRoot() <= bound[type] ?? 0)
      }
    }
  }

  @Test func `fused layouts give the matrices that the framework computes with`() throws {
    // GPT-OSS keeps inputs first and gate and up in turn; element by element from the stored tensor.
    let model = try DecoderModel(path: path("gpt_oss"))
    let checkpoint = try Checkpoint(path: path("gpt_oss"))
    let stored = try checkpoint.floats(
      "model.layers.1.mlp.experts.gate_up_proj", shape: [4, 32, 48])
    let expert = try model.expert(layer: 1, slot: .expert(2))
    let gate = try expert.gate.floats(rows: 3..<5)
    let up = try expert.up.floats(rows: 3..<5)
    for row in 0..<2 {
      for column in 0..<32 {
        let place = (2 * 32 + column) * 48 + 2 * (row + 3)
        #expect(gate[row * 32 + column] == stored[place])
        #expect(up[row * 32 + column] == stored[place + 1])
      }
    }
  }
}
