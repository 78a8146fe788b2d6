/// Adjusted p-values that bound the chance of even one false rejection.
///
/// Equation: adjusted p_(i) = max over j <= i of min(1, (m - j + 1) * p_(j)), p_(1) the smallest
/// (Holm, 1979). Valid under every dependence of the tests.
public enum Holm {
  /// One adjusted value for each p-value, in the order given.
  public static func adjusted(_ pValues: [Double]) -> [Double] {
    let order = pValues.indices.sorted { pValues[$0] < pValues[$1] }
    var result = pValues
    var largest = 0.0
    for (rank, index) in order.enumerated() {
      largest = max(largest, min(Double(pValues.count - rank) * pValues[index], 1))
      result[index] = largest
    }
    return result
  }
}

/// Adjusted p-values that bound the expected share of false rejections among all rejections.
///
/// Equation: adjusted p_(i) = min over j >= i of min(1, m / j * p_(j))
/// (Benjamini and Hochberg, 1995). Valid for tests that are independent or positively dependent.
public enum BenjaminiHochberg {
  /// One adjusted value for each p-value, in the order given.
  public static func adjusted(_ pValues: [Double]) -> [Double] {
    let order = pValues.indices.sorted { pValues[$0] < pValues[$1] }
    var result = pValues
    var least = 1.0
    for (rank, index) in order.enumerated().reversed() {
      least = min(least, Double(pValues.count) / Double(rank + 1) * pValues[index])
      result[index] = least
    }
    return result
  }
}
