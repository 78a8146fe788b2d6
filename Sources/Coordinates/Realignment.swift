import Diagnostics
import ModelMerging
import RoutedModels
import VisionTransformers

/// A suspect in the coordinates of a base model.
///
/// A tower can be rewritten without changing one output: gains of norms moved into the maps behind them,
/// channels of the residual stream renumbered, units and heads renumbered, split, or added. Numbers on
/// weights that are taken before this is undone acquit whoever did it. Everything here follows from the
/// suspect and the base alone, so that p-values of what is computed after it stay what they are.
///
///     let reference = try ReferenceCoordinates(base, configuration)
///     let realignment = try Realignment(of: suspect, to: reference)
///     realignment.folded.tensors          // the same function, in the base's stream
///     let weights = try realignment.weights()
///     weights.tower.tensors               // the same weights, unit by unit and head by head
public struct Realignment: Sendable {
  /// The suspect as it is.
  public let expert: ExpertTower
  /// Its function in the base's coordinates of the stream, norms folded; its units and heads are its own.
  public let folded: ExpertTower
  /// How its stream follows from the base's.
  public let stream: StreamCoordinates
  /// Norms of layers whose gains and offsets lie further from the base's than training takes them.
  public let rewrittenNormCount: Int
  /// Norms of layers.
  public let normCount: Int
  /// Layers of the suspect beyond those of the base, which do nothing.
  public let idleLayerCount: Int
  let own: FoldedTower
  private let reference: ReferenceCoordinates

  /// From this distance of gains and offsets on, relative to their size, a norm counts as rewritten.
  public static let rewrittenNorm = 0.5

  /// Brings a suspect into a base's coordinates.
  ///
  /// - Throws: ``CoordinateError``; the sources' errors.
  /// - Complexity: reads embeddings and norms; the weights of layers only when there are more of them
  ///   than the base has.
  public init(of suspect: ExpertTower, to reference: ReferenceCoordinates) throws {
    let (base, other) = (reference.expert.configuration, suspect.configuration)
    try Self.check(suspect, against: base)
    expert = suspect
    self.reference = reference
    stream = try StreamCoordinates(reference, of: suspect.tensors)
    let blocks = try LiveBlocks(of: suspect.tensors, other, layers: base.hiddenLayerCount)
    for count in [blocks.attention.count, blocks.feedForward.count]
    where count != base.hiddenLayerCount {
      throw CoordinateError.otherShape(
        path: suspect.tensors.path, key: "num_hidden_layers",
        expected: "\(base.hiddenLayerCount)", actual: "\(count)")
    }
    idleLayerCount = other.hiddenLayerCount - base.hiddenLayerCount
    own = try FoldedTower(suspect.tensors, other, stream: stream.map, blocks: blocks)
    var shape = base
    shape.intermediateSize = other.intermediateSize
    shape.attentionHeadCount = other.attentionHeadCount
    folded = ExpertTower(
      name: suspect.name, tensors: own, configuration: shape,
      ownsAttention: suspect.ownsAttention)
    let pairs = zip(reference.norms, own.norms)
    normCount = reference.norms.count
    rewrittenNormCount = pairs.count { base, own in
      var (difference, size) = (0.0, 0.0)
      for (a, b) in zip(base, own) {
        difference += (Double(a) - Double(b)) * (Double(a) - Double(b))
        size += Double(a) * Double(a)
      }
      return difference > Self.rewrittenNorm * Self.rewrittenNorm * size
    }
  }

  private static func check(
    _ expert: ExpertTower, against base: VisionTowerConfiguration
  ) throws(CoordinateError) {
    let other = expert.configuration
    let pairs: [(String, String, String)] = [
      ("model_type", base.names.family, other.names.family),
      ("hidden_size", "\(base.hiddenSize)", "\(other.hiddenSize)"),
      ("hidden_act", base.hiddenActivation, other.hiddenActivation),
      ("image_size", "\(base.imageSize)", "\(other.imageSize)"),
      ("patch_size", "\(base.patchSize)", "\(other.patchSize)"),
    ]
    for (key, expected, actual) in pairs where expected != actual {
      throw .otherShape(path: expert.tensors.path, key: key, expected: expected, actual: actual)
    }
    guard other.hiddenLayerCount >= base.hiddenLayerCount else {
      throw .otherShape(
        path: expert.tensors.path, key: "num_hidden_layers",
        expected: "\(base.hiddenLayerCount)", actual: "\(other.hiddenLayerCount)")
    }
  }

  /// Layers of the suspect.
  public var layerCount: Int { expert.configuration.hiddenLayerCount }

  /// Whether the suspect is written as the base is, but for the order of hidden units and heads.
  ///
  /// Training moves the stream's scale by a few per cent; a rewrite moves it further, or norms or channels.
  public var isPlain: Bool {
    let (own, base) = (expert.configuration, reference.expert.configuration)
    let isStreamKept =
      !stream.isFound
      || (stream.movedCount == 0 && stream.rotation < 1e-3 && abs(stream.scale - 1) < 0.1)
    return isStreamKept && rewrittenNormCount == 0 && idleLayerCount == 0
      && own.intermediateSize == base.intermediateSize
      && own.attentionHeadCount == base.attentionHeadCount
  }

  /// The suspect's weights by role, its units and heads in the base's order.
  ///
  /// - Throws: the sources' errors, `VisionModelError`.
  public func weights() throws -> RealignedWeights {
    try RealignedWeights(folded, reference)
  }
}

/// A suspect's weights, unit by unit and head by head those of a base.
///
/// Every tensor has the base's shape. A unit that was split is whole again; what the suspect has beyond
/// the base's units is left out and counted.
public struct RealignedWeights: Sendable {
  /// The weights by role, norms folded.
  ///
  /// Compare them with ``ReferenceCoordinates/folded``.
  public let tower: ExpertTower
  /// Which units are which.
  public let units: UnitMatching
  /// Which heads are which; `nil` where there are more or fewer than in the base.
  public let heads: HeadMatching?

  init(_ folded: ExpertTower, _ reference: ReferenceCoordinates) throws {
    let base = reference.expert.configuration
    units = try UnitMatching(
      of: folded.tensors, folded.configuration, with: reference.folded, base)
    heads =
      folded.configuration.attentionHeadCount == base.attentionHeadCount
      ? try HeadMatching(of: folded.tensors, with: reference.folded, base) : nil
    let matched = units.aligned(
      folded.tensors, folded.configuration,
      activation: try base.activation(file: folded.tensors.path))
    tower = ExpertTower(
      name: folded.name, tensors: heads?.aligned(matched, base) ?? matched, configuration: base,
      ownsAttention: folded.ownsAttention)
  }
}
