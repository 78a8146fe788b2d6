import Measuring
import Tensors

/// What merging costs: the two maps of a ViT-B/32 MLP, static or merged of five experts for every sample.
///
/// There are no gates. Two layers are used in turn, so that no weight stays in a cache.
final class MeasuredEnsembles {
  private struct Layer: Sendable {
    let fc1: [PackedMatrix]
    let fc2: [PackedMatrix]
  }

  private let (tokens, width, hidden, experts) = (50, 768, 3072, 5)
  private let pool = WorkerPool()
  private var layers: [Precision: [Layer]] = [:]

  private func layers(_ precision: Precision) -> [Layer] {
    if let made = layers[precision] { return made }
    let made = (0..<2).map { _ in
      Layer(
        fc1: (0...experts).map { _ in
          PackedMatrix(
            random(width * hidden).map { $0 * 0.05 }, rows: hidden, columns: width,
            precision: precision)
        },
        fc2: (0...experts).map { _ in
          PackedMatrix(
            random(width * hidden).map { $0 * 0.05 }, rows: width, columns: hidden,
            precision: precision)
        })
    }
    layers[precision] = made
    return made
  }

  /// Floating-point operations of both layers for one sample, without merging: two maps a layer, each
  /// multiply-add counted as two.
  var operations: Int { 2 * 2 * 2 * tokens * width * hidden }

  /// Seconds of both layers for `samples` samples split over the threads.
  func run(_ kind: String, _ precision: Precision, samples: Int) -> Double {
    let layers = layers(precision)
    let x = FloatStorage(random(samples * tokens * width))
    let inner = FloatStorage(count: samples * tokens * hidden)
    let y = FloatStorage(count: samples * tokens * width)
    let weights = FloatStorage([Float](repeating: 0.3, count: samples * experts))
    let (tokens, experts, isMerged) = (tokens, experts, kind == "merged")
    let activation: Activation = kind == "products" ? .identity : .quickGELU
    let kernels = Kernels()
    @Sendable func multiply(
      _ input: FloatStorage, _ matrices: [PackedMatrix], _ range: Range<Int>,
      _ activation: Activation, _ output: FloatStorage
    ) {
      let base = matrices[0]
      let from = input.pointer + range.lowerBound * tokens * base.columns
      let to = output.pointer + range.lowerBound * tokens * base.rows
      if isMerged {
        kernels.mergedMultiply(
          from, samples: range.count, tokens: tokens, stride: base.columns, base: base,
          taskVectors: Array(matrices.dropFirst()), baseBias: nil, taskVectorBiases: [],
          weights: weights.pointer + range.lowerBound * experts, activation: activation, into: to,
          stride: base.rows)
      } else {
        kernels.multiply(
          from, rows: range.count * tokens, stride: base.columns, by: base, bias: nil,
          activation: activation, into: to, stride: base.rows)
      }
    }
    return seconds(
      ContinuousClock().measure {
        pool.split(samples) { _, range in
          for layer in layers {
            multiply(x, layer.fc1, range, activation, inner)
            multiply(inner, layer.fc2, range, .identity, y)
          }
        }
      })
  }
}
