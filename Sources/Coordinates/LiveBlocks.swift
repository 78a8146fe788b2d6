import RoutedModels
import VisionTransformers

/// Which layers of a tower hold the attention blocks and the MLPs that do something.
///
/// A layer whose attention, or whose MLP, writes nothing to the stream can be put anywhere, and every
/// layer can be written as two.
struct LiveBlocks: Sendable, Hashable {
  /// The layers of the attention blocks.
  let attention: [Int]
  /// The layers of the MLPs.
  let feedForward: [Int]

  /// All layers of a tower.
  init(layers: Int) {
    attention = Array(0..<layers)
    feedForward = attention
  }

  /// A block that writes less than this share of what the median block writes does nothing.
  private static let idleShare = 1e-3

  /// The layers that write to the stream; all where there are as many as in the base.
  ///
  /// - Throws: the source's errors.
  init(
    of source: any TensorSource, _ configuration: VisionTowerConfiguration, layers: Int
  ) throws {
    self.init(layers: configuration.hiddenLayerCount)
    guard configuration.hiddenLayerCount != layers else { return }
    let (D, F) = (configuration.hiddenSize, configuration.intermediateSize)
    /// The length of a map and its bias, less one number for all channels, which the next norm takes away.
    func length(
      _ component: TensorRole.Component, _ layer: Int, _ slot: TensorRole.Slot?, inputs: Int
    ) throws -> Double {
      let weight = try source.tensor(
        TensorRole(component, .weight, layer: layer, slot: slot), shape: [D, inputs])
      let bias = try source.tensor(
        TensorRole(component, .bias, layer: layer, slot: slot), shape: [D])
      let all = Centring.columns(weight, rows: D) + Centring.columns(bias, rows: D)
      return all.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    }
    func live(_ lengths: [Double]) -> [Int] {
      // The median of as many as the base has, the longest first.
      let longest = lengths.sorted(by: >).prefix(layers)
      let middle = longest.isEmpty ? 0 : longest[longest.count / 2]
      return lengths.indices.filter { lengths[$0] > Self.idleShare * middle }
    }
    let all = attention
    self.init(
      attention: live(try all.map { try length(.attentionOutput, $0, nil, inputs: D) }),
      feedForward: live(try all.map { try length(.down, $0, .dense, inputs: F) }))
  }

  private init(attention: [Int], feedForward: [Int]) {
    self.attention = attention
    self.feedForward = feedForward
  }
}
