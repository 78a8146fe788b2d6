import Coordinates
import ExpertResponses
import ModelMerging
import RoutedModels
import VisionTransformers

/// A suspect expert beside the unmarked reference, made comparable by rules that look at both and at the base, never at
/// a key.
///
/// 1. Coordinates are undone: hidden units are matched, and what else changes no output (`Realignment`).
/// 2. Weights that a pruned suspect has at 0 are left out.
/// 3. If the suspect lies on a grid of few levels, both are put on that grid: level round(w / s), s being the
///    suspect's step of the row.
/// 4. If the base is known, the reference is base + c (V' - base), c from least squares over what is compared: a blend has
///    a share of the task vector only.
public struct ComparableSuspect: Sendable {
  /// What was found about the suspect on the way.
  public struct Findings: Sendable, Hashable, Codable {
    /// The share of hidden units that are not in the reference's places.
    public let movedUnitShare: Double
    /// Whether weights at 0 are left out.
    public let isMasked: Bool
    /// The bits of the grid that the suspect lies on, if it does.
    public let gridBits: Int?
    /// c, if the base is known.
    public let coefficient: Double?

    private enum CodingKeys: String, CodingKey {
      case coefficient
      case movedUnitShare = "moved_unit_share"
      case isMasked = "masked"
      case gridBits = "grid_bits"
    }
  }

  /// One tensor of both, in the same order; equally many.
  public struct Pair: Sendable {
    /// What it does.
    public let role: TensorRole
    /// S.
    public let suspect: [Float]
    /// V', as it is compared.
    public let reference: [Float]
    /// V' itself: equality means something with these numbers only, since a scaled reference may be the base.
    public let original: [Float]
  }

  /// What was found.
  public let findings: Findings
  private let suspect: any TensorSource
  private let reference: any TensorSource
  private let base: (any TensorSource)?
  private let tensors: [RoleShape]

  /// Makes a suspect comparable.
  ///
  /// - Parameters:
  ///   - own: the suspect's shape; the reference's when it is not given.
  ///   - configuration: the reference's shape.
  /// - Throws: the sources' errors, `CoordinateError`.
  public init(
    _ suspect: any TensorSource, _ own: VisionTowerConfiguration? = nil,
    with reference: any TensorSource, base: (any TensorSource)?,
    scope: MarkScope, _ configuration: VisionTowerConfiguration
  ) throws {
    let aligned = try Self.aligned(
      suspect, own ?? configuration, with: reference, configuration)
    let tensors = scope.tensors(of: configuration)
    let isMasked = try ZeroPattern(aligned.tower, configuration).isPruned
    let bits = try isMasked ? nil : GridRounding(aligned.tower, configuration)?.bits
    self.suspect = aligned.tower
    self.reference = reference
    self.base = base
    self.tensors = tensors
    func findings(_ coefficient: Double?) -> Findings {
      Findings(
        movedUnitShare: aligned.movedShare, isMasked: isMasked, gridBits: bits,
        coefficient: coefficient)
    }
    guard let base else {
      self.findings = findings(nil)
      return
    }
    var (product, square) = (0.0, 0.0)
    for tensor in tensors {
      let own = try aligned.tower.tensor(tensor.role, shape: tensor.shape)
      let other = try reference.tensor(tensor.role, shape: tensor.shape)
      let origin = try base.tensor(tensor.role, shape: tensor.shape)
      for index in own.indices where !(isMasked && own[index] == 0) {
        let difference = Double(other[index]) - Double(origin[index])
        product += (Double(own[index]) - Double(origin[index])) * difference
        square += difference * difference
      }
    }
    self.findings = findings(square > 0 ? product / square : nil)
  }

  /// The tensors in layer order.
  public var roles: [RoleShape] { tensors }

  /// One tensor of both.
  ///
  /// - Throws: the sources' errors.
  public func pair(_ tensor: RoleShape) throws -> Pair {
    let own = try suspect.tensor(tensor.role, shape: tensor.shape)
    let original = try reference.tensor(tensor.role, shape: tensor.shape)
    var other = original
    if let bits = findings.gridBits {
      let columns = tensor.shape.dropFirst().reduce(1, *)
      let both = Self.onGrid(own, original, columns: columns, bits: bits)
      return Pair(
        role: tensor.role, suspect: both.suspect, reference: both.reference, original: original)
    }
    if let base, let coefficient = findings.coefficient {
      let origin = try base.tensor(tensor.role, shape: tensor.shape)
      for index in other.indices {
        let start = Double(origin[index])
        other[index] = Float(start + coefficient * (Double(other[index]) - start))
      }
    }
    return Pair(role: tensor.role, suspect: own, reference: other, original: original)
  }

  /// Brings a suspect into the reference's coordinates: the one place where coordinates are undone.
  ///
  /// Hidden units are matched always. Where norms were rewritten, channels renumbered, units or heads added or
  /// renumbered, the whole tower is realigned; its maps are then those on normalised tokens, from which the
  /// reference's gains are taken out again, because a mark lies on the maps as they are stored.
  static func aligned(
    _ suspect: any TensorSource, _ own: VisionTowerConfiguration,
    with reference: any TensorSource, _ configuration: VisionTowerConfiguration
  ) throws -> (tower: any TensorSource, movedShare: Double) {
    let coordinates = try ReferenceCoordinates(reference, configuration)
    let realignment = try Realignment(
      of: ExpertTower(name: suspect.path, tensors: suspect, configuration: own), to: coordinates)
    let units: UnitMatching
    let tower: any TensorSource
    if realignment.isPlain {
      units = try UnitMatching(of: suspect, with: reference, configuration)
      tower = units.aligned(
        suspect, configuration, activation: try configuration.activation(file: suspect.path))
    } else {
      let weights = try realignment.weights()
      units = weights.units
      tower = UnfoldedMaps(
        source: weights.tower.tensors, reference: reference, width: configuration.hiddenSize)
    }
    return (tower, Double(units.movedCount) / Double(max(units.unitCount, 1)))
  }

  /// Both on the suspect's grid, row by row: s = max |S| / (2^(bits - 1) - 1).
  static func onGrid(
    _ suspect: [Float], _ reference: [Float], columns: Int, bits: Int
  ) -> (suspect: [Float], reference: [Float]) {
    let levels = Double((1 << (bits - 1)) - 1)
    var (own, other) = (suspect, reference)
    for start in stride(from: 0, to: suspect.count, by: max(columns, 1)) {
      let row = start..<start + columns
      let largest = suspect[row].reduce(Float(0)) { max($0, $1.magnitude) }
      let step = Double(largest) / levels
      guard step > 0 else { continue }
      for index in row {
        own[index] = Float((Double(suspect[index]) / step).rounded() * step)
        let level = (Double(reference[index]) / step).rounded()
        other[index] = Float(min(max(level, -levels), levels) * step)
      }
    }
    return (own, other)
  }
}
