/// A stored value that does not follow from the values it was computed from.
public struct Discrepancy: Sendable, Equatable, CustomStringConvertible {
  /// The largest difference between a stored and a recomputed number that is put down to
  /// rounding, relative to the larger of the two and to 1.
  public static let tolerance = 1e-12

  /// Where the value stands, such as `attributions[2].margin`.
  public let path: String
  /// What is stored.
  public let stored: String
  /// What follows from the rest of the file.
  public let recomputed: String

  /// Names a difference.
  public init(path: String, stored: String, recomputed: String) {
    self.path = path
    self.stored = stored
    self.recomputed = recomputed
  }

  /// The path and both values.
  public var description: String { "\(path): stored \(stored), recomputed \(recomputed)" }
}

/// Collects the differences between stored and recomputed values.
package struct DiscrepancyList {
  package private(set) var discrepancies: [Discrepancy] = []

  package init() {}

  /// Numbers, up to rounding.
  package mutating func compare(_ path: String, _ stored: Double, _ recomputed: Double) {
    let bound = Discrepancy.tolerance * max(1, abs(stored), abs(recomputed))
    guard stored.isFinite, abs(stored - recomputed) <= bound else {
      return add(path, "\(stored)", "\(recomputed)")
    }
  }

  /// Numbers that may be absent, up to rounding.
  package mutating func compare(_ path: String, _ stored: Double?, _ recomputed: Double?) {
    switch (stored, recomputed) {
    case (nil, nil): return
    case (let stored?, let recomputed?): compare(path, stored, recomputed)
    default:
      add(path, stored.map { "\($0)" } ?? "nothing", recomputed.map { "\($0)" } ?? "nothing")
    }
  }

  /// Rows of numbers, up to rounding.
  package mutating func compare(_ path: String, _ stored: [Double], _ recomputed: [Double]) {
    guard stored.count == recomputed.count else {
      return add(path, "\(stored.count) values", "\(recomputed.count) values")
    }
    for index in stored.indices {
      compare("\(path)[\(index)]", stored[index], recomputed[index])
    }
  }

  /// Tables of numbers, up to rounding.
  package mutating func compare(_ path: String, _ stored: [[Double]], _ recomputed: [[Double]]) {
    guard stored.count == recomputed.count else {
      return add(path, "\(stored.count) rows", "\(recomputed.count) rows")
    }
    for index in stored.indices {
      compare("\(path)[\(index)]", stored[index], recomputed[index])
    }
  }

  /// Anything else, exactly.
  package mutating func compareExactly<Value: Equatable>(
    _ path: String, _ stored: Value, _ recomputed: Value
  ) {
    if stored != recomputed { add(path, "\(stored)", "\(recomputed)") }
  }

  private mutating func add(_ path: String, _ stored: String, _ recomputed: String) {
    discrepancies.append(Discrepancy(path: path, stored: stored, recomputed: recomputed))
  }

  package mutating func append(_ found: [Discrepancy], under prefix: String) {
    for item in found {
      add("\(prefix).\(item.path)", item.stored, item.recomputed)
    }
  }
}
