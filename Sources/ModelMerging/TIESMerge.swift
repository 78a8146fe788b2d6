import RoutedModels

/// TIES: trim the task vectors, elect a sign for every weight, average what agrees with it.
///
/// Yadav et al., 2023, "TIES-Merging: Resolving Interference When Merging Models"
/// (arXiv:2306.01708), algorithm 1:
/// 1. Trim: of each task vector, as a whole, keep the share k of largest magnitude, zero the rest.
/// 2. Elect: gamma = sign of the sum over experts; where that is 0, nothing is kept.
/// 3. Disjoint mean: the mean of the kept values whose sign is gamma, 0 where there is none.
/// The result is base + lambda * that mean.
///
/// A task vector of n weights keeps its max(1, floor(k n)) largest, and with them all that are as
/// large as the smallest of those. Numerics: sums in Double in the experts' order.
public struct TIESMerge: TensorSource {
  private let base: any TensorSource
  private let taskVectors: [TaskVector]
  /// The smallest magnitude that each task vector keeps.
  private let thresholds: [Float]
  /// lambda.
  private let scalingCoefficient: Float

  /// Finds what each task vector keeps; reads every tensor twice.
  ///
  /// - Parameters:
  ///   - tensors: names and shapes of all tensors, which a task vector is made of.
  ///   - keptShare: k, above 0 and at most 1; the paper's is 0.2.
  ///   - scalingCoefficient: lambda; the paper's is 1.
  /// - Throws: ``MergeError/trimOutOfRange(value:)``, the sources' errors.
  public init(
    base: CheckpointTensors, experts: [CheckpointTensors], tensors: [RoleShape],
    keptShare: Double = 0.2, scalingCoefficient: Float = 1
  ) throws {
    guard keptShare > 0, keptShare <= 1 else { throw MergeError.trimOutOfRange(value: keptShare) }
    self.base = base
    self.scalingCoefficient = scalingCoefficient
    taskVectors = experts.map { TaskVector(base: base, expert: $0) }
    let total = tensors.reduce(0) { $0 + $1.shape.reduce(1, *) }
    let kept = max(1, Int((keptShare * Double(total)).rounded(.down)))
    thresholds = try taskVectors.map { taskVector in
      try Self.magnitude(ofRank: kept) { visit in
        for tensor in tensors {
          for value in try taskVector.tensor(tensor.role, shape: tensor.shape) {
            visit(value.magnitude)
          }
        }
      }
    }
  }

  /// The base model's path.
  public var path: String { base.path }

  /// What the family calls the tensor.
  public func name(of role: TensorRole) -> String { base.name(of: role) }

  /// Whether the base model has the tensor.
  public func contains(_ role: TensorRole) -> Bool { base.contains(role) }

  /// The merged tensor.
  public func tensor(_ role: TensorRole, shape: [Int]) throws -> [Float] {
    var merged = try base.tensor(role, shape: shape)
    let trimmed = try zip(taskVectors, thresholds).map { taskVector, threshold in
      try taskVector.tensor(role, shape: shape).map { $0.magnitude >= threshold ? $0 : 0 }
    }
    for index in merged.indices {
      let elected = trimmed.reduce(0.0) { $0 + Double($1[index]) }
      var sum = 0.0
      var count = 0
      for values in trimmed where Double(values[index]) * elected > 0 {
        sum += Double(values[index])
        count += 1
      }
      let mean = count > 0 ? Float(sum / Double(count)) : 0
      merged[index] += scalingCoefficient * mean
    }
    return merged
  }

  /// The n-th largest magnitude, counted from 1, without keeping them: magnitudes order as their bit
  /// patterns do, so one pass counts the upper halves of the patterns and a second the lower halves
  /// within the upper half that has the n-th.
  ///
  /// - Parameter visitAll: hands over all magnitudes; called twice.
  static func magnitude(
    ofRank rank: Int, _ visitAll: (_ visit: (Float) -> Void) throws -> Void
  ) rethrows -> Float {
    var upper = [Int](repeating: 0, count: 1 << 16)
    try visitAll { upper[Int($0.bitPattern >> 16)] += 1 }
    var left = rank
    var half = upper.count - 1
    while half > 0, upper[half] < left {
      left -= upper[half]
      half -= 1
    }
    var lower = [Int](repeating: 0, count: 1 << 16)
    try visitAll { magnitude in
      let pattern = magnitude.bitPattern
      if Int(pattern >> 16) == half { lower[Int(pattern & 0xFFFF)] += 1 }
    }
    var end = lower.count - 1
    while end > 0, lower[end] < left {
      left -= lower[end]
      end -= 1
    }
    return Float(bitPattern: UInt32(half) << 16 | UInt32(end))
  }
}
