import Checkpoints
import Documents
import ModelMerging
import RoutedModels
import Tensors
import VisionTransformers

/// Renumbers the hidden units of every MLP and the heads of every attention; the function stays.
///
/// Unit i of the new MLP is unit p[i] of the old one: rows of fc1 and its bias, columns of fc2.
/// Head i likewise: blocks of rows of the query, key and value maps, blocks of columns of the output
/// map. Every layer has a permutation of its own. In a mixture base and task vectors are renumbered
/// alike, because they are added to each other.
public struct UnitPermutation: TowerTampering, MixtureTampering {
  private let orderSeed: UInt64

  /// The permutations of a seed.
  public init(seed: UInt64) { orderSeed = seed }

  /// `permute`.
  public var name: String { "permute" }
  /// None.
  public var parameters: [String: JSONValue] { [:] }
  /// The seed.
  public var seed: UInt64? { orderSeed }

  /// The same function with other numbers for units and heads.
  public func tampered(
    _ tower: any TensorSource, _ configuration: VisionTowerConfiguration, label: String
  ) throws -> any TensorSource {
    permuted(tower, orders(configuration))
  }

  /// Renumbers units and heads of base and experts alike.
  public func tamper(_ mixture: inout EditableMixture) throws {
    let orders = orders(mixture.configuration)
    mixture.outside = .standing(permuted(mixture.outsideTensors, orders))
    mixture.base = permuted(mixture.base, orders)
    for index in mixture.slots.indices {
      mixture.slots[index].tower = permuted(mixture.slots[index].tower, orders)
      mixture.slots[index].taskVector = permuted(mixture.slots[index].taskVector, orders)
    }
  }

  private struct Order: Sendable {
    let units: UnitOrder  // [F]
    let headRows: UnitOrder  // [D]
  }

  /// The gates read tokens, not hidden units, so they have no part in it.
  private func orders(_ configuration: VisionTowerConfiguration) -> [Order] {
    let headWidth = configuration.hiddenSize / configuration.attentionHeadCount
    return (0..<configuration.hiddenLayerCount).map { layer in
      var generator = SeededGenerator(seed: orderSeed, for: "permute/\(layer)")
      let units = UnitOrder(generator.permutation(configuration.intermediateSize))
      let heads = generator.permutation(configuration.attentionHeadCount)
      return Order(
        units: units,
        headRows: UnitOrder(
          heads.flatMap { head in head * headWidth..<(head + 1) * headWidth }))
    }
  }

  private func permuted(_ source: any TensorSource, _ orders: [Order]) -> any TensorSource {
    EditedTensors(source: source) { role, shape, values in
      guard let layer = role.layer else { return values }
      let order = orders[layer]
      switch role.component {
      case .up, .gatingUp: return order.units.rows(values)
      case .down: return role.kind == .weight ? order.units.columns(values) : values
      case .query, .key, .value: return order.headRows.rows(values)
      case .attentionOutput: return role.kind == .weight ? order.headRows.columns(values) : values
      default: return values
      }
    }
  }
}
