import Tensors

/// How the base's coordinates of the residual stream follow from a suspect's.
///
/// A norm takes the mean of the channels away and divides by what is left, so that towers may write their
/// stream in other coordinates and compute the same. With an elementwise norm between the embeddings and
/// the first layer the channels can only be renumbered and multiplied by one number; without it any
/// rotation that keeps the direction (1, ..., 1) will do.
struct StreamMap: Sendable {
  /// Which coordinates.
  enum Axes: Sendable {
    /// Channel i of the base is channel `channels[i]` of the suspect.
    case channels([Int])
    /// z_base = Q z_suspect, `[D, D]` row by row.
    case rotation([Float])
  }

  let axes: Axes
  /// What the suspect's stream was multiplied by, besides; its sign is the stream's.
  let scale: Double
  /// The sign of the tokens before the embedding norm; 1 where there is none.
  let embeddingSign: Double
  /// Whether the tokens before the first layer are the stream itself, without a norm between.
  let embedsDirectly: Bool

  /// The same coordinates.
  static func identity(width: Int, embedsDirectly: Bool) -> StreamMap {
    StreamMap(
      axes: .channels(Array(0..<width)), scale: 1, embeddingSign: 1,
      embedsDirectly: embedsDirectly)
  }

  /// What maps of normalised tokens are multiplied by, besides their gain.
  private var readingSign: Float {
    // A rotation has the sign in itself.
    if case .rotation = axes { 1 } else { scale < 0 ? -1 : 1 }
  }

  /// A map `[N, D]` that reads the normalised stream, with the norm's gain in it.
  func reader(_ values: [Float], gain: [Float]) -> [Float] {
    let width = gain.count
    let rows = values.count / width
    switch axes {
    case .channels(let channels):
      let factors = channels.map { gain[$0] * readingSign }
      var result = [Float](repeating: 0, count: values.count)
      for row in 0..<rows {
        let start = row * width
        for index in 0..<width {
          result[start + index] = values[start + channels[index]] * factors[index]
        }
      }
      return result
    case .rotation(let matrix):
      var scaled = values
      for index in scaled.indices { scaled[index] *= gain[index % width] }
      return Self.product(scaled, rows: rows, matrix, width: width, transposed: true)
    }
  }

  /// The gain, or the offset, of a norm that is not folded.
  func vector(_ values: [Float], isSigned: Bool) -> [Float] {
    guard case .channels(let channels) = axes else { return values }
    return channels.map { values[$0] * (isSigned ? readingSign : 1) }
  }

  /// A map, or a bias, `[D, N]` that writes to the stream.
  func writer(_ values: [Float], width: Int) -> [Float] {
    moved(values, width: width, factor: 1 / scale)
  }

  /// A map, or a vector, `[D, N]` that writes to the tokens before the embedding norm.
  func embedding(_ values: [Float], width: Int) -> [Float] {
    moved(values, width: width, factor: embedsDirectly ? 1 / scale : embeddingSign)
  }

  /// Tokens `[T, D]` before the embedding norm.
  func embeddedTokens(_ values: [Float], width: Int) -> [Float] {
    let columns = values.count / width
    return transposed(
      embedding(transposed(values, rows: columns, columns: width), width: width), rows: width,
      columns: columns)
  }

  /// Gain or offset of the norm before the first layer.
  func embeddingNorm(_ values: [Float], isGain: Bool) -> [Float] {
    moved(values, width: values.count, factor: (isGain ? embeddingSign : 1) / scale)
  }

  private func moved(_ values: [Float], width: Int, factor: Double) -> [Float] {
    let columns = values.count / width
    let factor = Float(factor)
    switch axes {
    case .channels(let channels):
      var result: [Float] = []
      result.reserveCapacity(values.count)
      for channel in channels {
        for index in channel * columns..<(channel + 1) * columns {
          result.append(values[index] * factor)
        }
      }
      return result
    case .rotation(let matrix):
      var result = Self.product(matrix, rows: width, values, width: width, transposed: false)
      for index in result.indices { result[index] *= factor }
      return result
    }
  }

  /// A B of `[rows, width]` and `[width, N]`, or A B^T of `[rows, width]` and `[N, width]`.
  private static func product(
    _ first: [Float], rows: Int, _ second: [Float], width: Int, transposed: Bool
  ) -> [Float] {
    let columns = second.count / width
    let result = FloatStorage(count: rows * columns)
    first.withUnsafeBufferPointer { first in
      second.withUnsafeBufferPointer { second in
        guard let a = first.baseAddress, let b = second.baseAddress else { return }
        Kernels().multiply(
          rows: rows, columns: columns, inner: width, a, rowStride: width, columnStride: 1, b,
          rowStride: transposed ? 1 : columns, columnStride: transposed ? width : 1,
          into: result.pointer, stride: columns)
      }
    }
    return result.elements
  }
}

/// The transpose of `[rows, columns]`.
func transposed(_ values: [Float], rows: Int, columns: Int) -> [Float] {
  (0..<columns).flatMap { column in (0..<rows).map { values[$0 * columns + column] } }
}
