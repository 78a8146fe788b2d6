import VisionTransformers

/// What the names of an encoder's tensors say.
enum EncoderTensors {
  private static let start = "vision_model.encoder.layers."

  /// The layer that a tensor belongs to; `nil` outside of the encoder layers.
  static func layer(of name: String) -> Int? {
    guard name.hasPrefix(start) else { return nil }
    return Int(name.dropFirst(start.count).prefix { $0 != "." })
  }

  /// The name of a layer.
  static func name(ofLayer layer: Int) -> String { "\(start)\(layer)" }

  /// Whether the tensor belongs to an MLP.
  static func isMLP(_ name: String) -> Bool {
    layer(of: name) != nil && name.contains(".mlp.")
  }

  /// Whether it is the weight of a linear map of an encoder layer: attention's four, the MLP's two.
  static func isLinearMap(_ name: String) -> Bool {
    layer(of: name) != nil && name.hasSuffix(".weight")
      && (name.contains(".self_attn.") || name.contains(".mlp."))
  }

  /// The weights of the six linear maps of a layer.
  static func linearMaps(
    ofLayer layer: Int, _ configuration: CLIPVisionConfiguration
  ) -> [NamedShape] {
    let (D, F) = (configuration.hiddenSize, configuration.intermediateSize)
    let maps: [(String, [Int])] = [
      ("self_attn.q_proj", [D, D]), ("self_attn.k_proj", [D, D]), ("self_attn.v_proj", [D, D]),
      ("self_attn.out_proj", [D, D]), ("mlp.fc1", [F, D]), ("mlp.fc2", [D, F]),
    ]
    return maps.map { NamedShape(name: "\(name(ofLayer: layer)).\($0).weight", shape: $1) }
  }
}

extension CLIPVisionConfiguration {
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
  func check(_ other: CLIPVisionConfiguration, at path: String) throws(TamperingError) {
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
