import DecoderModels
import Foundation
import Tensors

/// Random tokens as the experts of a layer could get them.
///
/// Equation: x = g * z / rms(z), z ~ N(0, 1), g the gain of the base's norm before the experts
/// Shapes: `[count, D]`.
/// No text, tokenizer or forward pass is needed: on fine-tuned language models residuals of responses to such
/// tokens agree with those on real hidden states.
struct ResponseProbes: Sendable {
  let values: [Float]
  let count: Int

  init(seed: UInt64, layer: Int, count: Int, width D: Int, gain: [Float]?) {
    var generator = SeededGenerator(seed: seed, stream: UInt64(truncatingIfNeeded: layer))
    var values = [Float](repeating: 0, count: count * D)
    for probe in 0..<count {
      var square = 0.0
      for index in 0..<D {
        let value = generator.normal()
        values[probe * D + index] = Float(value)
        square += value * value
      }
      let scale = Float(square > 0 ? (Double(D) / square).squareRoot() : 0)
      for index in 0..<D { values[probe * D + index] *= scale * (gain?[index] ?? 1) }
    }
    self.values = values
    self.count = count
  }
}

/// Responses of SwiGLU experts that are read block by block, never whole.
struct ExpertResponder: Sendable {
  let kernels: Kernels
  let pool: WorkerPool
  /// Values of a matrix that are in memory at a time, per thread and matrix.
  private static let blockLength = 1 << 19

  /// Rows of a matrix in blocks.
  static func blocks(rows: Int, columns: Int) -> [Range<Int>] {
    let height = max(1, min(rows, blockLength / max(columns, 1)))
    return stride(from: 0, to: rows, by: height).map { $0..<min($0 + height, rows) }
  }

  /// What one matrix gives for some inputs.
  ///
  /// Equation: out[r, p] = sum over k of W[r, k] x[p, k]
  ///
  /// - Parameter read: rows of W.
  func product(
    rows: Int, columns: Int, inputs: [Float], _ read: @Sendable (Range<Int>) throws -> [Float]
  ) throws -> [Float] {
    let count = columns > 0 ? inputs.count / columns : 0
    let blocks = Self.blocks(rows: rows, columns: columns)
    let parts = try pool.map(blocks.count) { index in
      multiply(try read(blocks[index]), columns: columns, inputs, count)
    }
    return parts.flatMap { $0 }
  }

  /// A block of rows times all inputs.
  func multiply(_ block: [Float], columns: Int, _ inputs: [Float], _ count: Int) -> [Float] {
    let rows = columns > 0 ? block.count / columns : 0
    var out = [Float](repeating: 0, count: rows * count)
    block.withUnsafeBufferPointer { a in
      inputs.withUnsafeBufferPointer { b in
        out.withUnsafeMutableBufferPointer { c in
          guard let a = a.baseAddress, let b = b.baseAddress, let c = c.baseAddress else { return }
          kernels.multiply(
            rows: rows, columns: count, inner: columns, a, rowStride: columns, columnStride: 1, b,
            rowStride: 1, columnStride: columns, into: c, stride: count)
        }
      }
    }
    return out
  }

  /// silu(gate) * up for the first `count` of the probes, as inputs `[count, I]` of the down map.
  static func hidden(gate: [Float], up: [Float], units: Int, count: Int) -> [Float] {
    let probes = units > 0 ? gate.count / units : 0
    var hidden = [Float](repeating: 0, count: count * units)
    for unit in 0..<units {
      for probe in 0..<count {
        let value = gate[unit * probes + probe]
        hidden[probe * units + unit] =
          value / (1 + Foundation.exp(-value)) * up[unit * probes + probe]
      }
    }
    return hidden
  }
}
