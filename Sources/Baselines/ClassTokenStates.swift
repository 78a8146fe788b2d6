/// The class token after every layer, for every sample of a suite.
public struct ClassTokenStates: Sendable, Hashable {
  /// The model, for error messages.
  public let model: String
  /// L, the number of layers.
  public let layerCount: Int
  /// S, the number of samples.
  public let sampleCount: Int
  /// D, the width of a token.
  public let width: Int
  private let values: [Float]  // [L, S, D]

  /// States as `VisionTower.forward` returns them with `.hiddenStates`, `[L, S, D]`.
  ///
  /// - Precondition: there are L times S times D values.
  /// - Throws: ``BaselineError/nonFiniteState(model:layer:sample:expected:actual:)``.
  public init(
    model: String, layerCount: Int, sampleCount: Int, width: Int, values: [Float]
  ) throws(BaselineError) {
    precondition(
      values.count == layerCount * sampleCount * width, "a state for every layer and sample")
    if let index = values.firstIndex(where: { !$0.isFinite }) {
      throw .nonFiniteState(
        model: model, layer: index / (sampleCount * width), sample: index / width % sampleCount,
        expected: "a finite number", actual: values[index])
    }
    self.model = model
    self.layerCount = layerCount
    self.sampleCount = sampleCount
    self.width = width
    self.values = values
  }

  /// The states after a layer, `[S, D]`.
  func features(layer: Int) -> DenseMatrix {
    let count = sampleCount * width
    return DenseMatrix(
      rows: sampleCount, columns: width, floats: values[layer * count..<(layer + 1) * count])
  }
}
