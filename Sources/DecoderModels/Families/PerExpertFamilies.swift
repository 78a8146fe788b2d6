import RoutedModels

// Decoders that save every expert under names of its own. Mergekit since 0.1.5, and some frameworks in
// memory, save the same families fused, so every list has both layouts.

extension DecoderFamily {
  private static let layer = "{trunk}layers.{layer}."

  /// Dense decoders of the Llama kind: what mixtures are made of.
  static let dense = DecoderFamily(
    [
      "llama", "mistral", "qwen2", "qwen3", "phi3_dense", "smollm3", "granite", "gemma", "olmo2",
      "stablelm",
    ],
    names("dense decoder", norm: "post_attention_layernorm", [:]))

  static let perExpert: [DecoderFamily] = [
    DecoderFamily(
      ["mixtral"],
      names(
        "Mixtral", norm: "post_attention_layernorm",
        mixtral.merging(fused("mlp.experts.")) { $0 + $1 }.merging([
          .routerRows: paths("block_sparse_moe.gate.weight", "mlp.gate.weight")
        ]) { $0 + $1 }),
      experts: ["num_local_experts"], scoring: ScoringTemplate(normalization: .sum)),
    DecoderFamily(
      ["phimoe"],
      names(
        "PhiMoE", norm: "post_attention_layernorm",
        mixtral.merging([.routerRows: paths("block_sparse_moe.gate.weight", "mlp.router.weight")]) {
          $0 + $1
        }),
      experts: ["num_local_experts"], scoring: ScoringTemplate(score: .sparseMixer(jitter: 0.01))),
    DecoderFamily(
      ["minimax_m2", "minimax"],
      names(
        "MiniMax", norm: "post_attention_layernorm",
        mixtral.merging([
          .routerRows: paths("block_sparse_moe.gate.weight"),
          .routerCorrection: paths("block_sparse_moe.e_score_correction_bias"),
        ]) { $0 + $1 }),
      experts: ["num_local_experts"],
      scoring: ScoringTemplate(score: .sigmoid, normalization: .sum, addsCorrection: true)),
    DecoderFamily(
      ["qwen2_moe"], qwen("Qwen2-MoE", shared: "mlp.shared_expert."), experts: ["num_experts"],
      scoring: ScoringTemplate(normalizesByDefault: false)),
    DecoderFamily(
      ["qwen3_moe"], qwen("Qwen3-MoE", shared: nil), experts: ["num_experts", "num_local_experts"],
      scoring: ScoringTemplate(normalizesByDefault: false)),
    DecoderFamily(
      ["olmoe", "flex_olmo"], qwen("OLMoE", shared: nil), experts: ["num_experts"],
      scoring: ScoringTemplate(normalizesByDefault: false)),
    DecoderFamily(
      ["deepseek", "deepseek_v2"], qwen("DeepSeek-MoE", shared: "mlp.shared_experts."),
      experts: ["n_routed_experts"],
      scoring: ScoringTemplate(normalizesByDefault: false, grouping: .largest, scales: true)),
    DecoderFamily(
      ["deepseek_v3", "kimi_k2", "glm4_moe"],
      qwen("DeepSeek-V3", shared: "mlp.shared_experts."), experts: ["n_routed_experts"],
      scoring: ScoringTemplate(
        score: .sigmoid, normalizesByDefault: true, grouping: .twoLargest, addsCorrection: true,
        scales: true)),
    DecoderFamily(
      ["ernie4_5_moe"], qwen("ERNIE-4.5-MoE", shared: "mlp.shared_experts."),
      experts: ["moe_num_experts"], chosen: ["moe_k"],
      scoring: ScoringTemplate(normalization: .sum, addsCorrection: true)),
    DecoderFamily(
      ["hunyuan_v1_moe"], qwen("Hunyuan-MoE", shared: "mlp.shared_mlp."), experts: ["num_experts"],
      chosen: ["moe_topk"], scoring: ScoringTemplate(normalization: .sum)),
    DecoderFamily(
      ["jamba"],
      names(
        "Jamba", norm: "pre_ff_layernorm",
        projections("feed_forward.experts.{expert}.", .expert)
          .merging(projections("feed_forward.", .dense)) { $0 + $1 }
          .merging([.routerRows: paths("feed_forward.router.weight")]) { $0 + $1 }),
      experts: ["num_experts"]),
    DecoderFamily(
      ["lfm2_moe"],
      names(
        "LFM2-MoE", norm: "ffn_norm",
        numbered("feed_forward.experts.{expert}.", .expert)
          .merging(numbered("feed_forward.", .dense)) { $0 + $1 }
          .merging([
            .routerRows: paths("feed_forward.gate.weight"),
            .routerCorrection: paths("feed_forward.expert_bias"),
          ]) { $0 + $1 }),
      experts: ["num_experts"],
      scoring: ScoringTemplate(
        score: .sigmoid, normalizesByDefault: true, addsCorrection: true, scales: true,
        epsilon: 1e-6)),
  ]

