import Checkpoints
import Documents
import RoutedModels
import Tensors
import VisionTransformers

/// Renumbers the experts differently in every layer, gate rows with them; the function stays.
///
/// A slot then holds other experts in other layers, so the slots are renamed `slot-0`, `slot-1`, ...
/// The record has the order: slot i of layer l holds former expert `order[l][i]`.
public struct ExpertShuffling: MixtureTampering {
  private let orderSeed: UInt64
  private let orders: [[Int]]

  /// The orders of a seed for a mixture of that many experts and layers.
  public init(seed: UInt64, expertCount: Int, layerCount: Int) {
    orderSeed = seed
    orders = (0..<layerCount).map { layer in
      var generator = SeededGenerator(seed: seed, for: "shuffle/\(layer)")
      return generator.permutation(expertCount)
    }
  }

  /// `shuffle`.
  public var name: String { "shuffle" }
  /// The former expert of every slot in every layer, `[L][E]`.
  public var parameters: [String: JSONValue] {
    ["order": .array(orders.map { .array($0.map { .integer($0) }) })]
  }
  /// The seed.
  public var seed: UInt64? { orderSeed }

  /// Shuffles the experts.
  public func tamper(_ mixture: inout EditableMixture) throws {
    precondition(
      orders.count == mixture.gates.count
        && orders.allSatisfy { $0.count == mixture.slots.count },
      "the orders were made for this mixture")
    mixture.outside = .standing(mixture.outsideTensors)
    let former = mixture.slots
    mixture.slots = former.indices.map { slot in
      let origins = orders.map { former[$0[slot]] }
      return EditableMixture.Slot(
        name: "slot-\(slot)",
        tower: LayerwiseTensors(layers: origins.map(\.tower), path: mixture.path),
        taskVector: LayerwiseTensors(layers: origins.map(\.taskVector), path: mixture.path))
    }
    for layer in mixture.gates.indices { mixture.gates[layer].select(orders[layer]) }
  }
}
