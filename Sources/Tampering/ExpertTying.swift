import Checkpoints
import Documents
import RoutedModels
import VisionTransformers

/// Gives several experts one content, their mean, as MC-SMoE does (Li et al., 2024, arXiv:2310.01334).
///
/// Each keeps its slot and its gate rows, so the routing of a layer whose input is the same does not
/// change at all: only weights show it. The mean is without weights; MC-SMoE weighs by frequency of
/// use and aligns units first, which experts of one base model do not need.
public struct ExpertTying: MixtureTampering {
  let experts: [String]

  /// A mixture in which these experts are one.
  ///
  /// - Throws: ``TamperingError/tooFewExperts(operation:expected:actual:)``.
  public init(experts: [String]) throws(TamperingError) {
    let different = Set(experts).count
    guard different > 1 else {
      throw .tooFewExperts(operation: "tie", expected: 2, actual: different)
    }
    self.experts = experts
  }

  /// `tie`.
  public var name: String { "tie" }
  /// The experts.
  public var parameters: [String: JSONValue] {
    ["experts": .array(experts.map { .string($0) })]
  }

  /// Ties the experts.
  public func tamper(_ mixture: inout EditableMixture) throws {
    let places = try Set(experts.map(mixture.index(of:))).sorted()
    // The sum over tied experts is the sum over them before, but for rounding.
    mixture.outside = .standing(mixture.outsideTensors)
    let tied = places.map { mixture.slots[$0] }
    for place in places {
      mixture.slots[place].tower = MeanTensors(
        first: tied[0].tower, others: tied.dropFirst().map(\.tower))
      mixture.slots[place].taskVector = MeanTensors(
        first: tied[0].taskVector, others: tied.dropFirst().map(\.taskVector))
    }
  }
}
