import RoutedModels
import Statistics
import VisionTransformers

/// The coordinates in which a tower writes its residual stream, as far as its embeddings tell.
///
/// Towers with a norm before the first layer: channels by the assignment of the largest sum of cosines of
/// their embeddings with the base's, the number that multiplies the stream by the median ratio of that
/// norm's gains. Towers without: the rotation and the number by orthogonal Procrustes (Schönemann, 1966).
/// Nothing but the suspect and the base is looked at.
public struct StreamCoordinates: Sendable {
  /// The mean cosine of channels below which no fit is believed.
  public static let leastMeanCosine = 0.7
  /// Below this cosine a channel counts as not found.
  public static let sameChannel = 0.5
  /// The share of channels that have to be found.
  public static let leastShare = 0.9

  /// Whether the coordinates were found; where they were not, nothing is changed.
  public let isFound: Bool
  /// Channels of the base that are at another place in the suspect.
  public let movedCount: Int
  /// D.
  public let channelCount: Int
  /// The least cosine of a channel's embeddings with those of the base's channel; of all channels at
  /// once where the stream was rotated.
  public let leastCosine: Double
  /// The mean over channels.
  public let meanCosine: Double
  /// The mean distance of the rotation from none, |Q - 1|² / 2D; 0 for channels.
  public let rotation: Double
  /// What the stream was multiplied by, with its sign.
  public let scale: Double
  let map: StreamMap

  init(_ reference: ReferenceCoordinates, of suspect: any TensorSource) throws {
    let configuration = reference.expert.configuration
    let features = try ChannelFeatures(suspect, configuration)
    if configuration.hasEmbeddingNorm {
      let gain = try suspect.tensor(
        TensorRole(.embeddingNorm, .weight), shape: [configuration.hiddenSize])
      self.init(channelsOf: features, gain: gain, reference)
    } else {
      self.init(rotationOf: features, reference.features)
    }
  }

  private init(
    channelsOf own: ChannelFeatures, gain: [Float], _ reference: ReferenceCoordinates
  ) {
    let D = own.width
    let base = reference.features
    let (lengths, ownLengths) = (base.lengths, own.lengths)
    let products = base.products(with: own)
    let cosines = (0..<D).map { row in
      (0..<D).map { column -> Double in
        let scale = lengths[row] * ownLengths[column]
        return scale > 0 ? products[row * D + column] / scale : 0
      }
    }
    // All tokens may be negated before the norm, and its gains with them.
    func best(_ sign: Double) -> Double {
      cosines.reduce(0) { $0 + ($1.reduce(-1) { max($0, sign * $1) }) }
    }
    let sign: Double = best(-1) > best(1) ? -1 : 1
    let benefit = sign < 0 ? cosines.map { $0.map(-) } : cosines
    let channels = Self.assigned(benefit)
    // Channels without embeddings say nothing.
    let known = (0..<D).filter { lengths[$0] > 0 && ownLengths[channels[$0]] > 0 }
    let fits = known.map { benefit[$0][channels[$0]] }
    leastCosine = fits.min() ?? 0
    meanCosine = fits.reduce(0, +) / Double(max(fits.count, 1))
    let ratios = (0..<D).compactMap { index -> Double? in
      let origin = Double(reference.embeddingGain[index])
      return origin == 0 ? nil : sign * Double(gain[channels[index]]) / origin
    }.sorted()
    // The mean of both in the middle, which is the same with the other sign.
    let scale =
      ratios.isEmpty ? 1 : (ratios[(ratios.count - 1) / 2] + ratios[ratios.count / 2]) / 2
    isFound =
      Self.isBelieved(fits, mean: meanCosine) && scale.isFinite && abs(scale) > 1e-6
    channelCount = D
    rotation = 0
    guard isFound else {
      movedCount = 0
      self.scale = 1
      map = .identity(width: D, embedsDirectly: false)
      return
    }
    movedCount = channels.enumerated().count { $0.offset != $0.element }
    self.scale = scale
    map = StreamMap(
      axes: .channels(channels), scale: scale, embeddingSign: sign, embedsDirectly: false)
  }

