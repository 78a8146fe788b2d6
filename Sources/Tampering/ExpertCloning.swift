import Checkpoints
import Documents
import ModelMerging
import RoutedModels
import Tensors
import VisionTransformers

/// Duplicates an expert and its gate row, with a little noise: expert upcycling.
///
/// The clone, `NAME-clone`, stands behind the others. Noise is N(0, (sigma * rms)^2), where rms is
/// the root of the mean square of the task vector's tensor or of the gate row. The tensors outside of
/// the MLPs are kept, in a recipe too: a clone brings no training of its own.
public struct ExpertCloning: MixtureTampering {
  let expert: String
  let sigma: Double
  let noiseSeed: UInt64

  /// A clone with noise of a relative size.
  ///
  /// - Throws: ``TamperingError/valueOutOfRange(name:expected:actual:)`` for a negative sigma.
  public init(expert: String, sigma: Double, seed: UInt64) throws(TamperingError) {
    try OperationRanges.check("noise", sigma, "at least 0", sigma >= 0)
    self.expert = expert
    self.sigma = sigma
    noiseSeed = seed
  }

  /// `clone`.
  public var name: String { "clone" }
  /// Expert and noise.
  public var parameters: [String: JSONValue] {
    ["expert": .string(expert), "noise": .number(sigma)]
  }
  /// The seed.
  public var seed: UInt64? { noiseSeed }

  /// Appends the clone.
  public func tamper(_ mixture: inout EditableMixture) throws {
    let place = try mixture.index(of: expert)
    let clone = "\(expert)-clone"
    guard !mixture.slots.contains(where: { $0.name == clone }) else {
      throw TamperingError.duplicateExpert(name: clone)
    }
    mixture.outside = .standing(mixture.outsideTensors)
    let original = mixture.slots[place]
    let taskVector = EditedTensors(source: original.taskVector) {
      [sigma, noiseSeed] role, _, values in
      var generator = SeededGenerator(
        seed: noiseSeed, for: "\(clone)/\(original.taskVector.name(of: role))")
      return SeededNoise.add(sigma, to: values, &generator)
    }
    mixture.slots.append(
      EditableMixture.Slot(
        name: clone, tower: ExpertOfMixture(base: mixture.base, taskVector: taskVector),
        taskVector: taskVector))
    for layer in mixture.gates.indices {
      var generator = SeededGenerator(seed: noiseSeed, for: "\(clone)/gate/\(layer)")
      let row = mixture.gates[layer].rows[place]
      let bias = mixture.gates[layer].biases[place]
      mixture.gates[layer].rows.append(SeededNoise.add(sigma, to: row, &generator))
      mixture.gates[layer].biases += SeededNoise.add(sigma, to: [bias], &generator)
    }
  }
}
