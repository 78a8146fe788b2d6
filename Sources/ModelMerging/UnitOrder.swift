import RoutedModels

/// An order of a layer's hidden units: unit i of the new layer is unit `units[i]` of the old one.
///
/// Renumbering the rows and biases of the first map and the columns of the second alike leaves the function as it is.
public struct UnitOrder: Sendable, Hashable {
  /// `[F]`.
  public let units: [Int]

  /// An order of units.
  ///
  /// - Precondition: every number from 0 to F - 1 is there once.
  public init(_ units: [Int]) {
    precondition(units.sorted() == Array(units.indices), "an order has every unit once")
    self.units = units
  }

  /// The order that undoes this one.
  public var inverse: UnitOrder {
    var inverse = units
    for (place, unit) in units.enumerated() { inverse[unit] = place }
    return UnitOrder(inverse)
  }

  /// Row i of the result is row `units[i]`.
  public func rows(_ values: [Float]) -> [Float] {
    let width = values.count / units.count
    return units.flatMap { values[$0 * width..<($0 + 1) * width] }
  }

  /// Column i of the result is column `units[i]`.
  public func columns(_ values: [Float]) -> [Float] {
    stride(from: 0, to: values.count, by: units.count).flatMap { start in
      units.map { values[start + $0] }
    }
  }
}

/// A tower whose MLPs have their hidden units in another order; the function stays.
public struct ReorderedUnits: TensorSource {
  private let source: any TensorSource
  private let orders: [UnitOrder]

  /// A tower with an order for every layer.
  public init(source: any TensorSource, orders: [UnitOrder]) {
    self.source = source
    self.orders = orders
  }

  /// The tower's path.
  public var path: String { source.path }

  /// What the family calls the tensor.
  public func name(of role: TensorRole) -> String { source.name(of: role) }

  /// Whether the tower has the tensor.
  public func contains(_ role: TensorRole) -> Bool { source.contains(role) }

  /// The tower's tensor, reordered if it belongs to an MLP.
  public func tensor(_ role: TensorRole, shape: [Int]) throws -> [Float] {
    let values = try source.tensor(role, shape: shape)
    guard role.isExpert, let layer = role.layer else { return values }
    if role.component != .down { return orders[layer].rows(values) }
    return role.kind == .weight ? orders[layer].columns(values) : values
  }
}