  private init(rotationOf own: ChannelFeatures, _ base: ChannelFeatures) {
    let D = own.width
    channelCount = D
    movedCount = 0
    // Both sides are centred, so that the direction of ones is free: it is kept.
    var products = base.products(with: own)
    let size = products.reduce(0) { $0 + $1 * $1 }.squareRoot() / Double(D)
    for index in products.indices { products[index] += size / Double(D) }
    let nearest = size > 0 ? OrthogonalFit.nearest(to: products, size: D) : nil
    let matrix = nearest?.map(Float.init) ?? []
    let unscaled = StreamMap(
      axes: .rotation(matrix), scale: 1, embeddingSign: 1, embedsDirectly: true)
    func turned(_ values: [Float]) -> [Float] {
      nearest == nil ? values : unscaled.embedding(values, width: D)
    }
    func inner(_ a: [Float], _ b: [Float]) -> Double {
      zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    let square = inner(base.values, base.values)
    let length = (square * inner(own.values, own.values)).squareRoot()
    meanCosine = length > 0 ? inner(turned(own.values), base.values) / length : 0
    leastCosine = meanCosine
    // Pixels that were multiplied do not change the positions.
    let ratio = base.positionLength > 0 ? own.positionLength / base.positionLength : 0
    let found =
      ratio * inner(turned(own.positions), base.positions)
      / max(inner(base.positions, base.positions), .leastNormalMagnitude)
    isFound = nearest != nil && meanCosine >= Self.leastMeanCosine && found > 1e-6
    guard isFound else {
      scale = 1
      rotation = 0
      map = .identity(width: D, embedsDirectly: true)
      return
    }
    scale = found
    rotation =
      (0..<D * D).reduce(0.0) { sum, index in
        let difference = Double(matrix[index]) - (index % (D + 1) == 0 ? 1 : 0)
        return sum + difference * difference
      } / Double(2 * D)
    map = StreamMap(
      axes: .rotation(matrix), scale: scale, embeddingSign: 1, embedsDirectly: true)
  }

  private static func isBelieved(_ fits: [Double], mean: Double) -> Bool {
    let found = fits.count { $0 >= sameChannel }
    return mean >= leastMeanCosine && Double(found) >= leastShare * Double(fits.count)
  }

  /// The column of each row: the best one, where that is no other row's best.
  private static func assigned(_ benefit: [[Double]]) -> [Int] {
    let best = benefit.map { row in
      row.indices.reduce(0) { row[$1] > row[$0] ? $1 : $0 }
    }
    if Set(best).count == best.count { return best }
    let assigned = Assignment.maximising(benefit)
    var free = Set(benefit.indices).subtracting(assigned.compactMap { $0 }).sorted()[...]
    return assigned.map { $0 ?? free.removeFirst() }
  }
}

/// A base model as that to which others are brought.
public struct ReferenceCoordinates: Sendable {
  /// The base as it is.
  public let expert: BaseTower
  /// The base with its norms folded.
  public let folded: FoldedTower
  let features: ChannelFeatures
  let embeddingGain: [Float]
  let norms: [[Float]]

  /// Reads the base's embeddings and norms.
  ///
  /// - Throws: the source's errors.
  public init(_ tensors: any TensorSource, _ configuration: VisionTowerConfiguration) throws {
    expert = BaseTower(tensors: tensors, configuration: configuration)
    features = try ChannelFeatures(tensors, configuration)
    embeddingGain =
      configuration.hasEmbeddingNorm
      ? try tensors.tensor(
        TensorRole(.embeddingNorm, .weight), shape: [configuration.hiddenSize]) : []
    folded = try FoldedTower(
      tensors, configuration,
      stream: .identity(
        width: configuration.hiddenSize, embedsDirectly: !configuration.hasEmbeddingNorm),
      blocks: LiveBlocks(layers: configuration.hiddenLayerCount))
    norms = folded.norms
  }
}

/// A base model's tensors and shape.
public struct BaseTower: Sendable {
  /// Its tensors by role.
  public let tensors: any TensorSource
  /// The shape of the tower.
  public let configuration: VisionTowerConfiguration
}
