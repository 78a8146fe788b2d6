import Checkpoints
import Foundation
import RoutedModels
import Testing

/// The layouts of decoders' experts, which have no forward pass here: roles are read all the same.
@Suite struct TensorNamesTests {
  /// Mixtral per expert, as transformers saves it.
  private static let separate = TensorNames(
    family: "Mixtral", landmark: TensorRole(.routerRows, layer: 0), trunk: "model.",
    [
      .routerRows: ["{trunk}layers.{layer}.block_sparse_moe.gate.{kind}"],
      .gatingUp: ["{trunk}layers.{layer}.block_sparse_moe.experts.{expert}.w1.{kind}"],
      .up: ["{trunk}layers.{layer}.block_sparse_moe.experts.{expert}.w3.{kind}"],
      .down: ["{trunk}layers.{layer}.block_sparse_moe.experts.{expert}.w2.{kind}"],
    ])

  /// Fused, outputs by inputs: rows 0 to F are the gate's; GPT-OSS's are transposed and interleaved.
  private static func fused(_ rows: (TensorNames.Rows, TensorNames.Rows), transposed: Bool)
    -> TensorNames
  {
    let up = "layers.{layer}.mlp.experts.gate_up_proj"
    return TensorNames(
      family: "fused", landmark: TensorRole(.routerRows, layer: 0),
      [
        .routerRows: ["layers.{layer}.mlp.gate.{kind}"],
        .gatingUp: [TensorNames.Pattern(up, .slice(rows.0, transposed: transposed))],
        .up: [TensorNames.Pattern(up, .slice(rows.1, transposed: transposed))],
        .down: [
          TensorNames.Pattern(
            "layers.{layer}.mlp.experts.down_proj", .slice(.all, transposed: transposed))
        ],
      ])
  }

  private let E = 3
  private let D = 4
  private let F = 2

  /// A number for every element of an expert's matrix.
  private func value(_ component: TensorRole.Component, _ expert: Int, _ row: Int, _ column: Int)
    -> Float
  {
    let part: Float = component == .gatingUp ? 1000 : component == .up ? 2000 : 3000
    return part + Float(expert) * 100 + Float(row) * 10 + Float(column)
  }

  private func matrix(_ component: TensorRole.Component, _ expert: Int) -> [Float] {
    let (rows, columns) = component == .down ? (D, F) : (F, D)
    return (0..<rows).flatMap { row in
      (0..<columns).map { value(component, expert, row, $0) }
    }
  }

