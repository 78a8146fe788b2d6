/// The checks that several operations share.
enum OperationRanges {
  static func check(
    _ name: String, _ value: Double, _ expected: String, _ isAllowed: Bool
  ) throws(TamperingError) {
    guard value.isFinite, isAllowed else {
      throw .valueOutOfRange(name: name, expected: expected, actual: "\(value)")
    }
  }

  /// A share of weights that can be removed.
  static func checkSparsity(_ value: Double) throws(TamperingError) {
    try check("sparsity", value, "at least 0 and below 1", value >= 0 && value < 1)
  }
}
