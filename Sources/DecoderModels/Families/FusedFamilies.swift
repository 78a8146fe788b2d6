import RoutedModels

// Decoders that save all experts of a layer in one tensor, and the names of llama.cpp.

extension DecoderFamily {
  static let fused: [DecoderFamily] = [
    DecoderFamily(
      ["gpt_oss"],
      names(
        "GPT-OSS", norm: "post_attention_layernorm",
        transposed("mlp.experts.", gate: .even, up: .odd).merging([
          .routerRows: paths("mlp.router.{kind}")
        ]) { $0 + $1 }),
      experts: ["num_local_experts"],
      scoring: ScoringTemplate(score: .logit, normalization: .softmax)),
    DecoderFamily(
      ["llama4", "llama4_text"],
      names(
        "Llama 4", norm: "post_attention_layernorm",
        transposed("feed_forward.experts.", gate: .lowerHalf, up: .upperHalf)
          .merging(projections("feed_forward.shared_expert.", .shared)) { $0 + $1 }
          .merging(projections("feed_forward.", .dense)) { $0 + $1 }
          .merging([.routerRows: paths("feed_forward.router.weight")]) { $0 + $1 }),
      experts: ["num_local_experts"],
      scoring: ScoringTemplate(score: .logit, normalization: .sigmoid)),
    DecoderFamily(
      ["granitemoe", "granitemoeshared", "granitemoehybrid"],
      names(
        "Granite-MoE", norm: "post_attention_layernorm",
        granite.merging([.routerRows: paths("block_sparse_moe.router.layer.weight")]) { $0 + $1 }),
      experts: ["num_local_experts"],
      scoring: ScoringTemplate(score: .logit, normalization: .softmax)),
    DecoderFamily(
      ["dbrx"], dbrx, experts: ["ffn_config.moe_num_experts"], chosen: ["ffn_config.moe_top_k"],
      scoring: ScoringTemplate(normalization: .sum)),
  ]

  /// `[E, D, 2 I]` and `[E, I, D]`: inputs first.
  private static func transposed(
    _ place: String, gate: TensorNames.Rows, up: TensorNames.Rows
  ) -> Patterns {
    let stem = "{trunk}layers.{layer}." + place
    let down = TensorNames.Pattern(
      stem + "down_proj", .slice(.all, transposed: true), of: .expert)
    return [
      .gatingUp: [
        TensorNames.Pattern(stem + "gate_up_proj", .slice(gate, transposed: true), of: .expert)
      ],
      .up: [
        TensorNames.Pattern(stem + "gate_up_proj", .slice(up, transposed: true), of: .expert)
      ],
      .down: [down],
    ]
  }

  private static let granite: Patterns = {
    let stem = "{trunk}layers.{layer}."
    let (up, shared) = ("block_sparse_moe.input_linear.weight", "shared_mlp.")
    return [
      .gatingUp: [
        TensorNames.Pattern(stem + up, .slice(.lowerHalf), of: .expert),
        TensorNames.Pattern(stem + shared + "input_linear.weight", .part(.lowerHalf), of: .shared),
      ],
      .up: [
        TensorNames.Pattern(stem + up, .slice(.upperHalf), of: .expert),
        TensorNames.Pattern(stem + shared + "input_linear.weight", .part(.upperHalf), of: .shared),
      ],
      .down: [
        TensorNames.Pattern(
          stem + "block_sparse_moe.output_linear.weight", .slice(.all), of: .expert),
        TensorNames.Pattern(stem + shared + "output_linear.weight", of: .shared),
      ],
    ]
  }()

  private static let dbrx: TensorNames = {
    let stem = "{trunk}blocks.{layer}."
    func stack(_ name: String, transposed: Bool) -> [TensorNames.Pattern] {
      [
        TensorNames.Pattern(
          stem + "ffn.experts.mlp." + name, .stack(transposed: transposed), of: .expert)
      ]
    }
    return TensorNames(
      family: "DBRX", landmark: TensorRole(.tokenEmbedding), trunk: "transformer.",
      [
        .tokenEmbedding: ["{trunk}wte.weight"], .outputHead: ["lm_head.weight"],
        .finalNorm: ["{trunk}norm_f.weight"],
        .attentionNorm: [TensorNames.Pattern(stem + "norm_attn_norm.norm_1.weight")],
        .expertNorm: [TensorNames.Pattern(stem + "norm_attn_norm.norm_2.weight")],
        .attentionOutput: [TensorNames.Pattern(stem + "norm_attn_norm.attn.out_proj.weight")],
        .routerRows: [TensorNames.Pattern(stem + "ffn.router.layer.weight")],
        .gatingUp: stack("w1", transposed: false), .up: stack("v1", transposed: false),
        .down: stack("w2", transposed: true),
      ])
  }()

  /// What llama.cpp calls the tensors of any decoder; experts fused, or split as it once did.
  static let gguf: TensorNames = {
    let stem = "blk.{layer}."
    func expert(_ name: String, fusedRows: TensorNames.Rows?) -> [TensorNames.Pattern] {
      var patterns = [
        TensorNames.Pattern(stem + "ffn_\(name)_exps.weight", .slice(.all), of: .expert)
      ]
      if let fusedRows {
        patterns.append(
          TensorNames.Pattern(stem + "ffn_gate_up_exps.weight", .slice(fusedRows), of: .expert))
      }
      return patterns + [
        TensorNames.Pattern(stem + "ffn_\(name).{expert}.weight", of: .expert),
        TensorNames.Pattern(stem + "ffn_\(name)_shexp.weight", of: .shared),
        TensorNames.Pattern(stem + "ffn_\(name).weight", of: .dense),
      ]
    }
    return TensorNames(
      family: "GGUF decoder", landmark: TensorRole(.tokenEmbedding),
      [
        .tokenEmbedding: ["token_embd.weight"], .outputHead: ["output.weight"],
        .finalNorm: ["output_norm.weight"],
        .attentionNorm: [TensorNames.Pattern(stem + "attn_norm.weight")],
        .expertNorm: [
          TensorNames.Pattern(stem + "ffn_norm.weight"),
          TensorNames.Pattern(stem + "post_attention_norm.weight"),
        ],
        .query: [TensorNames.Pattern(stem + "attn_q.{kind}")],
        .key: [TensorNames.Pattern(stem + "attn_k.{kind}")],
        .value: [TensorNames.Pattern(stem + "attn_v.{kind}")],
        .attentionOutput: [TensorNames.Pattern(stem + "attn_output.{kind}")],
        .routerRows: [TensorNames.Pattern(stem + "ffn_gate_inp.{kind}")],
        .routerCorrection: [TensorNames.Pattern(stem + "exp_probs_b.bias")],
        .sharedGate: [TensorNames.Pattern(stem + "ffn_gate_inp_shexp.weight")],
        .gatingUp: expert("gate", fusedRows: .lowerHalf),
        .up: expert("up", fusedRows: .upperHalf), .down: expert("down", fusedRows: nil),
      ])
  }()
}
