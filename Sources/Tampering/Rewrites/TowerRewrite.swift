import Documents
import RoutedModels
import VisionTransformers

/// Writes a tower in another way that computes the same.
///
/// Every rewrite keeps the features up to rounding and changes weights as much as it can: evidence on
/// weights has to give the same answer before and after it. Random numbers follow from the seed, layer by
/// layer.
public struct TowerRewrite: TowerTampering, MixtureTampering {
  /// What is rewritten.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    /// Gains and offsets of the layers' norms go into the maps behind them.
    case foldNorms = "fold-norms"
    /// Signs of gains and offsets are drawn, and undone in the maps.
    case flipNorms = "flip-norms"
    /// Gains and offsets are multiplied by e^N(0, 1), and the maps' columns divided.
    case rescaleNorms = "rescale-norms"
    /// N(0, 1) is added to offsets, and taken from the maps' biases.
    case shiftNorms = "shift-norms"
    /// A number is added to each row that reads the stream, and to each column that writes to it.
    case shiftMaps = "shift-maps"
    /// The channels of the residual stream are renumbered.
    case permuteChannels = "permute-channels"
    /// The residual stream and what adds to the variance in norms are multiplied; the sign changes too.
    case scaleStream = "scale-stream"
    /// The residual stream is rotated; towers with a norm before the first layer do not allow it.
    case rotateStream = "rotate-stream"
    /// Hidden units are renumbered.
    case permuteUnits = "permute-units"
    /// Hidden units that do nothing are added.
    case padUnits = "pad-units"
    /// Hidden units are divided into two each.
    case splitUnits = "split-units"
    /// Hidden units get the other sign, and the difference, which is linear, other units.
    case flipUnits = "flip-units"
    /// Hidden units without any effect are removed.
    case dropUnits = "drop-units"
    /// Attention heads are renumbered.
    case permuteHeads = "permute-heads"
    /// The axes inside of heads are rotated and stretched.
    case turnHeads = "turn-heads"
    /// Biases go where they have the same effect: of values, keys, patches and the class token.
    case moveBiases = "move-biases"
    /// Every layer becomes two: one with its attention, one with its MLP.
    case splitLayers = "split-layers"

    /// Whether a number of units belongs to it.
    public var countsUnits: Bool {
      switch self {
      case .padUnits, .splitUnits, .flipUnits: true
      default: false
      }
    }

    /// What it does, in a line.
    public var words: String {
      switch self {
      case .foldNorms: "gains and offsets of norms go into the maps behind them"
      case .flipNorms: "norms get other signs, undone in the maps behind them"
      case .rescaleNorms: "norms are rescaled, undone in the maps behind them"
      case .shiftNorms: "offsets of norms are shifted, undone in biases"
      case .shiftMaps: "what norms take away is added to maps"
      case .permuteChannels: "channels of the residual stream are renumbered"
      case .scaleStream: "the residual stream is multiplied by -2"
      case .rotateStream: "the residual stream is rotated (SigLIP)"
      case .permuteUnits: "hidden units are renumbered"
      case .padUnits: "hidden units that do nothing are added"
      case .splitUnits: "hidden units are divided into two each"
      case .flipUnits: "hidden units get the other sign, with units for the difference"
      case .dropUnits: "hidden units without effect are removed"
      case .permuteHeads: "attention heads are renumbered"
      case .turnHeads: "the axes inside of heads are rotated and stretched"
      case .moveBiases: "biases go where they have the same effect"
      case .splitLayers: "every layer becomes two"
      }
    }
  }

  /// What is rewritten.
  public let kind: Kind
  private let count: Int
  private let drawSeed: UInt64

  /// A rewrite.
  ///
  /// - Parameter count: units of a layer that are added, split or flipped; 64 when not given.
  /// - Throws: ``TamperingError/valueOutOfRange(name:expected:actual:)``.
  public init(_ kind: Kind, count: Int? = nil, seed: UInt64) throws(TamperingError) {
    let count = count ?? 64
    guard (1...16384).contains(count) else {
      throw .valueOutOfRange(name: "count", expected: "1 to 16384", actual: "\(count)")
    }
    self.kind = kind
    self.count = count
    drawSeed = seed
  }

  /// `rewrite`.
  public var name: String { "rewrite" }
  /// The rewrite, and the number of units where it has one.
  public var parameters: [String: JSONValue] {
    var parameters: [String: JSONValue] = ["rewrite": .string(kind.rawValue)]
    if kind.countsUnits { parameters["count"] = .integer(count) }
    return parameters
  }
  /// The seed.
  public var seed: UInt64? { drawSeed }

  /// A merge has a router that reads the stream as well: its parts are rewritten before they are merged.
  ///
  /// - Throws: ``TamperingError/notATower(path:operation:)``.
  public func tamper(_ mixture: inout EditableMixture) throws {
    throw TamperingError.notATower(path: mixture.path, operation: name)
  }

  /// The shape after the rewrite.
  public func configuration(
    after tower: any TensorSource, _ configuration: VisionTowerConfiguration
  ) throws -> VisionTowerConfiguration {
    var result = configuration
    switch kind {
    case .padUnits: result.intermediateSize += count
    case .splitUnits: result.intermediateSize += min(count, configuration.intermediateSize)
    case .flipUnits: result.intermediateSize += 2 * min(count, configuration.intermediateSize)
    case .dropUnits:
      result.intermediateSize = try UnitRewrite.liveUnits(of: tower, configuration)[0].count
    case .scaleStream:
      result.layerNormEpsilon *= Float(StreamRewrite.factor * StreamRewrite.factor)
    case .splitLayers: result.hiddenLayerCount *= 2
    default: break
    }
    return result
  }

  /// The same function, written in another way.
  ///
  /// - Throws: ``TamperingError/rewriteNotAllowed(rewrite:path:reason:)``; the source's errors.
  public func tampered(
    _ tower: any TensorSource, _ configuration: VisionTowerConfiguration, label: String
  ) throws -> any TensorSource {
    let draws = RewriteDraws(seed: drawSeed, label: "rewrite/\(kind.rawValue)/\(label)")
    switch kind {
    case .foldNorms, .flipNorms, .rescaleNorms, .shiftNorms:
      return NormRewrite(source: tower, configuration: configuration, kind: kind, draws: draws)
    case .shiftMaps:
      let folded = NormRewrite(
        source: tower, configuration: configuration, kind: .foldNorms, draws: draws)
      return ShiftedMaps(source: folded, draws: draws)
    case .permuteChannels, .scaleStream:
      return StreamRewrite(
        source: tower, configuration: configuration, kind: kind, draws: draws)
    case .rotateStream:
      guard !configuration.hasEmbeddingNorm, configuration.pooling == .attention else {
        throw TamperingError.rewriteNotAllowed(
          rewrite: kind.rawValue, path: tower.path,
          reason: "a norm stands between its embeddings and its first layer")
      }
      let folded = NormRewrite(
        source: tower, configuration: configuration, kind: .foldNorms, draws: draws)
      return StreamRewrite(
        source: folded, configuration: configuration, kind: kind, draws: draws)
    case .permuteUnits, .padUnits, .splitUnits, .flipUnits, .dropUnits:
      return try UnitRewrite(
        source: tower, configuration: configuration, kind: kind, count: count, draws: draws)
    case .permuteHeads, .turnHeads, .moveBiases:
      return HeadRewrite(
        source: tower, configuration: configuration, kind: kind, draws: draws)
    case .splitLayers:
      return SplitLayers(source: tower, configuration: configuration, draws: draws)
    }
  }
}
