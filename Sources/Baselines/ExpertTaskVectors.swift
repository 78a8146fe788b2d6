import Coordinates
import Foundation
import ModelMerging
import RoutedModels
import VisionTransformers

/// The task vectors of a model's experts in their MLPs: all that a weight-ensembling mixture keeps of
/// an expert by itself.
public struct ExpertTaskVectors: Sendable {
  /// The folder.
  public let path: String
  /// The names of the experts.
  public let experts: [String]
  /// The shape of the tower.
  public let configuration: VisionTowerConfiguration
  let sources: [MLPTensors]
  /// The tensors outside of the MLPs, for token embeddings.
  let outside: any TensorSource

  /// The task vectors of a mixture, or of a plain tower as the only expert.
  ///
  /// A mixture's task vectors are those that it holds. A plain tower's is the tower minus `base`; it is
  /// named after its folder.
  ///
  /// - Parameter base: what a plain tower was fine-tuned from; not used for a mixture.
  /// - Throws: ``BaselineError/noTaskVectors(model:expected:actual:)``,
  ///   ``BaselineError/sizeMismatch(victim:suspect:size:expected:actual:)`` when the base model has
  ///   another shape.
  public init(_ model: ModelFolder, base: ModelFolder? = nil) throws(BaselineError) {
    let weights = ModelWeights(model)
    path = model.path
    configuration = model.configuration
    if let mixture = model.mixture {
      experts = mixture.experts
      sources = weights.taskVectors
      outside = weights.outside
      return
    }
    guard let base, case .tower(let origin) = base.form, case .tower(let tuned) = model.form else {
      throw .noTaskVectors(
        model: model.path, expected: "a mixture, or a tower and its base model",
        actual: base == nil ? "a tower alone" : "a tower and a mixture as its base model")
    }
    try base.configuration.requireSameMLPs(
      as: model.configuration, victim: base.path, suspect: model.path)
    experts = [URL(fileURLWithPath: model.path).lastPathComponent]
    sources = [MLPTensors(source: TaskVector(base: origin, expert: tuned), slot: .dense)]
    outside = origin
  }
}

extension ExpertTaskVectors {
  /// The task vectors of a mixture, or of a plain tower as the only expert, in a base's coordinates: norms
  /// folded, channels, units and heads in the base's order.
  ///
  /// - Throws: `CoordinateError`; the sources' errors.
  public init(_ model: ModelFolder, realignedTo reference: ReferenceCoordinates) throws {
    let towers = try model.expertTowers.map {
      try Realignment(of: $0, to: reference).weights().tower
    }
    path = model.path
    configuration = reference.expert.configuration
    experts = towers.map(\.name)
    sources = towers.map {
      MLPTensors(
        source: TaskVector(base: reference.folded, expert: $0.tensors), slot: .dense)
    }
    outside = reference.folded
  }
}

extension VisionTowerConfiguration {
  /// Refuses towers whose MLPs have other shapes.
  ///
  /// - Throws: ``BaselineError/sizeMismatch(victim:suspect:size:expected:actual:)``.
  func requireSameMLPs(
    as other: VisionTowerConfiguration, victim: String, suspect: String
  ) throws(BaselineError) {
    let sizes = [
      ("hidden_size", hiddenSize, other.hiddenSize),
      ("intermediate_size", intermediateSize, other.intermediateSize),
      ("num_hidden_layers", hiddenLayerCount, other.hiddenLayerCount),
    ]
    for (size, expected, actual) in sizes where expected != actual {
      throw .sizeMismatch(
        victim: victim, suspect: suspect, size: "`\(size)`", expected: expected, actual: actual)
    }
  }
}
