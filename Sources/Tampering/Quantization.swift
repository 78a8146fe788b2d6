import Checkpoints
import Documents
import RoutedModels
import VisionTransformers

/// Rounds weights to a few bits and back.
///
/// Equation: for each output row, s = max |w| / (2^(bits - 1) - 1) and w becomes s * round(w / s),
/// ties to the even integer. Symmetric, so zero stays zero; a row of zeros stays as it is. Over the
/// weight matrices of the encoder layers' linear maps; the result is stored as floats again.
public struct Quantization: TowerTampering {
  /// 8, 4 or 3.
  public let bits: Int

  /// Quantisation to 8, 4 or 3 bits.
  ///
  /// - Throws: ``TamperingError/unsupportedBits(actual:)``.
  public init(bits: Int) throws(TamperingError) {
    guard [8, 4, 3].contains(bits) else { throw .unsupportedBits(actual: bits) }
    self.bits = bits
  }

  /// `quantize`.
  public var name: String { "quantize" }
  /// The number of bits.
  public var parameters: [String: JSONValue] { ["bits": .integer(bits)] }

  /// The quantised tower.
  public func tampered(
    _ tower: any TensorSource, _ configuration: VisionTowerConfiguration, label: String
  ) throws -> any TensorSource {
    EditedTensors(source: tower) { [bits] role, shape, values in
      guard role.isLinearMap else { return values }
      return Self.quantized(values, columns: shape[1], bits: bits)
    }
  }

  package static func quantized(_ weights: [Float], columns: Int, bits: Int) -> [Float] {
    let levels = Float((1 << (bits - 1)) - 1)
    var result = weights
    for start in stride(from: 0, to: weights.count, by: columns) {
      let row = start..<start + columns
      let largest = weights[row].reduce(Float(0)) { max($0, $1.magnitude) }
      let scale = largest / levels
      // The quotient of a row of subnormal numbers can underflow.
      guard scale > 0 else { continue }
      for index in row {
        result[index] = scale * (weights[index] / scale).rounded(.toNearestOrEven)
      }
    }
    return result
  }
}
