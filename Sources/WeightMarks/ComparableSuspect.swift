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
    let tensors = scope.tensors(of: configuration)
    let aligned = try Self.aligned(
      suspect, own ?? configuration, with: reference, base: base, tensors, configuration)
    let isMasked = try ZeroPattern(aligned.suspect, configuration).isPruned
    let bits = try isMasked ? nil : GridRounding(aligned.suspect, configuration)?.bits
    self.suspect = aligned.suspect
    self.reference = aligned.reference
    self.base = aligned.base
    self.tensors = tensors
    func findings(_ coefficient: Double?) -> Findings {
      Findings(
        movedUnitShare: aligned.movedShare, isMasked: isMasked, gridBits: bits,
        coefficient: coefficient)
    }
    guard let base = aligned.base else {
      self.findings = findings(nil)
      return
    }
    var (product, square) = (0.0, 0.0)
    for tensor in tensors {
      let own = try aligned.suspect.tensor(tensor.role, shape: tensor.shape)
      let other = try aligned.reference.tensor(tensor.role, shape: tensor.shape)
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

  /// A suspect and what it is compared with, in one writing.
  private struct Aligned {
    let suspect: any TensorSource
    let reference: any TensorSource
    let base: (any TensorSource)?
    let movedShare: Double

    /// |S - V'|^2 over |V'|^2.
    func distance(_ tensors: [RoleShape]) throws -> Double {
      var (difference, size) = (0.0, 0.0)
      for tensor in tensors {
        let own = try suspect.tensor(tensor.role, shape: tensor.shape)
        let other = try reference.tensor(tensor.role, shape: tensor.shape)
        for index in own.indices {
          let step = Double(own[index]) - Double(other[index])
          difference += step * step
          size += Double(other[index]) * Double(other[index])
        }
      }
      return size > 0 ? difference / size : 0
    }
  }

  /// Brings a suspect into the reference's coordinates: the one place where coordinates are undone.
  ///
  /// The suspect is compared as it is written, with its hidden units matched, or realigned as a whole: norms
  /// folded, channels, units and heads in the reference's order, constants that norms take away left out. The
  /// gains of the reference's norms are taken out again there, because a mark lies on the maps as they are
  /// stored. Whichever of both is clearly nearer to the reference is taken; neither looks at a key.
  private static func aligned(
    _ suspect: any TensorSource, _ own: VisionTowerConfiguration,
    with reference: any TensorSource, base: (any TensorSource)?, _ tensors: [RoleShape],
    _ configuration: VisionTowerConfiguration
  ) throws -> Aligned {
    let coordinates = try ReferenceCoordinates(reference, configuration)
    func realigned(
      _ tower: any TensorSource, _ shape: VisionTowerConfiguration
    ) throws -> (maps: any TensorSource, units: UnitMatching) {
      let weights = try Realignment(
        of: ExpertTower(name: tower.path, tensors: tower, configuration: shape), to: coordinates
      ).weights()
      return (
        UnfoldedMaps(
          source: weights.tower.tensors, reference: reference, width: configuration.hiddenSize),
        weights.units
      )
    }
    let whole = try realigned(suspect, own)
    let rewritten = Aligned(
      suspect: whole.maps,
      reference: UnfoldedMaps(
        source: coordinates.folded, reference: reference, width: configuration.hiddenSize),
      base: try base.map { try realigned($0, configuration).maps },
      movedShare: Self.share(whole.units))
    guard own.intermediateSize == configuration.intermediateSize,
      own.attentionHeadCount == configuration.attentionHeadCount,
      own.hiddenLayerCount == configuration.hiddenLayerCount
    else { return rewritten }
    let units = try UnitMatching(of: suspect, with: reference, configuration)
    let plain = Aligned(
      suspect: units.aligned(
        suspect, configuration, activation: try configuration.activation(file: suspect.path)),
      reference: reference, base: base, movedShare: Self.share(units))
    // What training does to gains moves both a little.
    return try plain.distance(tensors) <= 1.5 * rewritten.distance(tensors) + 1e-6
      ? plain : rewritten
  }

  private static func share(_ units: UnitMatching) -> Double {
    Double(units.movedCount) / Double(max(units.unitCount, 1))
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
