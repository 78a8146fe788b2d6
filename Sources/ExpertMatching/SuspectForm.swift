import DecoderModels
import GGUFFiles

/// The form that a suspect's expert has in one layer, into which base and candidates are brought before they
/// are compared: order and scale of units, grid of values, zeros.
///
/// All of it is a function of the suspect and the base.
struct SuspectForm: Sendable {
  /// The suspect's own matrices.
  let expert: ExpertSlices
  /// Its units among the base's.
  let units: UnitOrder
  /// The grids of gate, up and down.
  let grids: [ValueGrid?]
  /// Whether weights that are zero here are left out on all sides.
  let isMasked: Bool
  /// Whether others are rounded with steps from their own values, because the suspect's would leave nothing of
  /// them: a base that was itself rounded so differs from its children in steps only.
  var requantizes = false

  /// Whether candidates respond to the same tokens in another way than they do by themselves.
  var changesValues: Bool { isMasked || grids.contains { $0 != nil } }

  /// Reads rows of a candidate's matrix as the suspect would have them.
  ///
  /// - Parameters:
  ///   - matrix: 0 for gate, 1 for up, 2 for down.
  ///   - rows: the suspect's rows.
  ///   - suspect: the suspect's own values of these rows.
  ///   - blocks: the grids of these rows.
  ///   - base: the base's rows in this form; `nil` while the base itself is read.
  func read(
    _ slice: MatrixSlice, matrix: Int, rows: Range<Int>, like suspect: [Float],
    steps: [GGUFBlocks.Grid]?, base: [Float]?
  ) throws -> [Float] {
    var values = try inOrder(slice, matrix: matrix, rows: rows)
    if requantizes, let grid = grids[matrix] {
      grid.requantize(&values)
      finish(&values, matrix: matrix, like: suspect, steps: nil, base: base)
    } else {
      finish(&values, matrix: matrix, like: suspect, steps: steps, base: base)
    }
    return values
  }

  /// Rounds to the grid, and fills the suspect's zeros with the base's weights.
  func finish(
    _ values: inout [Float], matrix: Int, like suspect: [Float], steps: [GGUFBlocks.Grid]?,
    base: [Float]?
  ) {
    if let grid = grids[matrix], let steps {
      values.withUnsafeMutableBufferPointer { grid.snap($0, to: steps) }
    }
    if isMasked, let base {
      for index in values.indices where suspect[index] == 0 { values[index] = base[index] }
    }
  }

  private func inOrder(_ slice: MatrixSlice, matrix: Int, rows: Range<Int>) throws -> [Float] {
    let columns = slice.columns
    if matrix == 2 {
      let values = try slice.floats(rows: rows)
      slice.giveBack(rows: rows)
      guard units.places != nil || units.factors != nil else { return values }
      var moved = values
      for row in 0..<rows.count {
        for column in 0..<columns {
          let place = units.places?[column] ?? column
          moved[row * columns + column] =
            values[row * columns + place] / (units.factors?[column] ?? 1)
        }
      }
      return moved
    }
    var values: [Float]
    if let places = units.places {
      values = []
      values.reserveCapacity(rows.count * columns)
      for row in rows { values += try slice.floats(rows: places[row]..<places[row] + 1) }
      slice.giveBack(rows: 0..<slice.rows)
    } else {
      values = try slice.floats(rows: rows)
      slice.giveBack(rows: rows)
    }
    if matrix == 1, let factors = units.factors {
      for (place, row) in rows.enumerated() {
        for column in 0..<columns { values[place * columns + column] *= factors[row] }
      }
    }
    return values
  }

  /// The grids of the suspect's rows; `nil` where its values are as fine as their type.
  func steps(matrix: Int, rows: Range<Int>, _ suspect: [Float]) -> [GGUFBlocks.Grid]? {
    guard let grid = grids[matrix] else { return nil }
    let blocks = expert.all[matrix].grids(rows: rows)
    return suspect.withUnsafeBufferPointer { grid.steps($0, blocks: blocks) }
  }
}
