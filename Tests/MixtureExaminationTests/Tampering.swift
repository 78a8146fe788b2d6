import Foundation
import Tensors

/// What somebody does to an expert on the way into a mixture; plain loops, as a reference.
enum Tampered {
  static func map(_ layers: Layers, _ body: (Int, [Float]) -> [Float]) -> Layers {
    layers.map { matrices in matrices.enumerated().map { body($0.offset, $0.element) } }
  }

  static func blend(_ first: Layers, _ second: Layers, _ share: Float) -> Layers {
    zip(first, second).map { zip($0, $1).map { zip($0, $1).map { share * $0 + (1 - share) * $1 } } }
  }

  static func noise(_ layers: Layers, _ sigma: Float, seed: UInt64) -> Layers {
    layers.enumerated().map { layer, matrices in
      matrices.enumerated().map { index, matrix in
        let draw = TinyDecoders.normals(seed, stream: UInt64(layer * 3 + index), sigma)
        return zip(matrix, draw).map { $0 + $1 }
      }
    }
  }

  /// mergekit's `residual_scale`.
  static func scaledDown(_ layers: Layers, _ factor: Float) -> Layers {
    map(layers) { index, matrix in index == 2 ? matrix.map { $0 * factor } : matrix }
  }

  /// The nearest numbers of bfloat16, as they stand in a victim's file.
  static func stored(_ layers: Layers) -> Layers {
    map(layers) { _, matrix in
      matrix.map {
        let bits = $0.bitPattern
        return Float(bitPattern: (bits &+ 0x7FFF &+ (bits >> 16 & 1)) & 0xFFFF_0000)
      }
    }
  }

  /// Zeros for the smaller share of every matrix.
  static func pruned(_ layers: Layers, _ share: Double) -> Layers {
    map(layers) { _, matrix in
      let limit = matrix.map(abs).sorted()[Int(share * Double(matrix.count))]
      return matrix.map { abs($0) < limit ? 0 : $0 }
    }
  }

  /// Symmetric rounding to few bits in groups of 32.
  static func rounded(_ layers: Layers, bits: Int) -> Layers {
    map(layers) { _, matrix in
      var result = matrix
      let top = Float((1 << (bits - 1)) - 1)
      for start in stride(from: 0, to: matrix.count, by: 32) {
        let step = (matrix[start..<start + 32].map(abs).max() ?? 0) / top
        for place in start..<start + 32 where step > 0 {
          result[place] = (matrix[place] / step).rounded() * step
        }
      }
      return result
    }
  }

  /// Hidden units in another order in every layer, and rescaled between up and down where `factors` say so.
  static func permuted(_ layers: Layers, seed: UInt64, rescaled: Bool = false) -> Layers {
    let (D, I) = (TinyDecoders.D, TinyDecoders.I)
    return layers.enumerated().map { layer, matrices in
      var generator = SeededGenerator(seed: seed, stream: UInt64(layer))
      var order = Array(0..<I)
      for last in stride(from: I - 1, to: 0, by: -1) {
        order.swapAt(last, generator.index(below: last + 1))
      }
      let factors = order.map { _ in
        rescaled
          ? Float(exp(generator.normal() * 0.5)) * (generator.index(below: 2) == 0 ? 1 : -1) : 1
      }
      var result = matrices
      for unit in 0..<I {
        for column in 0..<D {
          result[0][unit * D + column] = matrices[0][order[unit] * D + column]
          result[1][unit * D + column] = matrices[1][order[unit] * D + column] * factors[unit]
          result[2][column * I + unit] = matrices[2][column * I + order[unit]] / factors[unit]
        }
      }
      return result
    }
  }
}
