import RoutedModels

/// What the names of an encoder's tensors say.
package enum EncoderTensors {
  private static let start = "vision_model.encoder.layers."

  /// The layer that a tensor belongs to; `nil` outside of the encoder layers.
  package static func layer(of name: String) -> Int? {
    guard name.hasPrefix(start) else { return nil }
    return Int(name.dropFirst(start.count).prefix { $0 != "." })
  }

  /// The name of a layer.
  package static func name(ofLayer layer: Int) -> String { "\(start)\(layer)" }

  /// Whether the tensor belongs to an MLP.
  package static func isMLP(_ name: String) -> Bool {
    layer(of: name) != nil && name.contains(".mlp.")
  }

  /// Whether it is the weight of a linear map of an encoder layer: attention's four, the MLP's two.
  package static func isLinearMap(_ name: String) -> Bool {
    layer(of: name) != nil && name.hasSuffix(".weight")
      && (name.contains(".self_attn.") || name.contains(".mlp."))
  }

  /// The weights of the six linear maps of a layer.
  package static func linearMaps(
    ofLayer layer: Int, _ configuration: VisionTowerConfiguration
  ) -> [NamedShape] {
    let (D, F) = (configuration.hiddenSize, configuration.intermediateSize)
    let maps: [(String, [Int])] = [
      ("self_attn.q_proj", [D, D]), ("self_attn.k_proj", [D, D]), ("self_attn.v_proj", [D, D]),
      ("self_attn.out_proj", [D, D]), ("mlp.fc1", [F, D]), ("mlp.fc2", [D, F]),
    ]
    return maps.map { NamedShape(name: "\(name(ofLayer: layer)).\($0).weight", shape: $1) }
  }
}
