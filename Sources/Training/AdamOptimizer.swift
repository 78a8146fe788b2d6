import Tensors

/// The constants of Adam and AdamW.
///
/// Equations (Kingma and Ba 2015; Loshchilov and Hutter 2019), with t the 1-based step:
/// m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2;
/// p = p (1 - eta * decay) - eta * (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps)
/// With decay 0 this is Adam. Numerics: those of PyTorch's `AdamW`, in Float.
public struct AdamOptimizer: Sendable, Equatable {
  /// Decay of the first moment.
  public var beta1: Double
  /// Decay of the second moment.
  public var beta2: Double
  /// Added to the root of the second moment.
  public var epsilon: Double
  /// Decoupled weight decay; applies to every tensor, as in PyTorch's default.
  public var weightDecay: Double

  /// Checked constants; the defaults are PyTorch's for Adam.
  ///
  /// - Throws: ``TrainingError/invalidHyperparameter(name:value:requirement:)``.
  public init(
    beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8, weightDecay: Double = 0
  ) throws(TrainingError) {
    for (name, value) in [("beta1", beta1), ("beta2", beta2)] where !(value >= 0 && value < 1) {
      throw .invalidHyperparameter(
        name: name, value: "\(value)", requirement: "at least 0 and below 1")
    }
    for (name, value) in [("epsilon", epsilon), ("weight decay", weightDecay)]
    where !(value >= 0 && value.isFinite) {
      throw .invalidHyperparameter(
        name: name, value: "\(value)", requirement: "a finite number, at least 0")
    }
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
  }

  /// Updates the values in `range`, whose gradients are summed over `lanes` in their order.
  ///
  /// - Parameters:
  ///   - rate: the learning rate eta.
  ///   - step: t, from 1.
  func update(
    _ parameters: UnsafeMutablePointer<Float>, moments: AdamMoments,
    lanes: [UnsafePointer<Float>], range: Range<Int>, rate: Double, step: Int
  ) {
    let first = moments.first.pointer
    let second = moments.second.pointer
    let keep1 = Float(beta1)
    let keep2 = Float(beta2)
    let add1 = Float(1 - beta1)
    let add2 = Float(1 - beta2)
    let stepSize = Float(rate / (1 - power(beta1, Double(step))))
    let root = Float((1 - power(beta2, Double(step))).squareRoot())
    let epsilon = Float(self.epsilon)
    let shrink = Float(1 - rate * weightDecay)
    // Blocks small enough to stay in the first cache while the lanes are added.
    withUnsafeTemporaryAllocation(of: Float.self, capacity: Self.block) { scratch in
      guard let gradient = scratch.baseAddress else { return }
      for start in stride(from: range.lowerBound, to: range.upperBound, by: Self.block) {
        let count = min(Self.block, range.upperBound - start)
        Self.sum(lanes, start: start, count: count, into: gradient)
        let p = parameters + start
        let m = first + start
        let v = second + start
        for i in 0..<count {
          let g = gradient[i]
          let mean = m[i] * keep1 + add1 * g
          let square = v[i] * keep2 + add2 * (g * g)
          m[i] = mean
          v[i] = square
          p[i] = p[i] * shrink - stepSize * (mean / (square.squareRoot() / root + epsilon))
        }
      }
    }
  }

  private static let block = 2048

  private static func sum(
    _ lanes: [UnsafePointer<Float>], start: Int, count: Int,
    into total: UnsafeMutablePointer<Float>
  ) {
    total.update(from: lanes[0] + start, count: count)
    for lane in lanes.dropFirst() {
      let values = lane + start
      for i in 0..<count { total[i] += values[i] }
    }
  }
}

/// Adam's running means of the gradient and of its square.
final class AdamMoments: @unchecked Sendable {
  let first: FloatStorage
  let second: FloatStorage

  init(count: Int) {
    first = FloatStorage(count: max(count, 1))
    second = FloatStorage(count: max(count, 1))
  }
}
