import Foundation
import RoutedModels

extension VisionTowerConfiguration {
  /// Every tensor of a tower outside of its MLPs, in the order in which they are applied.
  public var tensorsOutsideMLPs: [NamedShape] {
    let (D, p) = (hiddenSize, patchSize)
    func norm(_ name: String) -> [NamedShape] { affine(name, []) }
    func affine(_ name: String, _ inputs: [Int]) -> [NamedShape] {
      [
        NamedShape(name: "\(name).weight", shape: [D] + inputs),
        NamedShape(name: "\(name).bias", shape: [D]),
      ]
    }
    let embeddings = "vision_model.embeddings"
    var tensors = [
      NamedShape(name: "\(embeddings).class_embedding", shape: [D]),
      NamedShape(name: "\(embeddings).patch_embedding.weight", shape: [D, 3, p, p]),
      NamedShape(name: "\(embeddings).position_embedding.weight", shape: [tokenCount, D]),
    ]
    tensors += norm("vision_model.pre_layrnorm")
    for layer in 0..<hiddenLayerCount {
      let name = "vision_model.encoder.layers.\(layer)"
      tensors += norm("\(name).layer_norm1") + norm("\(name).layer_norm2")
      for projection in ["q_proj", "k_proj", "v_proj", "out_proj"] {
        tensors += affine("\(name).self_attn.\(projection)", [D])
      }
    }
    tensors += norm("vision_model.post_layernorm")
    tensors.append(NamedShape(name: "visual_projection.weight", shape: [projectionSize, D]))
    return tensors
  }

  /// The tensors of all layers' MLPs, with `part` between `mlp.` and `fc1`: nothing in a plain tower,
  /// `base_model.` or `task_vectors.0.` in a full merge.
  public func mlpTensors(part: String = "") -> [NamedShape] {
    (0..<hiddenLayerCount).flatMap { layer in
      mlpTensors.map {
        NamedShape(
          name: "vision_model.encoder.layers.\(layer).mlp.\(part)\($0.name)", shape: $0.shape)
      }
    }
  }

  /// The four tensors of one layer's MLP, named from `fc1.weight` on.
  public var mlpTensors: [NamedShape] {
    let (D, F) = (hiddenSize, intermediateSize)
    return [
      NamedShape(name: "fc1.weight", shape: [F, D]), NamedShape(name: "fc1.bias", shape: [F]),
      NamedShape(name: "fc2.weight", shape: [D, F]), NamedShape(name: "fc2.bias", shape: [D]),
    ]
  }

  /// The keys and values in one line of JSON, keys sorted: equal shapes have equal text.
  ///
  /// - Throws: `EncodingError` never for validated values.
  public func canonicalText() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }
}
