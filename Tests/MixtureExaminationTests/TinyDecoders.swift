import Checkpoints
import Foundation
import Tensors

/// The three matrices of an MLP in every layer: gate `[I, D]`, up `[I, D]`, down `[D, I]`.
typealias Layers = [[[Float]]]

/// A world of small decoders: a base, experts that were trained from it, and mixtures of them.
///
/// Training is drawn: a direction that all work on one domain shares, an own one of low rank, and an own one
/// that is spread over all weights.
struct TinyDecoders {
  static let D = 64
  static let I = 96
  static let layerCount = 3
  static let vocabulary = 80

  let folder: String
  let base: Layers
  let embedding: [Float]
  private let seed: UInt64

  init(seed: UInt64) throws {
    self.seed = seed
    folder =
      FileManager.default.temporaryDirectory
      .appendingPathComponent("decoders-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    base = (0..<Self.layerCount).map { layer in
      (0..<3).map { Self.normals(seed, stream: UInt64(10 * layer + $0), 0.1) }
    }
    embedding = Self.normals(seed, stream: 999, 0.5, count: Self.vocabulary * Self.D)
  }

  func remove() { try? FileManager.default.removeItem(atPath: folder) }

  static func normals(
    _ seed: UInt64, stream: UInt64, _ scale: Float, count: Int = D * I
  ) -> [Float] {
    var generator = SeededGenerator(seed: seed, stream: stream)
    return (0..<count).map { _ in Float(generator.normal()) * scale }
  }

  /// Weights after work on a domain: `own` tells workers of one domain apart.
  ///
  /// - Parameter shared: the share of the change's square that the domain explains.
  func trained(
    from start: Layers? = nil, domain: UInt64, own: UInt64, shared: Float = 0.3, size: Float = 0.004
  ) -> Layers {
    let start = start ?? base
    return start.enumerated().map { layer, matrices in
      matrices.enumerated().map { index, matrix in
        let stream = UInt64(layer * 3 + index)
        let common = Self.normals(seed &+ 7 &+ domain, stream: stream, 1)
        let spread = Self.normals(seed &+ 1000 &+ own, stream: stream, 1)
        let (left, right) = (
          Self.normals(seed &+ 2000 &+ own, stream: stream, 1, count: 2 * Self.I),
          Self.normals(seed &+ 3000 &+ own, stream: stream, 1, count: 2 * Self.I)
        )
        let columns = index == 2 ? Self.I : Self.D
        return matrix.indices.map { place in
          let (row, column) = (place / columns, place % columns)
          let low =
            (left[row] * right[column] + left[Self.I + row] * right[Self.I + column]) * 0.7
          let change =
            shared.squareRoot() * common[place]
            + ((1 - shared) / 2).squareRoot() * (spread[place] + low)
          return matrix[place] + size * change
        }
      }
    }
  }

  // MARK: Writing

  /// Writes a dense decoder of the Llama kind.
  func dense(_ name: String, _ layers: Layers, type: ElementType = .bf16) throws -> String {
    var tensors = common(type)
    for (layer, matrices) in layers.enumerated() {
      let stem = "model.layers.\(layer).mlp."
      for (name, matrix, shape) in zip3(["gate", "up", "down"], matrices) {
        tensors.append((stem + name + "_proj.weight", shape, matrix, type))
      }
    }
    return try write(name, tensors, configuration: ["model_type": "llama"])
  }

  /// How a mixture lies on disk.
  enum Layout: CaseIterable {
    case perExpert, fused, qwen
  }

  /// Writes a mixture whose expert e is `experts[e]`.
  ///
  /// - Parameter router: `[layers][E * D]`.
  func mixture(
    _ name: String, _ experts: [Layers], layout: Layout = .perExpert, type: ElementType = .bf16,
    router: [[Float]]? = nil
  ) throws -> String {
    let (D, I, E) = (Self.D, Self.I, experts.count)
    var tensors = common(type)
    for layer in 0..<Self.layerCount {
      let stem = "model.layers.\(layer)."
      let rows = router?[layer] ?? Self.normals(seed, stream: UInt64(5000 + layer), 1, count: E * D)
      let gate = layout == .perExpert ? "block_sparse_moe.gate.weight" : "mlp.gate.weight"
      tensors.append((stem + gate, [E, D], rows, type))
      switch layout {
      case .fused:
        let place = stem + "mlp.experts."
        tensors.append(
          (
            place + "gate_up_proj", [E, 2 * I, D], experts.flatMap { $0[layer][0] + $0[layer][1] },
            type
          ))
        tensors.append((place + "down_proj", [E, D, I], experts.flatMap { $0[layer][2] }, type))
      case .perExpert, .qwen:
        let isNumbered = layout == .perExpert
        let names =
          isNumbered ? ["w1", "w3", "w2"] : ["gate_proj", "up_proj", "down_proj"]
        for (expert, layers) in experts.enumerated() {
          let place =
            stem + (isNumbered ? "block_sparse_moe" : "mlp") + ".experts.\(expert)."
          for (name, matrix, shape) in zip3(names, layers[layer]) {
            tensors.append((place + name + ".weight", shape, matrix, type))
          }
        }
      }
    }
    var configuration: [String: any Sendable] = ["num_experts_per_tok": 2]
    configuration["model_type"] = layout == .qwen ? "qwen2_moe" : "mixtral"
    configuration[layout == .qwen ? "num_experts" : "num_local_experts"] = E
    return try write(name, tensors, configuration: configuration)
  }

  private typealias Tensor = (name: String, shape: [Int], values: [Float], type: ElementType)

  private func zip3(
    _ names: [String], _ matrices: [[Float]]
  ) -> [(String, [Float], [Int])] {
    let shapes = [[Self.I, Self.D], [Self.I, Self.D], [Self.D, Self.I]]
    return zip(zip(names, matrices), shapes).map { ($0.0, $0.1, $1) }
  }

  private func common(_ type: ElementType) -> [Tensor] {
    var tensors: [Tensor] = [
      ("model.embed_tokens.weight", [Self.vocabulary, Self.D], embedding, type)
    ]
    for layer in 0..<Self.layerCount {
      let gain = Self.normals(seed, stream: UInt64(7000 + layer), 0.1, count: Self.D).map { 1 + $0 }
      tensors.append(
        ("model.layers.\(layer).post_attention_layernorm.weight", [Self.D], gain, type))
    }
    return tensors
  }

  private func write(
    _ name: String, _ tensors: [Tensor], configuration: [String: any Sendable]
  ) throws -> String {
    let path = folder + "/" + name
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    let writer = try SafetensorsWriter(
      path: path + "/model.safetensors",
      tensors: tensors.map {
        TensorSpecification(name: $0.name, elementType: $0.type, shape: $0.shape)
      }, replacing: false)
    for name in writer.order {
      if let tensor = tensors.first(where: { $0.name == name }) {
        try writer.write(name, floats: tensor.values)
      }
    }
    try writer.commit()
    try JSONSerialization.data(withJSONObject: configuration)
      .write(to: URL(fileURLWithPath: path + "/config.json"))
    return path
  }
}
