import Foundation
import RoutedModels

extension VisionTowerConfiguration {
  /// Every tensor of a tower outside of its MLPs, in the order in which they are applied.
  public var tensorsOutsideMLPs: [RoleShape] {
    let (D, F, p) = (hiddenSize, intermediateSize, patchSize)
    func affine(
      _ component: TensorRole.Component, layer: Int? = nil, rows: Int, _ inputs: [Int]
    ) -> [RoleShape] {
      [
        RoleShape(TensorRole(component, .weight, layer: layer), [rows] + inputs),
        RoleShape(TensorRole(component, .bias, layer: layer), [rows]),
      ]
    }
    func norm(_ component: TensorRole.Component, layer: Int? = nil) -> [RoleShape] {
      affine(component, layer: layer, rows: D, [])
    }
    var tensors: [RoleShape] = []
    if hasClassToken { tensors.append(RoleShape(TensorRole(.classEmbedding), [D])) }
    tensors.append(RoleShape(TensorRole(.patchEmbedding), [D, channelCount, p, p]))
    if hasPatchBias { tensors.append(RoleShape(TensorRole(.patchEmbedding, .bias), [D])) }
    tensors.append(RoleShape(TensorRole(.positionEmbedding), [tokenCount, D]))
    if hasEmbeddingNorm { tensors += norm(.embeddingNorm) }
    for layer in 0..<hiddenLayerCount {
      tensors += norm(.attentionNorm, layer: layer) + norm(.expertNorm, layer: layer)
      for projection in [TensorRole.Component.query, .key, .value, .attentionOutput] {
        tensors += affine(projection, layer: layer, rows: D, [D])
      }
    }
    tensors += norm(.finalNorm)
    switch pooling {
    case .classToken: tensors.append(RoleShape(TensorRole(.projection), [projectionSize, D]))
    case .attention:
      tensors.append(RoleShape(TensorRole(.poolingProbe), [1, 1, D]))
      tensors += affine(.poolingInput, rows: 3 * D, [D]) + affine(.poolingOutput, rows: D, [D])
      tensors += norm(.poolingNorm)
      tensors += affine(.poolingUp, rows: F, [D]) + affine(.poolingDown, rows: D, [F])
    case .none: break
    }
    return tensors
  }

  /// The tensors of all layers' MLPs: of a plain tower, or of one slot of a full merge.
  public func mlpTensors(in slot: TensorRole.Slot = .dense) -> [RoleShape] {
    (0..<hiddenLayerCount).flatMap { mlpTensors(layer: $0, in: slot) }
  }

  /// The four tensors of one layer's MLP.
  public func mlpTensors(layer: Int, in slot: TensorRole.Slot = .dense) -> [RoleShape] {
    let (D, F) = (hiddenSize, intermediateSize)
    func tensor(
      _ component: TensorRole.Component, _ kind: TensorRole.Kind, _ shape: [Int]
    ) -> RoleShape {
      RoleShape(TensorRole(component, kind, layer: layer, slot: slot), shape)
    }
    return [
      tensor(.up, .weight, [F, D]), tensor(.up, .bias, [F]), tensor(.down, .weight, [D, F]),
      tensor(.down, .bias, [D]),
    ]
  }

  /// Every tensor of a plain tower.
  public var towerTensors: [RoleShape] { tensorsOutsideMLPs + mlpTensors() }

  /// The weights of the six linear maps of a layer.
  package func linearMaps(ofLayer layer: Int) -> [RoleShape] {
    let (D, F) = (hiddenSize, intermediateSize)
    let attention: [TensorRole.Component] = [.query, .key, .value, .attentionOutput]
    return attention.map { RoleShape(TensorRole($0, .weight, layer: layer), [D, D]) } + [
      RoleShape(TensorRole(.up, .weight, layer: layer, slot: .dense), [F, D]),
      RoleShape(TensorRole(.down, .weight, layer: layer, slot: .dense), [D, F]),
    ]
  }

  /// The first setting in which another tower differs from this one; `nil` when weights of one fit the
  /// other.
  package func difference(
    from other: VisionTowerConfiguration
  ) -> (key: String, expected: String, actual: String)? {
    let pairs: [(String, String, String)] = [
      ("model_type", names.family, other.names.family),
      ("hidden_size", "\(hiddenSize)", "\(other.hiddenSize)"),
      ("intermediate_size", "\(intermediateSize)", "\(other.intermediateSize)"),
      ("num_hidden_layers", "\(hiddenLayerCount)", "\(other.hiddenLayerCount)"),
      ("num_attention_heads", "\(attentionHeadCount)", "\(other.attentionHeadCount)"),
      ("image_size", "\(imageSize)", "\(other.imageSize)"),
      ("patch_size", "\(patchSize)", "\(other.patchSize)"),
      ("projection_dim", "\(projectionSize)", "\(other.projectionSize)"),
      ("hidden_act", hiddenActivation, other.hiddenActivation),
      ("layer_norm_eps", "\(layerNormEpsilon)", "\(other.layerNormEpsilon)"),
      ("pooling", pooling.rawValue, other.pooling.rawValue),
    ]
    return pairs.first { $0.1 != $0.2 }.map { (key: $0.0, expected: $0.1, actual: $0.2) }
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
