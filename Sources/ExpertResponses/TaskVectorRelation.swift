import Coordinates
import RoutedModels
import VisionTransformers

/// How one expert's task vector follows from another's.
///
/// Equation: T_s = c T_v + r with c = <T_s, T_v> / <T_v, T_v>, over the MLPs of all layers
/// What norms take away is not compared: the mean of a row of the first map, of a column of the second.
/// A copy has c = 1 and r = 0; fine-tuning adds a remainder; blending with another expert halves c and
/// adds a remainder. Numerics: sums in Double, tensor after tensor.
public struct TaskVectorRelation: Sendable, Hashable {
  /// c.
  public let coefficient: Double
  /// cos(T_s, T_v).
  public let cosine: Double
  /// |r| / |T_v|.
  public let remainder: Double
  /// |r|^2 over the number of weights that took part.
  public let remainderSquare: Double

  /// Relates two experts of one base.
  ///
  /// - Parameters:
  ///   - suspect: with its hidden units in the base's order.
  ///   - survivingOnly: leave out the weights that are 0 in the suspect.
  /// - Throws: the sources' errors.
  public init(
    of suspect: any TensorSource, to victim: any TensorSource, base: any TensorSource,
    survivingOnly: Bool, _ configuration: VisionTowerConfiguration
  ) throws {
    var (vv, sv, ss, count) = (0.0, 0.0, 0.0, 0)
    for tensor in configuration.mlpTensors() {
      // A norm's offset went through the weights that were removed.
      if survivingOnly, tensor.role.kind == .bias, tensor.role.component != .down { continue }
      let masks = survivingOnly && tensor.role.kind == .weight
      func values(_ source: any TensorSource) throws -> [Float] {
        let values = try source.tensor(tensor.role, shape: tensor.shape)
        return masks ? values : Centring.gaugeFixed(values, tensor)
      }
      let (origin, own, other) = (try values(base), try values(suspect), try values(victim))
      for index in origin.indices where !(masks && own[index] == 0) {
        let s = Double(own[index]) - Double(origin[index])
        let v = Double(other[index]) - Double(origin[index])
        vv += v * v
        sv += s * v
        ss += s * s
        count += 1
      }
    }
    let scale = (vv * ss).squareRoot()
    coefficient = vv > 0 ? sv / vv : 0
    cosine = scale > 0 ? min(max(sv / scale, -1), 1) : 0
    let rest = max(0, ss - (vv > 0 ? sv * sv / vv : 0))
    remainder = vv > 0 ? (rest / vv).squareRoot() : 0
    remainderSquare = rest / Double(max(count, 1))
  }
}
