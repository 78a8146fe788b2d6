import Testing
import Training

/// Compares the gradient of every entry of every tensor with central differences of a Double
/// reference loss.
///
/// The bound is relative to the tensor's largest gradient plus a floor for tensors whose gradient
/// is zero in exact arithmetic (k biases under a softmax): Float sums of this size carry about
/// 1e-6 of the loss's scale.
func checkGradients(
  _ gradient: [Float], _ layout: ParameterLayout, of parameters: [String: [Double]],
  tolerance: Double = 2e-4, floor: Double = 2e-6,
  loss: ([String: [Double]]) -> Double
) {
  let step = 1e-5
  for entry in layout.entries {
    guard let values = parameters[entry.name] else {
      Issue.record("no parameter \(entry.name)")
      continue
    }
    var expected: [Double] = []
    for index in values.indices {
      var moved = parameters
      moved[entry.name]?[index] = values[index] + step
      let above = loss(moved)
      moved[entry.name]?[index] = values[index] - step
      expected.append((above - loss(moved)) / (2 * step))
    }
    let largest = expected.map(abs).max() ?? 0
    for index in values.indices {
      let actual = Double(gradient[entry.offset + index])
      let difference = abs(actual - expected[index])
      #expect(
        difference <= tolerance * largest + floor,
        "\(entry.name)[\(index)]: \(actual), expected \(expected[index])")
    }
  }
}
