import Checkpoints
import RoutedModels

extension ModelFolder {
  /// Whether the gates of a merged model are as an initialisation makes them: every output bias is 0.3 and
  /// every hidden bias 0, which no training leaves.
  ///
  /// - Throws: ``MergeError/notAMixture(path:)``; `CheckpointError`.
  public func hasUntrainedGates() throws -> Bool {
    for tensor in try gateTensors {
      let expected: Float
      switch tensor.name.split(separator: ".").suffix(2).joined(separator: ".") {
      case "fc1.bias": expected = (mixture?.gateDepth ?? 0) > 1 ? 0 : GateInitialization.outputBias
      case "fc2.bias", "fc.bias", "gate.weight": expected = GateInitialization.outputBias
      default: continue
      }
      // f16 and bf16 keep 0.3 to three digits.
      let values = try mixtureTensor(tensor.name, shape: tensor.shape)
      guard values.allSatisfy({ abs($0 - expected) <= 1e-3 }) else { return false }
    }
    return true
  }
}
