import Foundation
import RoutedModels
import VisionTransformers

/// A tower whose MLPs have other hidden units and compute the same.
///
/// A unit of the result is a sum of rows and biases of the source's units and a column that is a multiple of
/// one of theirs, or random.
struct UnitRewrite: TensorSource {
  /// A layer's new units.
  private struct Plan: Sendable {
    /// For each new unit the units whose rows and biases are added, with factors.
    var rows: [[(unit: Int, factor: Double)]] = []
    /// The same for columns.
    var columns: [[(unit: Int, factor: Double)]] = []
    /// Random rows and biases, `[D + 1]`, by new unit.
    var randomRows: [Int: [Double]] = [:]
    /// Random columns, `[D]`, by new unit.
    var randomColumns: [Int: [Double]] = [:]

    mutating func append(
      rows: [(unit: Int, factor: Double)], columns: [(unit: Int, factor: Double)]
    ) {
      self.rows.append(rows)
      self.columns.append(columns)
    }
  }

  private let source: any TensorSource
  private let configuration: VisionTowerConfiguration
  private let plans: [Plan]

  init(
    source: any TensorSource, configuration: VisionTowerConfiguration, kind: TowerRewrite.Kind,
    count: Int, draws: RewriteDraws
  ) throws {
    self.source = source
    self.configuration = configuration
    let live =
      kind == .dropUnits ? try Self.liveUnits(of: source, configuration) : []
    plans = (0..<configuration.hiddenLayerCount).map { layer in
      Self.plan(
        kind, count, layer, configuration, live: kind == .dropUnits ? live[layer] : [], draws)
    }
  }

  /// The units of each layer whose column is not 0, as many in every layer.
  ///
  /// - Throws: the source's errors; ``TamperingError/rewriteNotAllowed(rewrite:path:reason:)`` when all
  ///   units have an effect.
  static func liveUnits(
    of source: any TensorSource, _ configuration: VisionTowerConfiguration
  ) throws -> [[Int]] {
    let (D, F) = (configuration.hiddenSize, configuration.intermediateSize)
    let live = try (0..<configuration.hiddenLayerCount).map { layer in
      let columns = try source.tensor(
        TensorRole(.down, .weight, layer: layer, slot: .dense), shape: [D, F])
      return (0..<F).filter { unit in (0..<D).contains { columns[$0 * F + unit] != 0 } }
    }
    let count = live.map(\.count).max() ?? F
    guard count < F else {
      throw TamperingError.rewriteNotAllowed(
        rewrite: TowerRewrite.Kind.dropUnits.rawValue, path: source.path,
        reason: "all hidden units of a layer have an effect")
    }
    return live.map { units in
      // A layer with fewer live units keeps some that do nothing.
      let idle = (0..<F).filter { !units.contains($0) }
      return (units + idle.prefix(count - units.count)).sorted()
    }
  }

