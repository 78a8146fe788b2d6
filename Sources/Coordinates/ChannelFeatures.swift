import RoutedModels
import Tensors
import VisionTransformers

/// What the embeddings of a tower say about each channel of its stream.
///
/// Shapes: `[D, 3pp + T]`: the patch map, then the tokens that are added at every place. What only ever
/// appears in a sum is summed first: the class embedding with the position before it, the patches' bias
/// with all their positions. The mean over channels, which the next norm takes away, is taken away, and the
/// mean over the patches' positions, which a shift of all pixels changes. The patch map and the positions
/// count alike, because a factor of all pixels multiplies the patch map alone.
struct ChannelFeatures: Sendable {
  /// D.
  let width: Int
  /// 3pp + T.
  let count: Int
  private let tokenCount: Int
  /// `[D, count]`.
  let values: [Float]
  /// The length of the positions before they were made to count as much as the patch map.
  let positionLength: Double

  /// Reads the embeddings.
  ///
  /// - Throws: the source's errors.
  init(_ source: any TensorSource, _ configuration: VisionTowerConfiguration) throws {
    let (D, T, p) = (
      configuration.hiddenSize, configuration.tokenCount, configuration.patchSize
    )
    let P = configuration.patchElementCount
    let patches = try source.tensor(
      TensorRole(.patchEmbedding), shape: [D, configuration.channelCount, p, p])
    var tokens = try source.tensor(TensorRole(.positionEmbedding), shape: [T, D])
    let first = configuration.hasClassToken ? 1 : 0
    if configuration.hasClassToken {
      let token = try source.tensor(TensorRole(.classEmbedding), shape: [D])
      for index in 0..<D { tokens[index] += token[index] }
    }
    if configuration.hasPatchBias {
      let bias = try source.tensor(TensorRole(.patchEmbedding, .bias), shape: [D])
      for index in first * D..<T * D { tokens[index] += bias[index % D] }
    }
    // Every patch has the mean of all patches less.
    for channel in 0..<D {
      let places = stride(from: first * D + channel, to: T * D, by: D)
      let mean = places.reduce(0.0) { $0 + Double(tokens[$1]) } / Double(max(T - first, 1))
      for place in places { tokens[place] = Float(Double(tokens[place]) - mean) }
    }
    let maps = Centring.columns(patches, rows: D)
    let positions = Centring.columns(transposed(tokens, rows: T, columns: D), rows: D)
    func length(_ values: [Float]) -> Double {
      values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    }
    let lengths = (length(maps), length(positions))
    func share(_ value: Float, _ length: Double) -> Float {
      length > 0 ? Float(Double(value) / length) : 0
    }
    width = D
    count = P + T
    tokenCount = T
    positionLength = lengths.1
    var values: [Float] = []
    values.reserveCapacity(D * (P + T))
    for channel in 0..<D {
      values += maps[channel * P..<(channel + 1) * P].map { share($0, lengths.0) }
      values += positions[channel * T..<(channel + 1) * T].map { share($0, lengths.1) }
    }
    self.values = values
  }

  /// The positions of all channels, their common length 1.
  var positions: [Float] {
    let P = count - tokenCount
    return (0..<width).flatMap { values[$0 * count + P..<($0 + 1) * count] }
  }

  /// The inner products of this tower's channels with another's, `[D, D]`.
  func products(with other: ChannelFeatures) -> [Double] {
    let result = FloatStorage(count: width * width)
    values.withUnsafeBufferPointer { first in
      other.values.withUnsafeBufferPointer { second in
        guard let a = first.baseAddress, let b = second.baseAddress else { return }
        Kernels().multiply(
          rows: width, columns: width, inner: count, a, rowStride: count, columnStride: 1, b,
          rowStride: 1, columnStride: count, into: result.pointer, stride: width)
      }
    }
    return result.elements.map(Double.init)
  }

  /// The length of every channel's vector.
  var lengths: [Double] {
    (0..<width).map { channel in
      values[channel * count..<(channel + 1) * count]
        .reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    }
  }
}

/// Takes means away that norms take away.
public enum Centring {
  /// Each column less its mean over the rows.
  static func columns(_ values: [Float], rows: Int) -> [Float] {
    guard rows > 0 else { return values }
    let columns = values.count / rows
    var means = [Double](repeating: 0, count: columns)
    for row in 0..<rows {
      for column in 0..<columns { means[column] += Double(values[row * columns + column]) }
    }
    var result = values
    for row in 0..<rows {
      for column in 0..<columns {
        let index = row * columns + column
        result[index] = Float(Double(values[index]) - means[column] / Double(rows))
      }
    }
    return result
  }

  /// Each row less its mean over the columns.
  static func rows(_ values: [Float], columns: Int) -> [Float] {
    var result = values
    for start in stride(from: 0, to: values.count, by: max(columns, 1)) {
      let row = values[start..<start + columns]
      let mean = row.reduce(0.0) { $0 + Double($1) } / Double(columns)
      for index in row.indices { result[index] = Float(Double(values[index]) - mean) }
    }
    return result
  }

  /// A tensor of an MLP without what the norms before and behind it take away.
  public static func gaugeFixed(_ values: [Float], _ tensor: RoleShape) -> [Float] {
    switch (tensor.role.component, tensor.role.kind) {
    case (.up, .weight), (.gatingUp, .weight):
      rows(values, columns: tensor.shape.last ?? 1)
    case (.down, _): columns(values, rows: tensor.shape.first ?? 1)
    default: values
    }
  }
}
