import Coordinates
import ModelMerging
import RoutedModels
import VisionTransformers

/// What was probably done to an expert's weights, given the expert it was made from.
///
/// For pairs that are matched already: measurements on weights explain a match, they do not make one.
public struct WeightDiagnosis: Sendable {
  /// What the measurements show.
  public enum Finding: String, Sendable, Hashable, CaseIterable {
    /// Weights were set to 0.
    case pruned
    /// Weights lie on a grid of a few levels.
    case quantised
    /// Hidden units are in another order.
    case permuted
    /// Part of the victim's task vector was replaced by something else.
    case blended
    /// Something was added to the victim's task vector.
    case fineTuned
  }

  /// Below this share of the victim's task vector the expert counts as blended: training on changes
  /// the share by a few per cent.
  static let blendedCoefficient = 0.85
  /// Above this share of units in other places the units count as permuted.
  static let permutedShare = 0.01
  /// Above this remainder, relative to the victim's task vector, the expert counts as trained on.
  static let trainedRemainder = 0.02

  /// The suspect in the base's coordinates, in which all the rest is measured.
  public let realignment: Realignment
  /// The suspect expert's zeros.
  public let zeros: ZeroPattern
  /// The victim expert's own zeros.
  public let victimZeros: ZeroPattern
  /// The grid its weights lie on; `nil` if they lie on none.
  public let grid: GridRounding?
  /// Which of its hidden units are which of the victim's.
  public let units: UnitMatching
  /// How its task vector follows from the victim's, units in order, over surviving weights.
  public let relation: TaskVectorRelation

  /// Measures a suspect's expert against the victim's.
  ///
  /// - Throws: `CoordinateError`; the sources' errors.
  public init(
    of suspect: ExpertTower, from victim: ExpertTower, reference: ReferenceCoordinates
  ) throws {
    realignment = try Realignment(of: suspect, to: reference)
    let shape = reference.expert.configuration
    let own = realignment.folded
    // Units that do nothing are no zeros of a pruned expert.
    func zeros(_ realignment: Realignment) throws -> ZeroPattern {
      let tower =
        realignment.folded.configuration.intermediateSize == shape.intermediateSize
        ? realignment.folded : try realignment.weights().tower
      return try ZeroPattern(tower.tensors, tower.configuration)
    }
    let origin = try Realignment(of: victim, to: reference)
    let other =
      origin.folded.configuration.intermediateSize == shape.intermediateSize
      ? origin.folded : try origin.weights().tower
    self.zeros = try zeros(realignment)
    victimZeros = try zeros(origin)
    grid = try GridRounding(suspect.tensors, suspect.configuration)
    units = try UnitMatching(
      of: own.tensors, own.configuration, with: other.tensors, other.configuration)
    let aligned = units.aligned(
      own.tensors, own.configuration,
      activation: try shape.activation(file: suspect.tensors.path))
    relation = try TaskVectorRelation(
      of: aligned, to: other.tensors, base: reference.folded,
      survivingOnly: self.zeros.isPruned, shape)
  }

  /// Whether more weights are 0 than in the victim's expert.
  public var isPruned: Bool {
    zeros.isPruned && zeros.share > victimZeros.share + ZeroPattern.smallestShare
  }

  /// Whether hidden units were renumbered.
  public var isPermuted: Bool {
    Double(units.movedCount) > Self.permutedShare * Double(units.unitCount)
  }

  /// Whether part of the victim's task vector is gone.
  public var isBlended: Bool { relation.coefficient < Self.blendedCoefficient }

  /// Whether there is more beside the victim's task vector than rounding explains.
  public var isFineTuned: Bool {
    guard relation.remainder > Self.trainedRemainder, !isBlended else { return false }
    // Twice the rounding error of a uniform grid: its true size depends on where weights lie.
    return relation.remainderSquare > 2 * (grid?.noiseSquare ?? 0)
  }

  /// Everything that the measurements show; nothing for a plain copy.
  public var findings: [Finding] {
    let all: [(Finding, Bool)] = [
      (.pruned, isPruned), (.quantised, grid != nil), (.permuted, isPermuted),
      (.blended, isBlended), (.fineTuned, isFineTuned),
    ]
    return all.filter(\.1).map(\.0)
  }
}

/// Experts of one model that are nearly equal to each other.
public struct CloneSearch: Sendable {
  /// From this cosine of task vectors on, two experts count as one: independent experts of a task
  /// are far below.
  static let smallestCosine = 0.9

  /// Two experts of a model.
  public struct Pair: Sendable, Hashable {
    /// The places of both, the lower first.
    public let first: Int
    /// The place of the other.
    public let second: Int
    /// The cosine of their task vectors.
    public let cosine: Double
  }

  /// The pairs of experts that are nearly equal.
  public let pairs: [Pair]

  /// Compares all experts of a model with each other.
  ///
  /// - Parameters:
  ///   - experts: in the base's coordinates and with its units.
  ///   - base: with its norms folded.
  /// - Throws: the sources' errors.
  public init(among experts: [ExpertTower], base: any TensorSource) throws {
    var pairs: [Pair] = []
    for second in experts.indices {
      for first in 0..<second {
        let relation = try TaskVectorRelation(
          of: experts[second].tensors, to: experts[first].tensors, base: base,
          survivingOnly: false, experts[first].configuration)
        guard relation.cosine >= Self.smallestCosine else { continue }
        pairs.append(Pair(first: first, second: second, cosine: relation.cosine))
      }
    }
    self.pairs = pairs
  }
}
