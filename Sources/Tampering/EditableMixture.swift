import Checkpoints
import ModelMerging
import RoutedModels
import VisionTransformers

/// A mixture opened for tampering: the experts' whole towers, the gates, and how the rest is made.
///
/// A recipe is opened part by part: an expert is its whole tower, its task vector is that tower minus
/// base, and the tensors outside of the MLPs are summed again from the towers. Of a full mixture only
/// the experts' MLPs are left (base plus task vector); the rest is one sum already and stands.
public struct EditableMixture: Sendable {
  /// One expert's place.
  struct Slot: Sendable {
    var name: String
    /// The expert's whole tower.
    var tower: any TensorSource
    /// What the merged MLPs add to the base MLPs.
    var taskVector: any TensorSource
  }

  /// Where the tensors outside of the MLPs come from.
  enum Outside: Sendable {
    /// Base plus lambda times the task vectors of the current experts.
    case summed
    /// What stands in a full mixture, or did before experts were copied.
    case standing(any TensorSource)
  }

  let path: String
  let configuration: VisionTowerConfiguration
  let original: MixtureConfiguration
  var base: any TensorSource
  var slots: [Slot]
  var gates: [GateWeights]
  var outside: Outside
  /// What a reader of the result should know.
  var notes: [String] = []

  /// Opens a mixture; `nil` for a plain tower.
  ///
  /// - Throws: the sources' errors.
  init?(_ model: ModelFolder) throws {
    guard let mixture = model.mixture else { return nil }
    let gateSource: CheckpointTensors
    switch model.form {
    case .tower: return nil
    case .recipe(let parts):
      base = parts.base
      slots = zip(mixture.experts, parts.experts).map { name, tower in
        Slot(name: name, tower: tower, taskVector: TaskVector(base: parts.base, expert: tower))
      }
      gateSource = parts.gates
      outside = .summed
    case .mixture(let tensors):
      let base = MixturePart(tensors: tensors, slot: .base)
      slots = mixture.experts.enumerated().map { index, name in
        let taskVector = MixturePart(tensors: tensors, slot: .taskVector(index))
        return Slot(
          name: name, tower: ExpertOfMixture(base: base, taskVector: taskVector),
          taskVector: taskVector)
      }
      self.base = base
      gateSource = tensors
      outside = .standing(tensors)
    }
    path = model.path
    configuration = model.configuration
    original = mixture
    gates = try GateWeights.read(
      gateSource, model.configuration, depth: mixture.gateDepth,
      expertCount: mixture.experts.count)
  }

  /// The `wemoe` section of the result.
  var mixture: MixtureConfiguration {
    MixtureConfiguration(
      experts: slots.map(\.name), routing: original.routing,
      scalingCoefficient: original.scalingCoefficient, gateDepth: original.gateDepth, recipe: nil)
  }

  /// The tensors outside of the MLPs as they are now.
  var outsideTensors: any TensorSource {
    switch outside {
    case .standing(let tensors): tensors
    case .summed:
      TaskArithmetic(
        base: base, experts: slots.map(\.tower),
        scalingCoefficient: original.scalingCoefficient)
    }
  }

  /// The place of an expert.
  ///
  /// - Throws: ``TamperingError/unknownExpert(name:model:known:)``.
  func index(of name: String) throws(TamperingError) -> Int {
    guard let index = slots.firstIndex(where: { $0.name == name }) else {
      throw .unknownExpert(name: name, model: path, known: slots.map(\.name))
    }
    return index
  }

  /// Does something to the towers of the named experts, or of all, and takes task vectors again.
  mutating func tamperTowers(_ operation: any TowerTampering, experts: [String]) throws {
    let chosen = try experts.isEmpty ? Array(slots.indices) : experts.map(index(of:))
    if case .standing(let tensors) = outside {
      if experts.isEmpty {
        // Calibration needs a whole tower: the one in which every expert has the same weight.
        let mean = MeanTensors(
          first: slots[0].taskVector, others: slots.dropFirst().map(\.taskVector))
        let whole = ExpertOfMixture(base: base, taskVector: mean)
        outside = .standing(try operation.tampered(whole, configuration, label: ""))
        notes.append("the tensors outside of the MLPs were a sum already and changed as they stand")
      } else {
        outside = .standing(tensors)
        notes.append("the tensors outside of the MLPs were a sum already and are kept")
      }
    }
    for index in Set(chosen).sorted() {
      let tower = try operation.tampered(
        slots[index].tower, configuration, label: slots[index].name)
      slots[index].tower = tower
      slots[index].taskVector = TaskVector(base: base, expert: tower)
    }
  }

  /// Every tensor of the full mixture, under the family's names.
  func tensors() -> [OutputTensor] {
    let names = configuration.names
    let outside = outsideTensors
    var tensors = configuration.tensorsOutsideMLPs.filter { outside.contains($0.role) }
      .map { OutputTensor($0, from: outside, as: names.name(of: $0.role)) }
    func part(_ tensor: RoleShape, _ slot: TensorRole.Slot, of source: any TensorSource) {
      let name = names.name(of: tensor.role.inSlot(slot))
      tensors.append(OutputTensor(tensor, from: source, as: name))
    }
    for layer in 0..<configuration.hiddenLayerCount {
      for tensor in configuration.mlpTensors(layer: layer) {
        part(tensor, .base, of: base)
        for (index, slot) in slots.enumerated() {
          part(tensor, .taskVector(index), of: slot.taskVector)
        }
      }
      for gate in gates[layer].tensors(layer: layer, width: configuration.hiddenSize) {
        let values = gate.values
        tensors.append(
          OutputTensor(name: names.name(of: gate.tensor.role), shape: gate.tensor.shape) {
            values
          })
      }
    }
    return tensors
  }
}

/// A tensor of a model to be written, and how to compute it.
struct OutputTensor: Sendable {
  let name: String
  let shape: [Int]
  let values: @Sendable () throws -> [Float]

  init(name: String, shape: [Int], values: @escaping @Sendable () throws -> [Float]) {
    self.name = name
    self.shape = shape
    self.values = values
  }

  /// A source's tensor under another name.
  init(_ tensor: RoleShape, from source: any TensorSource, as name: String) {
    self.init(name: name, shape: tensor.shape) {
      try source.tensor(tensor.role, shape: tensor.shape)
    }
  }
}
