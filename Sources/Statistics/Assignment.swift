/// The one-to-one assignment of rows to columns with the largest total benefit.
///
/// The Hungarian method with potentials (Kuhn, 1955; Jonker and Volgenant, 1987). Ties go to the
/// lower index.
///
/// - Complexity: O(n^2 m) for n = min(rows, columns), m = max(rows, columns).
public enum Assignment {
  /// The column of each row, `nil` for rows that are left over or rejected.
  ///
  /// - Parameters:
  ///   - benefit: `[rows, columns]`, finite.
  ///   - threshold: Pairs of a smaller benefit are never assigned.
  /// - Precondition: rows have equal lengths.
  public static func maximising(
    _ benefit: [[Double]], rejectingBelow threshold: Double = -.infinity
  ) -> [Int?] {
    guard let columnCount = benefit.first?.count, columnCount > 0 else {
      return benefit.map { _ in nil }
    }
    precondition(benefit.allSatisfy { $0.count == columnCount }, "rows have equal lengths")
    // A rejected pair is worth as little as leaving both alone, so it never displaces another.
    let least = benefit.joined().min() ?? 0
    let floor = threshold.isFinite ? min(least, threshold) : least
    let worth = benefit.map { row in row.map { $0 >= threshold ? $0 - floor : 0 } }
    let pairs: [(row: Int, column: Int)] =
      benefit.count <= columnCount
      ? minimumCost(worth.map { $0.map(-) }).enumerated().map { ($0, $1) }
      : minimumCost((0..<columnCount).map { column in worth.map { -$0[column] } })
        .enumerated().map { ($1, $0) }
    var result = [Int?](repeating: nil, count: benefit.count)
    for (row, column) in pairs where benefit[row][column] >= threshold { result[row] = column }
    return result
  }

  /// The column of each row at the least total cost, for no more rows than columns.
  private static func minimumCost(_ cost: [[Double]]) -> [Int] {
    let (rowCount, columnCount) = (cost.count, cost[0].count)
    // Rows and columns count from 1 here; row 0 and column 0 are where a search starts.
    var rowPotential = [Double](repeating: 0, count: rowCount + 1)
    var columnPotential = [Double](repeating: 0, count: columnCount + 1)
    var rowOf = [Int](repeating: 0, count: columnCount + 1)
    for row in 1...rowCount {
      rowOf[0] = row
      var column = 0
      var slack = [Double](repeating: .infinity, count: columnCount + 1)
      var previous = [Int](repeating: 0, count: columnCount + 1)
      var isDone = [Bool](repeating: false, count: columnCount + 1)
      repeat {
        isDone[column] = true
        let current = rowOf[column]
        var (step, next) = (Double.infinity, 0)
        for other in 1...columnCount where !isDone[other] {
          let reduced =
            cost[current - 1][other - 1] - rowPotential[current] - columnPotential[other]
          if reduced < slack[other] {
            slack[other] = reduced
            previous[other] = column
          }
          if slack[other] < step { (step, next) = (slack[other], other) }
        }
        for other in 0...columnCount {
          if isDone[other] {
            rowPotential[rowOf[other]] += step
            columnPotential[other] -= step
          } else {
            slack[other] -= step
          }
        }
        column = next
      } while rowOf[column] != 0
      while column != 0 {
        rowOf[column] = rowOf[previous[column]]
        column = previous[column]
      }
    }
    var result = [Int](repeating: 0, count: rowCount)
    for column in 1...columnCount where rowOf[column] > 0 { result[rowOf[column] - 1] = column - 1 }
    return result
  }
}
