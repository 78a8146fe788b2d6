import Checkpoints
import RoutedModels

extension ModelFolder {
  /// Whether the gates of a merged model are as an initialisation makes them: every output bias is 0.3 and
  /// every hidden bias 0, which no training leaves.
  ///
  /// - Throws: ``MergeError/notAMixture(path:)``; `CheckpointError`.
  public func hasUntrainedGates() throws -> Bool {
    let depth = mixture.flatMap { GateDepth(rawValue: $0.gateDepth) }
    for tensor in try gateTensors where tensor.role.kind == .bias || depth == .constant {
      let isOutput = tensor.role.component == depth?.output
      let expected = isOutput ? GateInitialization.outputBias : 0
      // f16 and bf16 keep 0.3 to three digits.
      let values = try mixtureTensor(tensor.role, shape: tensor.shape)
      guard values.allSatisfy({ abs($0 - expected) <= 1e-3 }) else { return false }
    }
    return true
  }
}
