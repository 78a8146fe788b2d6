import Checkpoints
import Examinations
import Foundation
import SlotAttribution
import Testing

/// One layer of SmolLM2-135M and of models that were fine-tuned from it, as material beside the repository.
@Suite struct SmolLMTests {
  private static let material = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("shared/llm/smollm2-layer14").path
  static let hasMaterial = FileManager.default.fileExists(atPath: material + "/base.safetensors")

  private func layer(_ name: String) throws -> (matrices: [[Float]], gain: [Float]) {
    let checkpoint = try Checkpoint(path: Self.material + "/\(name).safetensors")
    let stem = "model.layers.14."
    func matrix(_ name: String, _ shape: [Int]) throws -> [Float] {
      try checkpoint.floats(stem + "mlp.\(name)_proj.weight", shape: shape)
    }
    return (
      [
        try matrix("gate", [1536, 576]), try matrix("up", [1536, 576]),
        try matrix("down", [576, 1536]),
      ], try checkpoint.floats(stem + "post_attention_layernorm.weight", shape: [576])
    )
  }

  /// A decoder of this one layer.
  private func write(
    _ experts: [[[Float]]], gain: [Float], to path: String, isMixture: Bool
  ) throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    let stem = "model.layers.0."
    func tensor(
      _ name: String, _ shape: [Int], _ values: [Float]
    ) -> (tensor: TensorSpecification, values: [Float]) {
      (TensorSpecification(name: name, elementType: .f32, shape: shape), values)
    }
    var tensors = [
      tensor("model.embed_tokens.weight", [1, 576], [Float](repeating: 1, count: 576)),
      tensor(stem + "post_attention_layernorm.weight", [576], gain),
    ]
    if isMixture {
      let E = experts.count
      tensors += [
        tensor(stem + "mlp.gate.weight", [E, 576], [Float](repeating: 0.5, count: E * 576)),
        tensor(
          stem + "mlp.experts.gate_up_proj", [E, 3072, 576], experts.flatMap { $0[0] + $0[1] }),
        tensor(stem + "mlp.experts.down_proj", [E, 576, 1536], experts.flatMap { $0[2] }),
      ]
    } else {
      tensors += [
        tensor(stem + "mlp.gate_proj.weight", [1536, 576], experts[0][0]),
        tensor(stem + "mlp.up_proj.weight", [1536, 576], experts[0][1]),
        tensor(stem + "mlp.down_proj.weight", [576, 1536], experts[0][2]),
      ]
    }
    try writeSafetensors(path: path + "/model.safetensors", tensors: tensors)
    let configuration =
      isMixture
      ? #"{"model_type": "mixtral", "num_local_experts": \#(experts.count)}"#
      : #"{"model_type": "llama"}"#
    try configuration.write(toFile: path + "/config.json", atomically: true, encoding: .utf8)
  }

  @Test(.enabled(if: hasMaterial))
  func `real experts are named under everything that was done to them, an innocent under none`()
    throws
  {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("smol-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let (base, gain) = try layer("base")
    let german = try layer("german").matrices
    let innocent = try layer("german-innocent").matrices
    for name in ["german", "german-null1", "german-null2"] {
      try write([try layer(name).matrices], gain: gain, to: folder + "/\(name)", isMixture: false)
    }
    try write([base], gain: gain, to: folder + "/base", isMixture: false)
    func both(_ change: ([[Float]]) -> [[Float]]) -> [[[Float]]] {
      [change(german), change(innocent)]
    }
    let slots =
      [try layer("german-ft").matrices, innocent]
      + both { Self.rounded($0, bits: 8) } + both { Self.rounded($0, bits: 4) }
      + both { Self.rounded($0, bits: 3) } + both { [$0[0], $0[1], $0[2].map { 0.8 * $0 }] }
      + both(Self.halfPruned)
    try write(slots, gain: gain, to: folder + "/suspect", isMixture: true)
    let result = try SlotRequest(
      suspect: folder + "/suspect",
      victims: [NamedPath(name: "german", path: folder + "/german")], base: folder + "/base",
      others: [
        NamedPath(name: "null1", path: folder + "/german-null1"),
        NamedPath(name: "null2", path: folder + "/german-null2"),
      ], probes: 64, seed: 31_415_927_001
    ).run(Examiner(tool: "tests"))
    for (place, finding) in result.findings.enumerated() {
      let isAccused = [.identical, .matchesWeights].contains(finding.conclusion)
      #expect(isAccused == (place % 2 == 0), "\(finding)")
    }
    // Measured apart, in this layer: further training .70, the innocent .19.
    #expect(abs((result.findings[0].residual ?? 0) - 0.70) < 0.1)
    #expect(abs((result.findings[1].residual ?? 0) - 0.19) < 0.1)
    // On the suspect's own grid a copy of four bits is a copy again.
    #expect((result.findings[4].residual ?? 0) > 0.999)
    #expect(result.findings[8].conclusion == .identical)
  }

  private static func rounded(_ expert: [[Float]], bits: Int) -> [[Float]] {
    expert.map { Tampered.rounded([[$0]], bits: bits)[0][0] }
  }

  private static func halfPruned(_ expert: [[Float]]) -> [[Float]] {
    Tampered.pruned([expert], 0.5)[0]
  }
}
