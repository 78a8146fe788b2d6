import ModelMerging
import RoutedModels
import VisionTransformers

/// Looks whether experts were fine-tuned from the base that they are merged over.
///
/// Equation: d = |theta_e - theta_0| / |theta_0| over the patch embedding and the first layer's MLP.
/// Fine-tuning moves weights by a few per cent of their size; of two models that were trained apart d is
/// about the square root of 2. Nothing here is refused: a merge of such experts can be made, and says little.
struct ExpertOriginCheck {
  /// From this distance on an expert does not look fine-tuned from the base.
  static let farthest = 0.7

  private let base: ModelFolder

  init(_ base: ModelFolder) { self.base = base }

  /// Warns of experts that are the base itself, or come from another one.
  ///
  /// - Throws: what reading tensors throws.
  func run(_ experts: [(name: String, model: ModelFolder)], _ examiner: Examiner) throws {
    guard case .tower(let origin) = base.form else { return }
    for (name, model) in experts {
      guard case .tower(let own) = model.form else { continue }
      switch try distance(own, origin) {
      case 0:
        guard try isEqual(own, origin) else { continue }
        examiner.warn(
          "the expert `\(name)` has the base model's own MLPs: it adds nothing to the merge, and nothing "
            + "about it can be attributed")
      case Self.farthest...:
        examiner.warn(
          "the expert `\(name)` does not look fine-tuned from \(base.path): its weights are as far from it as "
            + "those of an unrelated model")
      default: continue
      }
    }
  }

  private func distance(
    _ own: any TensorSource, _ origin: any TensorSource
  ) throws -> Double {
    let D = base.configuration.hiddenSize
    let first = base.configuration.mlpTensors().filter { $0.role.layer == 0 }
    let patches = RoleShape(
      TensorRole(.patchEmbedding),
      [D, 3, base.configuration.patchSize, base.configuration.patchSize])
    var (difference, size) = (0.0, 0.0)
    for tensor in [patches] + first {
      let a = try own.tensor(tensor.role, shape: tensor.shape)
      let b = try origin.tensor(tensor.role, shape: tensor.shape)
      for index in a.indices {
        let step = Double(a[index]) - Double(b[index])
        difference += step * step
        size += Double(b[index]) * Double(b[index])
      }
    }
    return size > 0 ? (difference / size).squareRoot() : 0
  }

  private func isEqual(_ own: any TensorSource, _ origin: any TensorSource) throws -> Bool {
    try base.configuration.mlpTensors().allSatisfy { tensor in
      try own.tensor(tensor.role, shape: tensor.shape)
        == origin.tensor(tensor.role, shape: tensor.shape)
    }
  }
}
