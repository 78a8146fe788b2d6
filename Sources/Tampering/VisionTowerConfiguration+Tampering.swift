import RoutedModels
import VisionTransformers

extension VisionTowerConfiguration {
  /// Every tensor of a plain tower.
  var towerTensors: [NamedShape] {
    tensorsOutsideMLPs
      + (0..<hiddenLayerCount).flatMap { layer in
        mlpTensors.map {
          NamedShape(
            name: "\(EncoderTensors.name(ofLayer: layer)).mlp.\($0.name)", shape: $0.shape)
        }
      }
  }

  /// Refuses another tower's configuration that has not the same shape and functions.
  func check(_ other: VisionTowerConfiguration, at path: String) throws(TamperingError) {
    let pairs: [(String, String, String)] = [
      ("hidden_size", "\(hiddenSize)", "\(other.hiddenSize)"),
      ("intermediate_size", "\(intermediateSize)", "\(other.intermediateSize)"),
      ("num_hidden_layers", "\(hiddenLayerCount)", "\(other.hiddenLayerCount)"),
      ("num_attention_heads", "\(attentionHeadCount)", "\(other.attentionHeadCount)"),
      ("image_size", "\(imageSize)", "\(other.imageSize)"),
      ("patch_size", "\(patchSize)", "\(other.patchSize)"),
      ("projection_dim", "\(projectionSize)", "\(other.projectionSize)"),
      ("hidden_act", hiddenActivation, other.hiddenActivation),
      ("layer_norm_eps", "\(layerNormEpsilon)", "\(other.layerNormEpsilon)"),
    ]
    for (key, expected, actual) in pairs where expected != actual {
      throw .configurationMismatch(path: path, key: key, expected: expected, actual: actual)
    }
  }
}
