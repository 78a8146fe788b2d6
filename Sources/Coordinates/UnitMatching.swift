import ModelMerging
import RoutedModels
import Tensors
import VisionTransformers

/// Which hidden units of a model's MLPs are which of another's.
///
/// A unit is its row of fc1, its bias, and its column of fc2. Fine-tuning, rounding and even pruning
/// leave it closer to its origin than to any other unit, so that a permutation can be undone: pairs
/// are taken greedily by the cosine of their rows and columns. The model may have more units, or fewer.
///
/// Numerics: cosines in Float; of equal ones the pair of lower indices goes first.
public struct UnitMatching: Sendable, Hashable {
  /// Below this cosine of a unit with the one in its own place, all pairs are compared.
  static let sameUnit: Float = 0.5

  /// How a layer's units follow from those of the model.
  struct Layer: Sendable, Hashable {
    /// For each unit of the reference the places that it has in the model; none where it is not there.
    var places: [[Int]]
    /// Units without a partner that give the same for every token.
    var constant: [Int] = []
    /// Units without a partner, these among them.
    var unmatched: [Int] = []
    /// Whether every unit is in its place.
    var isIdentity = false
  }

  let layers: [Layer]
  /// Units that are not in their place.
  public let movedCount: Int
  /// Units of all layers of the reference.
  public let unitCount: Int
  /// The mean cosine of matched units.
  public let meanCosine: Double
  /// Units of the model beyond those of the reference that do nothing: silent, constant, or a part of
  /// another.
  public let idleCount: Int
  /// Units of the model that do something and have no partner.
  public let unmatchedCount: Int
  /// Units of the reference that the model does not have.
  public let missingCount: Int

  /// Matches the units of `tower` with those of `reference`.
  ///
  /// - Parameters:
  ///   - own: the shape of the tower; that of the reference when it is not given.
  ///   - configuration: the shape of the reference.
  /// - Throws: the sources' errors.
  public init(
    of tower: any TensorSource, _ own: VisionTowerConfiguration? = nil,
    with reference: any TensorSource, _ configuration: VisionTowerConfiguration,
    kernels: Kernels = Kernels()
  ) throws {
    var layers: [Layer] = []
    var (moved, sum, matched, idle, unmatched, missing) = (0, 0.0, 0, 0, 0, 0)
    for layer in 0..<configuration.hiddenLayerCount {
      let units = try UnitVectors(tower, layer, own ?? configuration)
      let other = try UnitVectors(reference, layer, configuration)
      let (partners, cosines) = Self.match(units, other, kernels)
      var plan = Layer(
        places: [[Int]](repeating: [], count: configuration.intermediateSize))
      for (unit, partner) in partners.enumerated() {
        guard let partner else {
          plan.unmatched += units.places[unit]
          if units.isConstant[unit] { plan.constant += units.places[unit] }
          if units.isConstant[unit] || units.isSilent[unit] {
            idle += units.places[unit].count
          } else {
            unmatched += 1
          }
          continue
        }
        // A unit of the reference that is split itself has its parts where they are.
        let place = other.places[partner][0]
        plan.places[place] = units.places[unit]
        idle += max(0, units.places[unit].count - other.places[partner].count)
        if units.places[unit][0] != place { moved += 1 }
        sum += Double(cosines[unit])
        matched += 1
      }
      missing += max(0, other.count - partners.count { $0 != nil })
      plan.isIdentity =
        plan.unmatched.isEmpty && plan.places.enumerated().allSatisfy { $0.element == [$0.offset] }
      layers.append(plan)
    }
    self.layers = layers
    movedCount = moved
    unitCount = configuration.hiddenLayerCount * configuration.intermediateSize
    meanCosine = sum / Double(max(matched, 1))
    idleCount = idle
    unmatchedCount = unmatched
    missingCount = missing
  }

  /// Whether every unit is in its place and there are no others.
  public var isIdentity: Bool { layers.allSatisfy(\.isIdentity) }

  /// The units of each layer that have no partner.
  public var unmatchedUnits: [[Int]] { layers.map(\.unmatched) }

