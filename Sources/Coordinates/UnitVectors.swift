import RoutedModels
import Tensors
import VisionTransformers

/// A layer's hidden units as vectors of length 1: row of the first map, bias, column of the second.
///
/// What norms take away is taken away first: the mean of a row, which reads tokens of mean 0, and the mean
/// of a column, which the next norm subtracts. Units of equal rows and biases are one unit whose columns
/// are added.
struct UnitVectors {
  /// For each unit its places in the tower: one, or several where a unit was split.
  let places: [[Int]]
  /// Whether the unit's activation depends on the token.
  let isConstant: [Bool]
  /// Whether the unit's column is 0.
  let isSilent: [Bool]
  private let width: Int
  private let values: [Float]  // [units, 2D + 1]

  /// How far biases and rows of a unit that was split may lie apart, relative to their size.
  private static let splitTolerance = 1e-5
  /// The length, relative to the longest in its layer, below which rows and columns count as 0.
  private static let nothing = 1e-6

  init(
    _ tower: any TensorSource, _ layer: Int, _ configuration: VisionTowerConfiguration
  ) throws {
    let (D, F) = (configuration.hiddenSize, configuration.intermediateSize)
    func part(
      _ component: TensorRole.Component, _ kind: TensorRole.Kind, _ shape: [Int]
    ) throws -> [Float] {
      try tower.tensor(TensorRole(component, kind, layer: layer, slot: .dense), shape: shape)
    }
    let rows = Centring.rows(try part(.up, .weight, [F, D]), columns: D)
    let biases = try part(.up, .bias, [F])
    let columns = transposed(
      Centring.columns(try part(.down, .weight, [D, F]), rows: D), rows: D, columns: F)
    let groups = Self.splits(rows, biases, width: D)
    var values: [Float] = []
    values.reserveCapacity(groups.count * (2 * D + 1))
    var (rowLengths, columnLengths) = ([Float](), [Float]())
    for group in groups {
      let row = rows[group[0] * D..<(group[0] + 1) * D]
      var column = Array(columns[group[0] * D..<(group[0] + 1) * D])
      for unit in group.dropFirst() {
        for index in 0..<D { column[index] += columns[unit * D + index] }
      }
      let vector = row + [biases[group[0]]] + column
      let length = Self.length(vector[...])
      values += vector.map { length > 0 ? $0 / length : 0 }
      rowLengths.append(Self.length(row))
      columnLengths.append(Self.length(column[...]))
    }
    places = groups
    width = 2 * D + 1
    self.values = values
    let (row, column) = (rowLengths.max() ?? 0, columnLengths.max() ?? 0)
    isConstant = rowLengths.map { $0 <= Float(Self.nothing) * row }
    isSilent = columnLengths.map { $0 <= Float(Self.nothing) * column }
  }

  /// Units of the tower that are equal up to their columns, each group in order.
  private static func splits(_ rows: [Float], _ biases: [Float], width: Int) -> [[Int]] {
    let order = biases.indices.sorted { (biases[$0], $0) < (biases[$1], $1) }
    var representative = Array(biases.indices)
    for (place, unit) in order.enumerated() {
      for other in order[..<place].reversed() {
        let tolerance = Float(splitTolerance) * max(biases[unit].magnitude, 1e-3)
        guard biases[unit] - biases[other] <= tolerance else { break }
        guard representative[other] == other else { continue }
        if isSame(rows, unit, other, width) {
          representative[unit] = other
          break
        }
      }
    }
    var groups = [Int: [Int]]()
    for unit in biases.indices { groups[representative[unit], default: []].append(unit) }
    return groups.values.map { $0.sorted() }.sorted { $0[0] < $1[0] }
  }

  private static func isSame(_ rows: [Float], _ a: Int, _ b: Int, _ width: Int) -> Bool {
    var (difference, size) = (0.0, 0.0)
    for index in 0..<width {
      let (x, y) = (Double(rows[a * width + index]), Double(rows[b * width + index]))
      difference += (x - y) * (x - y)
      size += x * x
    }
    // Units without rows are told apart by nothing: they are constant, not split.
    return size > 0 && difference <= splitTolerance * splitTolerance * size
  }

  private static func length(_ values: ArraySlice<Float>) -> Float {
    values.reduce(Float(0)) { $0 + $1 * $1 }.squareRoot()
  }

  var count: Int { places.count }

  func cosine(_ unit: Int, _ other: UnitVectors, _ otherUnit: Int) -> Float {
    var sum: Float = 0
    for index in 0..<width {
      sum += values[unit * width + index] * other.values[otherUnit * width + index]
    }
    return sum
  }

  /// All cosines, `[units, other units]`.
  func cosines(_ other: UnitVectors, _ kernels: Kernels) -> [Float] {
    let packed = PackedMatrix(other.values, rows: other.count, columns: width)
    let rows = FloatStorage(values)
    let result = FloatStorage(count: count * other.count)
    return withExtendedLifetime((rows, result)) {
      kernels.multiply(
        rows.pointer, rows: count, stride: width, by: packed, bias: nil, into: result.pointer,
        stride: other.count)
      return result.elements
    }
  }
}
