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