  /// The tower with its units in the reference's order, and its shape: the same function, but for units
  /// that do something and have no partner.
  ///
  /// - Parameters:
  ///   - own: the shape of the tower.
  ///   - activation: between the two maps.
  public func aligned(
    _ tower: any TensorSource, _ own: VisionTowerConfiguration, activation: Activation
  ) -> any TensorSource {
    isIdentity
      ? tower
      : MatchedUnits(
        source: tower, layers: layers, hiddenSize: own.hiddenSize,
        unitCount: own.intermediateSize, activation: activation)
  }

  /// The partner of each unit, and its cosine with it.
  private static func match(
    _ own: UnitVectors, _ other: UnitVectors, _ kernels: Kernels
  ) -> (partners: [Int?], cosines: [Float]) {
    let (count, otherCount) = (own.count, other.count)
    if count == otherCount {
      let inPlace = (0..<count).map { own.cosine($0, other, $0) }
      if inPlace.allSatisfy({ $0 >= sameUnit }) { return (Array(0..<count), inPlace) }
    }
    let cosines = own.cosines(other, kernels)  // [own, other]
    var pairs = (0..<count).flatMap { row in
      best(cosines[row * otherCount..<(row + 1) * otherCount]).map {
        (cosine: cosines[row * otherCount + $0], own: row, other: $0)
      }
    }
    pairs.sort { ($1.cosine, $0.own, $0.other) < ($0.cosine, $1.own, $1.other) }
    var partners = [Int?](repeating: nil, count: count)
    var isTaken = [Bool](repeating: false, count: otherCount)
    for pair in pairs where partners[pair.own] == nil && !isTaken[pair.other] {
      partners[pair.own] = pair.other
      isTaken[pair.other] = true
    }
    var free = (0..<otherCount).filter { !isTaken[$0] }[...]
    // Those that do something go first into the places that are left.
    let idle = (0..<count).map { own.isSilent[$0] || own.isConstant[$0] }
    for unit in (0..<count).filter({ !idle[$0] }) + (0..<count).filter({ idle[$0] })
    where partners[unit] == nil && !free.isEmpty { partners[unit] = free.removeFirst() }
    return (
      partners,
      partners.enumerated().map { unit, partner in
        partner.map { cosines[unit * otherCount + $0] } ?? 0
      }
    )
  }

  /// Partners that are tried for a unit: hardly ever is another one needed.
  private static let candidateCount = 8

  /// The places of the largest cosines, largest first, counted from 0.
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

/// A tower whose MLPs have the hidden units of a reference.
///
/// A unit that was split has the sum of its columns; one that is not there has weights 0; units that give
/// the same for every token are in the bias.
private struct MatchedUnits: TensorSource {
  let source: any TensorSource
  let layers: [UnitMatching.Layer]
  let hiddenSize: Int
  let unitCount: Int
  let activation: Activation

  var path: String { source.path }

  func name(of role: TensorRole) -> String { source.name(of: role) }

  func contains(_ role: TensorRole) -> Bool { source.contains(role) }

  func tensor(_ role: TensorRole, shape: [Int]) throws -> [Float] {
    guard role.isExpert, let layer = role.layer else {
      return try source.tensor(role, shape: shape)
    }
    let (D, F, plan) = (hiddenSize, unitCount, layers[layer])
    switch (role.component, role.kind) {
    case (.down, .weight):
      let values = try source.tensor(role, shape: [D, F])
      return (0..<D).flatMap { row in
        plan.places.map { places in places.reduce(Float(0)) { $0 + values[row * F + $1] } }
      }
    case (.down, .bias):
      let values = try source.tensor(role, shape: [D])
      guard !plan.constant.isEmpty else { return values }
      func part(
        _ component: TensorRole.Component, _ kind: TensorRole.Kind, _ shape: [Int]
      ) throws -> [Float] {
        try source.tensor(
          TensorRole(component, kind, layer: layer, slot: role.slot), shape: shape)
      }
      let biases = try part(.up, .bias, [F])
      let columns = try part(.down, .weight, [D, F])
      return (0..<D).map { row in
        plan.constant.reduce(values[row]) {
          $0 + columns[row * F + $1] * activation.value(biases[$1])
        }
      }
    default:
      let values = try source.tensor(role, shape: role.kind == .weight ? [F, D] : [F])
      let width = role.kind == .weight ? D : 1
      return plan.places.flatMap { places -> [Float] in
        guard let unit = places.first else { return [Float](repeating: 0, count: width) }
        return Array(values[unit * width..<(unit + 1) * width])
      }
    }
  }
}
