import RoutedModels
import VisionTransformers

/// Which weights of a tower carry a mark.
public enum MarkScope: String, Codable, Sendable, Hashable, CaseIterable {
  /// The maps of all layers' MLPs: what every kind of merge keeps by itself.
  case mlp
  /// The four maps of all layers' attention.
  case attention
  /// Both.
  case linear

  /// The matrices, in layer order.
  public func tensors(of configuration: VisionTowerConfiguration) -> [RoleShape] {
    (0..<configuration.hiddenLayerCount).flatMap { layer in
      configuration.linearMaps(ofLayer: layer).filter { tensor in
        switch self {
        case .mlp: tensor.role.isExpert
        case .attention: !tensor.role.isExpert
        case .linear: true
        }
      }
    }
  }
}
