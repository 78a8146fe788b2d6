import RoutedModels
import VisionTransformers

/// Which share of an expert's MLP weights is exactly 0, and why.
///
/// Training leaves no exact zeros: pruning does, and so does rounding to a coarse grid. The two are
/// told apart by the level next to 0. Rounding puts about as many weights on +1 and -1 steps
/// together as on 0 or more; pruning leaves hardly two weights of equal size.
public struct ZeroPattern: Sendable, Hashable {
  /// Above this share of zeros the expert counts as sparse.
  public static let smallestShare = 0.02
  /// Zeros for each weight next to zero, up to which rounding explains them.
  static let roundingRatio = 2.0
  /// Weights count as being of the smallest size up to this factor: a task vector that is stored
  /// in 16 bits moves them a little.
  static let levelWidth: Float = 1.1

  /// Number of weights that are 0, of fc1 and fc2 of all layers.
  public let zeros: Int
  /// Number of all these weights.
  public let weights: Int
  /// Number of weights of the smallest size in their row that is not 0.
  public let nextToZero: Int
  /// Number of matrices with zeros.
  public let sparseMatrices: Int
  /// Number of those whose rows all have equally many zeros, as WANDA leaves them.
  public let evenMatrices: Int

  /// Counts the zeros of a tower's MLPs.
  ///
  /// - Throws: the source's errors.
  public init(_ tower: any TensorSource, _ configuration: VisionTowerConfiguration) throws {
    var (zeros, weights, nextToZero, sparse, even) = (0, 0, 0, 0, 0)
    for matrix in configuration.mlpWeights {
      let values = try tower.tensor(matrix.role, shape: matrix.shape)
      let columns = matrix.shape[1]
      var counts: [Int] = []
      for start in stride(from: 0, to: values.count, by: columns) {
        let row = values[start..<start + columns]
        counts.append(row.count { $0 == 0 })
        let smallest = row.reduce(Float.infinity) { $1 == 0 ? $0 : min($0, $1.magnitude) }
        nextToZero += row.count { $0 != 0 && $0.magnitude <= Self.levelWidth * smallest }
      }
      let total = counts.reduce(0, +)
      zeros += total
      weights += values.count
      if total > 0 { sparse += 1 }
      if total > 0, counts.allSatisfy({ $0 == counts[0] }) { even += 1 }
    }
    self.zeros = zeros
    self.weights = weights
    self.nextToZero = nextToZero
    sparseMatrices = sparse
    evenMatrices = even
  }

  /// The share of weights that are 0.
  public var share: Double { Double(zeros) / Double(max(weights, 1)) }

  /// Whether rounding to a grid explains the zeros.
  public var isRounding: Bool { Double(zeros) <= Self.roundingRatio * Double(nextToZero) }

  /// Whether weights were removed.
  public var isPruned: Bool { share > Self.smallestShare && !isRounding }

  /// Whether most matrices have equally many zeros in every row.
  public var isRowWise: Bool { 2 * evenMatrices > sparseMatrices }
}

extension VisionTowerConfiguration {
  /// The two weight matrices of every layer's MLP.
  var mlpWeights: [RoleShape] {
    mlpTensors().filter { $0.role.kind == .weight }
  }
}
