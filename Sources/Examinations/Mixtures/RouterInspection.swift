import DecoderModels
import Diagnostics
import ExpertMatching
import RoutedModels
import Tensors

/// What the routers of a mixture say by their weights alone.
public struct RouterInspection: Encodable, Sendable, Hashable {
  /// How they were probably made.
  public let origin: RouterReading.Origin
  /// The shortest row.
  public let shortestRow: Double
  /// The longest row.
  public let longestRow: Double
  /// Whether all layers have the same rows.
  public let layersAreEqual: Bool
  /// The mean cosine of two rows of a layer.
  public let meanCosine: Double
  /// The largest condition number of a layer's rows.
  public let condition: Double?

  private enum CodingKeys: String, CodingKey {
    case origin, condition
    case shortestRow = "shortest_row"
    case longestRow = "longest_row"
    case layersAreEqual = "layers_are_equal"
    case meanCosine = "mean_cosine"
  }

  /// Reads the routers; `nil` for a dense model.
  ///
  /// - Throws: what reading tensors throws.
  public init?(of model: DecoderModel) throws {
    guard let reading = try RouterReading(of: model) else { return nil }
    origin = reading.origin
    shortestRow = reading.normRange.lowerBound
    longestRow = reading.normRange.upperBound
    layersAreEqual = reading.layersAreEqual
    meanCosine = reading.meanCosine
    condition = reading.condition.isFinite ? reading.condition : nil
  }

  /// How the router was made, in words.
  public var words: String {
    switch origin {
    case .hidden: "made from prompts (hidden states), not trained"
    case .cheapEmbed: "made from prompts (cheap_embed), not trained"
    case .random: "random, not trained"
    case .uniformRandom: "random (uniform), not trained"
    case .trained: "trained, or made in a way that is not known"
    }
  }
}

/// Whether routing can say anything of a mixture's experts.
///
/// The router of an untrained merge is a function of base and prompts, so its traces are alike for anybody's
/// experts; where experts are equal, routing cannot tell them apart. Whoever compares traces asks here first.
public enum RoutingApplicability {
  /// Why routing says nothing of these experts, in one sentence without a full stop; `nil` when it may.
  ///
  /// - Parameter base: the dense model that experts were made from, where it is known.
  /// - Throws: what reading tensors throws.
  public static func reason(
    against model: DecoderModel, base: DecoderModel? = nil
  ) throws -> String? {
    guard let router = try RouterInspection(of: model) else { return "the model has no router" }
    switch router.origin {
    case .hidden, .cheapEmbed:
      return "the router was made from prompts and says nothing of the experts beneath it"
    case .random, .uniformRandom: return "the router is random and was not trained"
    case .trained: break
    }
    guard let site = model.sites.first else { return nil }
    var slices: [MatrixSlice] = []
    for slot in site.experts { slices += try model.expert(layer: site.layer, slot: slot).all }
    if let base, base.denseLayers.contains(site.layer) {
      slices += try base.expert(layer: site.layer, slot: .dense).all
    }
    let digests = try SliceDigests.of(slices)
    let experts = stride(from: 0, to: digests.count, by: 3).map { Array(digests[$0..<$0 + 3]) }
    let own = experts.prefix(site.experts.count)
    if experts.count > own.count, let last = experts.last, own.contains(last) {
      return "experts are the base's own weights, which a router cannot tell apart"
    }
    if Set(own).count < own.count {
      return "experts are equal to each other, so a router cannot tell them apart"
    }
    return nil
  }
}
