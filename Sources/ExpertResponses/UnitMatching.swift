import ModelMerging
import RoutedModels
import Tensors
import VisionTransformers

/// Which hidden units of a model's MLPs are which of another's.
///
/// A unit is its row of fc1, its bias, and its column of fc2. Fine-tuning, rounding and even pruning
/// leave it closer to its origin than to any other unit, so that a permutation can be undone: pairs
/// are taken greedily by the cosine of their rows and columns.
///
/// Numerics: cosines in Float; of equal ones the pair of lower indices goes first.
public struct UnitMatching: Sendable, Hashable {
  /// Below this cosine of a unit with the one in its own place, all pairs are compared.
  static let sameUnit: Float = 0.5

  /// For every layer and unit of the model, its unit in the reference, `[L][F]`.
  public let orders: [UnitOrder]
  /// Units that are not in their place.
  public let movedCount: Int
  /// Units of all layers.
  public let unitCount: Int
  /// The mean cosine of matched units.
  public let meanCosine: Double

  /// Matches the units of `tower` with those of `reference`.
  ///
  /// - Throws: the sources' errors.
  public init(
    of tower: any TensorSource, with reference: any TensorSource,
    _ configuration: VisionTowerConfiguration, kernels: Kernels = Kernels()
  ) throws {
    var orders: [UnitOrder] = []
    var (moved, sum) = (0, 0.0)
    for layer in 0..<configuration.hiddenLayerCount {
      let own = try UnitVectors(tower, layer, configuration)
      let other = try UnitVectors(reference, layer, configuration)
      let (places, cosines) = Self.match(own, other, kernels)
      moved += places.enumerated().count { $0.offset != $0.element }
      sum += cosines.reduce(0) { $0 + Double($1) }
      orders.append(UnitOrder(places))
    }
    self.orders = orders
    movedCount = moved
    unitCount = configuration.hiddenLayerCount * configuration.intermediateSize
    meanCosine = sum / Double(unitCount)
  }

  /// Whether every unit is in its place.
  public var isIdentity: Bool { movedCount == 0 }

  /// The tower with its units in the reference's order: the same function.
  public func aligned(_ tower: any TensorSource) -> any TensorSource {
    isIdentity ? tower : ReorderedUnits(source: tower, orders: orders.map(\.inverse))
  }

  private static func match(
    _ own: UnitVectors, _ other: UnitVectors, _ kernels: Kernels
  ) -> (places: [Int], cosines: [Float]) {
    let count = own.count
    let inPlace = (0..<count).map { own.cosine($0, other, $0) }
    if inPlace.allSatisfy({ $0 >= sameUnit }) { return (Array(0..<count), inPlace) }
    let cosines = own.cosines(other, kernels)  // [F, F]
    var pairs = (0..<count).flatMap { row in
      best(cosines[row * count..<(row + 1) * count]).map {
        (cosine: cosines[row * count + $0], own: row, other: $0)
      }
    }
    pairs.sort { ($1.cosine, $0.own, $0.other) < ($0.cosine, $1.own, $1.other) }
    var places = [Int?](repeating: nil, count: count)
    var isTaken = [Bool](repeating: false, count: count)
    for pair in pairs where places[pair.own] == nil && !isTaken[pair.other] {
      places[pair.own] = pair.other
      isTaken[pair.other] = true
    }
    var free = (0..<count).filter { !isTaken[$0] }[...]
    let complete = places.map { $0 ?? free.removeFirst() }
    return (complete, complete.enumerated().map { cosines[$0.offset * count + $0.element] })
  }

  /// Partners that are tried for a unit: hardly ever is another one needed.
  private static let candidateCount = 8

  /// The places of the largest cosines, largest first.
  private static func best(_ cosines: ArraySlice<Float>) -> [Int] {
    var best: [(cosine: Float, place: Int)] = []
    for (place, cosine) in cosines.enumerated() {
      if best.count == candidateCount, cosine <= best[candidateCount - 1].cosine { continue }
      let rank = best.firstIndex { $0.cosine < cosine } ?? best.count
      best.insert((cosine, place), at: rank)
      if best.count > candidateCount { best.removeLast() }
    }
    return best.map(\.place)
  }
}

/// A layer's hidden units as vectors of length 1: row of fc1, bias, column of fc2.
private struct UnitVectors {
  let count: Int
  private let width: Int
  private let values: [Float]  // [F, 2D + 1]

  init(
    _ tower: any TensorSource, _ layer: Int, _ configuration: VisionTowerConfiguration
  ) throws {
    let (D, F) = (configuration.hiddenSize, configuration.intermediateSize)
    func part(
      _ component: TensorRole.Component, _ kind: TensorRole.Kind, _ shape: [Int]
    ) throws -> [Float] {
      try tower.tensor(TensorRole(component, kind, layer: layer, slot: .dense), shape: shape)
    }
    let fc1 = try part(.up, .weight, [F, D])
    let bias = try part(.up, .bias, [F])
    let fc2 = try part(.down, .weight, [D, F])
    count = F
    width = 2 * D + 1
    values = (0..<F).flatMap { unit in
      let vector =
        fc1[unit * D..<(unit + 1) * D] + [bias[unit]]
        + (0..<D).map { fc2[$0 * F + unit] }
      let length = vector.reduce(Float(0)) { $0 + $1 * $1 }.squareRoot()
      return vector.map { length > 0 ? $0 / length : 0 }
    }
  }

  func cosine(_ unit: Int, _ other: UnitVectors, _ otherUnit: Int) -> Float {
    var sum: Float = 0
    for index in 0..<width {
      sum += values[unit * width + index] * other.values[otherUnit * width + index]
    }
    return sum
  }

  /// All cosines, `[F, F]`.
  func cosines(_ other: UnitVectors, _ kernels: Kernels) -> [Float] {
    let packed = PackedMatrix(other.values, rows: count, columns: width)
    let rows = FloatStorage(values)
    let result = FloatStorage(count: count * count)
    return withExtendedLifetime((rows, result)) {
      kernels.multiply(
        rows.pointer, rows: count, stride: width, by: packed, bias: nil, into: result.pointer,
        stride: count)
      return result.elements
    }
  }
}
