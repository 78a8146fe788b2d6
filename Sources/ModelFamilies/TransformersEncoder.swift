import RoutedModels

/// What the encoder layers of transformers' CLIP and its relatives are called, and the gates that
/// fusion_bench puts into them.
enum TransformersEncoder {
  static let patterns: [TensorRole.Component: [TensorNames.Pattern]] = [
    .attentionNorm: ["{trunk}encoder.layers.{layer}.layer_norm1.{kind}"],
    .query: ["{trunk}encoder.layers.{layer}.self_attn.q_proj.{kind}"],
    .key: ["{trunk}encoder.layers.{layer}.self_attn.k_proj.{kind}"],
    .value: ["{trunk}encoder.layers.{layer}.self_attn.v_proj.{kind}"],
    .attentionOutput: ["{trunk}encoder.layers.{layer}.self_attn.out_proj.{kind}"],
    .expertNorm: ["{trunk}encoder.layers.{layer}.layer_norm2.{kind}"],
    .up: ["{trunk}encoder.layers.{layer}.mlp.{slot}fc1.{kind}"],
    .down: ["{trunk}encoder.layers.{layer}.mlp.{slot}fc2.{kind}"],
    .routerHidden: ["{trunk}encoder.layers.{layer}.mlp.gate.fc1.{kind}"],
    .routerOutput: ["{trunk}encoder.layers.{layer}.mlp.gate.fc2.{kind}"],
    // `fc` in fusion_bench, `fc1` where somebody numbered it.
    .routerRows: [
      "{trunk}encoder.layers.{layer}.mlp.gate.fc.{kind}",
      "{trunk}encoder.layers.{layer}.mlp.gate.fc1.{kind}",
    ],
    .routerConstant: ["{trunk}encoder.layers.{layer}.mlp.gate.{kind}"],
  ]
}