  // MARK: Tables

  typealias Patterns = [TensorRole.Component: [TensorNames.Pattern]]

  private static let mixtral = numbered("block_sparse_moe.experts.{expert}.", .expert)

  private static func qwen(_ family: String, shared: String?) -> TensorNames {
    var patterns = projections("mlp.experts.{expert}.", .expert)
      .merging(fused("mlp.experts.")) { $0 + $1 }
    patterns[.routerRows] = paths("mlp.gate.weight", "mlp.gate.wg.weight")
    patterns[.routerCorrection] = paths(
      "mlp.gate.e_score_correction_bias", "mlp.moe_statics.e_score_correction_bias")
    if let shared {
      patterns.merge(projections(shared, .shared)) { $0 + $1 }
      patterns[.sharedGate] = paths("mlp.shared_expert_gate.weight")
    }
    return names(family, norm: "post_attention_layernorm", patterns)
  }

  /// The names of a family whose layers are `model.layers.N.`, dense ones among them.
  static func names(_ family: String, norm: String, _ patterns: Patterns) -> TensorNames {
    var all = patterns.merging(projections("mlp.", .dense)) { $0 + $1 }
    all[.tokenEmbedding] = ["{trunk}embed_tokens.weight"]
    all[.outputHead] = ["lm_head.weight"]
    all[.finalNorm] = ["{trunk}norm.weight", "{trunk}final_layernorm.weight"]
    all[.attentionNorm] = paths("input_layernorm.weight", "operator_norm.weight")
    all[.expertNorm] = paths("\(norm).weight")
    for (component, name) in [
      (.query, "q_proj"), (.key, "k_proj"), (.value, "v_proj"), (.attentionOutput, "o_proj"),
    ] as [(TensorRole.Component, String)] {
      all[component] = paths("self_attn.\(name).{kind}")
    }
    return TensorNames(
      family: family, landmark: TensorRole(.tokenEmbedding), trunk: "model.", all)
  }

  /// Names within a layer.
  static func paths(_ names: String...) -> [TensorNames.Pattern] {
    names.map { TensorNames.Pattern(layer + $0) }
  }

  /// `gate_proj`, `up_proj` and `down_proj`.
  static func projections(_ place: String, _ owner: TensorNames.Owner) -> Patterns {
    triple(place, ["gate_proj", "up_proj", "down_proj"], owner)
  }

  /// `w1`, `w3` and `w2`, as Llama's first code called them.
  static func numbered(_ place: String, _ owner: TensorNames.Owner) -> Patterns {
    triple(place, ["w1", "w3", "w2"], owner)
  }

  private static func triple(
    _ place: String, _ names: [String], _ owner: TensorNames.Owner
  ) -> Patterns {
    func pattern(_ name: String) -> [TensorNames.Pattern] {
      [TensorNames.Pattern(layer + place + name + ".weight", of: owner)]
    }
    return [
      .gatingUp: pattern(names[0]), .up: pattern(names[1]), .down: pattern(names[2]),
    ]
  }

  /// All experts of a layer in one tensor, `[E, 2 I, D]` and `[E, D, I]`, gate rows first.
  static func fused(_ place: String) -> Patterns {
    let up = layer + place + "gate_up_proj"
    return [
      .gatingUp: [TensorNames.Pattern(up, .slice(.lowerHalf), of: .expert)],
      .up: [TensorNames.Pattern(up, .slice(.upperHalf), of: .expert)],
      .down: [TensorNames.Pattern(layer + place + "down_proj", .slice(.all), of: .expert)],
    ]
  }
}
