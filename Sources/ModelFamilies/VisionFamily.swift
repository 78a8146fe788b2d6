import RoutedModels
import VisionTransformers

/// A family whose towers this program runs.
public protocol VisionFamily: ModelFamily {
  /// Reads and validates a `config.json`.
  ///
  /// - Throws: `CheckpointError` when the file is not readable JSON of this form; `VisionModelError`.
  func configuration(contentsOf file: String) throws -> VisionTowerConfiguration
}