  private func check(_ names: TensorNames, _ tensors: [(String, [Int], [Float])]) throws {
    let path = NSTemporaryDirectory() + "names-\(UInt64.random(in: 0...UInt64.max)).safetensors"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try writeSafetensors(
      path: path,
      tensors: tensors.map {
        (TensorSpecification(name: $0.0, elementType: .f32, shape: $0.1), $0.2)
      })
    let source = try CheckpointTensors(Checkpoint(path: path), names)
    let site = RouterSite(layer: 0, experts: (0..<E).map { .expert($0) })
    for (place, slot) in site.experts.enumerated() {
      let shapes = RouterSite.expert(
        layer: site.layer, slot: slot, width: D, hidden: F, isGated: true, hasBiases: false)
      try source.require(shapes)
      for tensor in shapes {
        #expect(
          try source.tensor(tensor.role, shape: tensor.shape)
            == matrix(tensor.role.component, place))
      }
    }
    #expect(throws: CheckpointError.self) {
      try source.require([
        RoleShape(TensorRole(.up, layer: 0, slot: .expert(E)), [F, D])
      ])
    }
  }

  @Test("experts that are saved one by one")
  func separateExperts() throws {
    var tensors: [(String, [Int], [Float])] = [
      ("model.layers.0.block_sparse_moe.gate.weight", [E, D], [Float](repeating: 0, count: E * D))
    ]
    for expert in 0..<E {
      let start = "model.layers.0.block_sparse_moe.experts.\(expert)"
      tensors.append(("\(start).w1.weight", [F, D], matrix(.gatingUp, expert)))
      tensors.append(("\(start).w3.weight", [F, D], matrix(.up, expert)))
      tensors.append(("\(start).w2.weight", [D, F], matrix(.down, expert)))
    }
    try check(Self.separate, tensors)
  }

  @Test("experts that are fused, outputs by inputs")
  func fusedExperts() throws {
    let up = (0..<E).flatMap { matrix(.gatingUp, $0) + matrix(.up, $0) }
    try check(
      Self.fused((.lowerHalf, .upperHalf), transposed: false),
      [
        ("layers.0.mlp.gate.weight", [E, D], [Float](repeating: 0, count: E * D)),
        ("layers.0.mlp.experts.gate_up_proj", [E, 2 * F, D], up),
        ("layers.0.mlp.experts.down_proj", [E, D, F], (0..<E).flatMap { matrix(.down, $0) }),
      ])
  }

  @Test("experts that are fused, inputs by outputs, gate and up in turn")
  func interleavedExperts() throws {
    let up = (0..<E).flatMap { expert in
      (0..<D).flatMap { column in
        (0..<F).flatMap { row in
          [value(.gatingUp, expert, row, column), value(.up, expert, row, column)]
        }
      }
    }
    let down = (0..<E).flatMap { expert in
      (0..<F).flatMap { column in (0..<D).map { value(.down, expert, $0, column) } }
    }
    try check(
      Self.fused((.even, .odd), transposed: true),
      [
        ("layers.0.mlp.gate.weight", [E, D], [Float](repeating: 0, count: E * D)),
        ("layers.0.mlp.experts.gate_up_proj", [E, D, 2 * F], up),
        ("layers.0.mlp.experts.down_proj", [E, F, D], down),
      ])
  }

  @Test("experts that are stacked, inputs of the second map by outputs")
  func stackedExperts() throws {
    let stem = "blocks.{layer}.experts."
    let names = TensorNames(
      family: "stacked", landmark: TensorRole(.routerRows, layer: 0),
      [
        .routerRows: ["blocks.{layer}.router.{kind}"],
        .gatingUp: [TensorNames.Pattern(stem + "w1", .stack(), of: .expert)],
        .up: [TensorNames.Pattern(stem + "v1", .stack(), of: .expert)],
        .down: [TensorNames.Pattern(stem + "w2", .stack(transposed: true), of: .expert)],
      ])
    let down = (0..<E).flatMap { expert in
      (0..<F).flatMap { column in (0..<D).map { value(.down, expert, $0, column) } }
    }
    try check(
      names,
      [
        ("blocks.0.router.weight", [E, D], [Float](repeating: 0, count: E * D)),
        ("blocks.0.experts.w1", [E * F, D], (0..<E).flatMap { matrix(.gatingUp, $0) }),
        ("blocks.0.experts.v1", [E * F, D], (0..<E).flatMap { matrix(.up, $0) }),
        ("blocks.0.experts.w2", [E * F, D], down),
      ])
  }

  @Test("patterns of one owner name nobody else's tensors")
  func owners() {
    let names = TensorNames(
      family: "owned", landmark: TensorRole(.tokenEmbedding),
      [
        .tokenEmbedding: ["embed.weight"],
        .up: [
          TensorNames.Pattern("mlp.experts.{expert}.up", of: .expert),
          TensorNames.Pattern("mlp.up", of: .dense),
          TensorNames.Pattern("mlp.shared", .part(.upperHalf), of: .shared),
        ],
      ])
    let slots: [TensorRole.Slot] = [.expert(3), .dense, .shared(0)]
    #expect(
      slots.map { names.name(of: TensorRole(.up, layer: 0, slot: $0)) }
        == ["mlp.experts.3.up", "mlp.up", "mlp.shared"])
  }

  @Test("roles know what they are")
  func roles() {
    let up = TensorRole(.up, layer: 2, slot: .dense)
    #expect(up.isExpert && up.isLinearMap && !up.isRouter)
    #expect(up.inSlot(.expert(4)).slot == .expert(4))
    #expect(TensorRole(.query, layer: 1).inSlot(.base).slot == nil)
    #expect(!TensorRole(.projection).isLinearMap && TensorRole(.projection).isOptional)
    #expect(
      Self.separate.name(of: up.inSlot(.expert(7))).hasSuffix(
        "layers.2.block_sparse_moe.experts.7.w3.weight"))
  }
}
