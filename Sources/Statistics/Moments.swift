/// Mean and spread of numbers.
public struct Moments: Sendable, Hashable, Codable {
  /// How many numbers.
  public let count: Int
  /// Their mean; 0 without numbers.
  public let mean: Double
  /// The square root of the sum of squared deviations over n - 1; 0 for fewer than two numbers.
  public let standardDeviation: Double

  /// The moments of `values`, in two passes.
  public init(_ values: [Double]) {
    count = values.count
    let mean = values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
    self.mean = mean
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    standardDeviation = values.count > 1 ? (squares / Double(values.count - 1)).squareRoot() : 0
  }
}
