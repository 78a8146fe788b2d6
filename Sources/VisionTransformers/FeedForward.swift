import RoutedModels
import Tensors

/// The MLP of an encoder layer: dense in a plain tower, a mixture of experts in a merged one.
public protocol FeedForward: Sendable {
  /// E, the number of experts; 0 when there is no router.
  var expertCount: Int { get }
  /// f32 numbers of scratch memory that `samples` samples of `tokens` tokens need.
  func scratchCount(samples: Int, tokens: Int) -> Int
  /// Adds the MLP's output to the residual stream.
  ///
  /// Shapes: `x` and `residual` are `[S, T, D]`; `routing` has room for `[S, E]` twice.
  func forward(
    _ x: UnsafePointer<Float>, samples: Int, tokens: Int,
    addingTo residual: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>,
    routing: RoutingOutput, kernels: Kernels)
}

/// Where a layer writes what its router said.
public struct RoutingOutput {
  /// Gate output averaged over tokens, before any softmax, `[S, E]`.
  public let logits: UnsafeMutablePointer<Float>
  /// What multiplies the task vectors, `[S, E]`.
  public let weights: UnsafeMutablePointer<Float>

  /// Room for the logits and weights of one layer.
  public init(logits: UnsafeMutablePointer<Float>, weights: UnsafeMutablePointer<Float>) {
    self.logits = logits
    self.weights = weights
  }
}

/// The two linear maps of an MLP: weights packed for multiplication, and biases.
public struct MLPWeights: Sendable {
  /// `[F, D]`.
  public let fc1: PackedMatrix
  /// `[F]`.
  public let fc1Bias: FloatStorage
  /// `[D, F]`.
  public let fc2: PackedMatrix
  /// `[D]`.
  public let fc2Bias: FloatStorage

  /// Reads the two maps of a layer's MLP.
  ///
  /// - Parameter slot: the MLP of a plain tower, or one slot of a full merge.
  /// - Throws: the source's errors.
  public init(
    _ source: some TensorSource, layer: Int, slot: TensorRole.Slot = .dense,
    _ configuration: VisionTowerConfiguration, precision: Precision = .f32
  ) throws {
    let (D, F) = (configuration.hiddenSize, configuration.intermediateSize)
    func role(_ component: TensorRole.Component, _ kind: TensorRole.Kind) -> TensorRole {
      TensorRole(component, kind, layer: layer, slot: slot)
    }
    fc1 = try source.matrix([role(.up, .weight)], shape: [F, D], precision: precision)
    fc1Bias = FloatStorage(try source.tensor(role(.up, .bias), shape: [F]))
    fc2 = try source.matrix([role(.down, .weight)], shape: [D, F], precision: precision)
    fc2Bias = FloatStorage(try source.tensor(role(.down, .bias), shape: [D]))
  }
}

/// fc2(activation(fc1(x))).
public struct DenseMLP: FeedForward {
  /// The weights.
  public let weights: MLPWeights
  /// The activation between the two maps.
  public let activation: Activation

  /// An MLP of these weights.
  public init(_ weights: MLPWeights, activation: Activation) {
    self.weights = weights
    self.activation = activation
  }

  /// 0: there is no router.
  public var expertCount: Int { 0 }

  /// Room for the hidden layer, `[S, T, F]`.
  public func scratchCount(samples: Int, tokens: Int) -> Int {
    samples * tokens * weights.fc1.rows
  }

  /// Adds the MLP's output to the residual stream.
  public func forward(
    _ x: UnsafePointer<Float>, samples: Int, tokens: Int,
    addingTo residual: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>,
    routing: RoutingOutput, kernels: Kernels
  ) {
    let (D, F) = (weights.fc1.columns, weights.fc1.rows)
    kernels.multiply(
      x, rows: samples * tokens, stride: D, by: weights.fc1, bias: weights.fc1Bias.pointer,
      activation: activation, into: scratch, stride: F)
    kernels.multiply(
      scratch, rows: samples * tokens, stride: F, by: weights.fc2, bias: weights.fc2Bias.pointer,
      accumulate: true, into: residual, stride: D)
  }
}