  private static func plan(
    _ kind: TowerRewrite.Kind, _ count: Int, _ layer: Int,
    _ configuration: VisionTowerConfiguration, live: [Int], _ draws: RewriteDraws
  ) -> Plan {
    let (D, F) = (configuration.hiddenSize, configuration.intermediateSize)
    let use = "units/\(layer)"
    var plan = Plan()
    func keep(_ units: some Sequence<Int>) {
      for unit in units { plan.append(rows: [(unit, 1)], columns: [(unit, 1)]) }
    }
    switch kind {
    case .permuteUnits: keep(draws.order(F, use))
    case .dropUnits: keep(live)
    case .padUnits:
      keep(0..<F)
      for place in F..<F + count {
        // Every other has no column, the others no row: GELU of 0 is 0.
        let numbers = draws.normals(D + 1, "\(use)/\(place)").map { $0 / Double(D).squareRoot() }
        if place % 2 == 0 {
          plan.randomRows[place] = numbers
        } else {
          plan.randomColumns[place] = Array(numbers[..<D])
        }
        plan.append(rows: [], columns: [])
      }
    case .splitUnits:
      let chosen = draws.order(F, use).prefix(count)
      let shares = draws.normals(F, use + "/shares")
      for unit in 0..<F {
        plan.append(
          rows: [(unit, 1)], columns: [(unit, chosen.contains(unit) ? shares[unit] : 1)])
      }
      for unit in chosen { plan.append(rows: [(unit, 1)], columns: [(unit, 1 - shares[unit])]) }
    case .flipUnits:
      // gelu(a) = a + gelu(-a), and a = gelu(a) - gelu(-a): the sum of the chosen units' linear parts
      // is that of as many other units, which a rotation makes of them.
      let chosen = Array(draws.order(F, use).prefix(count))
      let size = chosen.count
      let rotation = draws.rotation(size, use + "/rotation")
      for unit in 0..<F {
        plan.append(rows: [(unit, chosen.contains(unit) ? -1 : 1)], columns: [(unit, 1)])
      }
      for row in 0..<size {
        let mixed = (0..<size).map { (unit: chosen[$0], factor: rotation[row * size + $0]) }
        for sign in [1.0, -1.0] {
          let signed = mixed.map { (unit: $0.unit, factor: sign * $0.factor) }
          plan.append(rows: signed, columns: signed)
        }
      }
    default: keep(0..<F)
    }
    return plan
  }

  var path: String { source.path }

  func name(of role: TensorRole) -> String { source.name(of: role) }

  func contains(_ role: TensorRole) -> Bool { source.contains(role) }

  func tensor(_ role: TensorRole, shape: [Int]) throws -> [Float] {
    if let pooled = try pooled(role) { return pooled }
    guard role.isExpert, let layer = role.layer, !(role.component == .down && role.kind == .bias)
    else { return try source.tensor(role, shape: shape) }
    let (D, F, plan) = (configuration.hiddenSize, configuration.intermediateSize, plans[layer])
    if role.component == .down {
      let values = try source.tensor(role, shape: [D, F])
      return (0..<D).flatMap { row in
        plan.columns.enumerated().map { place, parts in
          if let random = plan.randomColumns[place] { return Float(random[row]) }
          return Float(
            parts.reduce(0.0) { $0 + $1.factor * Double(values[row * F + $1.unit]) })
        }
      }
    }
    let width = role.kind == .weight ? D : 1
    let values = try source.tensor(role, shape: role.kind == .weight ? [F, D] : [F])
    return plan.rows.enumerated().flatMap { place, parts -> [Float] in
      if let random = plan.randomRows[place] {
        return (width == 1 ? random[D...] : random[..<D]).map { Float($0) }
      }
      return (0..<width).map { index in
        Float(parts.reduce(0.0) { $0 + $1.factor * Double(values[$1.unit * width + index]) })
      }
    }
  }

  /// The MLP of a pooling head, which has as many units as those of the layers: the last ones come or go.
  ///
  /// - Returns: `nil` for other tensors.
  private func pooled(_ role: TensorRole) throws -> [Float]? {
    let (D, F) = (configuration.hiddenSize, configuration.intermediateSize)
    let count = plans.first?.rows.count ?? F
    func resized(_ values: [Float], width: Int) -> [Float] {
      let kept = values.prefix(count * width)
      return kept + [Float](repeating: 0, count: count * width - kept.count)
    }
    switch (role.component, role.kind) {
    case (.poolingUp, .weight): return resized(try source.tensor(role, shape: [F, D]), width: D)
    case (.poolingUp, .bias): return resized(try source.tensor(role, shape: [F]), width: 1)
    case (.poolingDown, .weight):
      let values = try source.tensor(role, shape: [D, F])
      guard !(0..<D * F).contains(where: { $0 % F >= count && values[$0] != 0 }) else {
        throw TamperingError.rewriteNotAllowed(
          rewrite: TowerRewrite.Kind.dropUnits.rawValue, path: path,
          reason: "a unit of the pooling head has an effect")
      }
      return (0..<D).flatMap { resized(Array(values[$0 * F..<($0 + 1) * F]), width: 1) }
    default: return nil
    }
  }
}
