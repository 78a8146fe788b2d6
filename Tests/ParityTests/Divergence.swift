import Testing

/// Where two arrays differ most.
struct Divergence: CustomStringConvertible {
  let index: Int
  let expected: Double
  let actual: Double

  /// The largest absolute difference; the first of equals.
  init(expected: some Collection<Float>, actual: some Collection<Float>) {
    var largest = (index: 0, expected: 0.0, actual: 0.0, difference: -1.0)
    for (index, pair) in zip(expected, actual).enumerated() {
      let difference = abs(Double(pair.0) - Double(pair.1))
      if difference > largest.difference || difference.isNaN {
        largest = (index, Double(pair.0), Double(pair.1), difference)
      }
    }
    index = largest.index
    self.expected = largest.expected
    self.actual = largest.actual
  }

  var absolute: Double { abs(expected - actual) }

  var description: String {
    "\(absolute) at \(index): expected \(expected), actual \(actual)"
  }
}

/// Rows scaled to unit length, as the golden features are.
func unitRows(_ values: [Float], width: Int) -> [Float] {
  stride(from: 0, to: values.count, by: width).flatMap { start in
    let row = values[start..<start + width]
    let length = row.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
    return row.map { Float(Double($0) / length) }
  }
}
