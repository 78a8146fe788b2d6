import RoutedModels
import Tensors
import VisionTransformers

/// The mixture of experts in place of an MLP: weights are mixed, not outputs (WEMoE).
///
/// Equation: W(s) = W0 + sum over e of w[s, e] T_e for weights and biases of fc1 and fc2, where w is
/// the softmax of the gate or the gate as it is (Tang et al., 2024, arXiv:2402.00433; RouteMark
/// equations 3 and 4). Merged for every sample by itself: merging by the mean of a batch would make
/// a fingerprint depend on the sample's neighbours.
public struct WeightEnsemblingMLP: FeedForward {
  private let gate: Gate
  private let routing: RoutingMode
  private let base: MLPWeights
  private let taskVectors: [MLPWeights]
  private let fc1TaskVectors: [PackedMatrix]
  private let fc2TaskVectors: [PackedMatrix]
  private let fc1Biases: BiasAddresses
  private let fc2Biases: BiasAddresses
  private let activation: Activation

  /// A mixture of `taskVectors` on `base`.
  ///
  /// - Precondition: the gate scores as many experts as there are task vectors.
  public init(
    gate: Gate, routing: RoutingMode, base: MLPWeights, taskVectors: [MLPWeights],
    activation: Activation
  ) {
    precondition(gate.expertCount == taskVectors.count, "the gate scores every task vector")
    self.gate = gate
    self.routing = routing
    self.base = base
    self.taskVectors = taskVectors
    fc1TaskVectors = taskVectors.map(\.fc1)
    fc2TaskVectors = taskVectors.map(\.fc2)
    fc1Biases = BiasAddresses(taskVectors.map(\.fc1Bias))
    fc2Biases = BiasAddresses(taskVectors.map(\.fc2Bias))
    self.activation = activation
  }

  /// E, the number of experts.
  public var expertCount: Int { taskVectors.count }

  /// Room for the hidden layer `[S, T, F]`, or for the gate, which is done before it is needed.
  public func scratchCount(samples: Int, tokens: Int) -> Int {
    max(
      samples * tokens * base.fc1.rows,
      gate.scratchCount(samples: samples, tokens: tokens, width: base.fc1.columns))
  }

  /// Adds the merged MLP's output to the residual stream and writes what the router said.
  public func forward(
    _ x: UnsafePointer<Float>, samples: Int, tokens: Int,
    addingTo residual: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>,
    routing output: RoutingOutput, kernels: Kernels
  ) {
    let (D, F, E) = (base.fc1.columns, base.fc1.rows, expertCount)
    gate.routerLogits(
      x, samples: samples, tokens: tokens, width: D, scratch: scratch, into: output.logits,
      kernels: kernels)
    output.weights.update(from: output.logits, count: samples * E)
    if routing == .softmax {
      kernels.softmax(output.weights, rows: samples, width: E, stride: E)
    }
    kernels.mergedMultiply(
      x, samples: samples, tokens: tokens, stride: D, base: base.fc1,
      taskVectors: fc1TaskVectors, baseBias: base.fc1Bias.pointer,
      taskVectorBiases: fc1Biases.addresses,
      weights: output.weights, activation: activation, accumulate: false, into: scratch, stride: F)
    kernels.mergedMultiply(
      scratch, samples: samples, tokens: tokens, stride: F, base: base.fc2,
      taskVectors: fc2TaskVectors, baseBias: base.fc2Bias.pointer,
      taskVectorBiases: fc2Biases.addresses,
      weights: output.weights, activation: .identity, accumulate: true, into: residual, stride: D)
  }
}

/// Where the experts' biases are, looked up once and not in every pass.
private struct BiasAddresses: @unchecked Sendable {
  private let owners: [FloatStorage]
  let addresses: [UnsafePointer<Float>]

  init(_ biases: [FloatStorage]) {
    owners = biases
    addresses = biases.map { UnsafePointer($0.pointer) }
  }
}
