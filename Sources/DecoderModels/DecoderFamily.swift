import RoutedModels

/// A kind of decoder that one framework class saves: what its tensors are called, which keys of
/// `config.json` count its experts, and how its router's logits become a choice.
public struct DecoderFamily: ModelFamily {
  /// The values of `model_type` in `config.json` that mean this family.
  public let modelTypes: [String]
  /// What its tensors are called.
  public let names: TensorNames
  /// The keys that may hold the number of experts, the first that is there counts; empty for dense models.
  let expertCountKeys: [String]
  /// The keys that may hold how many experts a token gets.
  let chosenCountKeys: [String]
  /// How logits become a choice.
  let scoring: ScoringTemplate

  init(
    _ modelTypes: [String], _ names: TensorNames, experts: [String] = [],
    chosen: [String] = ["num_experts_per_tok"], scoring: ScoringTemplate = ScoringTemplate()
  ) {
    self.modelTypes = modelTypes
    self.names = names
    expertCountKeys = experts
    chosenCountKeys = chosen
    self.scoring = scoring
  }

  /// What the family is called in messages.
  public var title: String { names.family }
}

/// The list of decoder families: adding one is a few lines of names and a line here.
public enum DecoderFamilies {
  /// All families; each `model_type` belongs to one.
  public static let all: [DecoderFamily] =
    [.dense] + DecoderFamily.perExpert + DecoderFamily.fused

  /// The family of a `model_type`.
  public static func family(ofModelType type: String) -> DecoderFamily? {
    all.first { $0.modelTypes.contains(type) }
  }
}

/// How a family's scoring depends on `config.json`; values that stand there come first.
struct ScoringTemplate: Sendable {
  var score: ExpertScoring.Score = .softmax
  var normalization: ExpertScoring.Normalization = .none
  /// The value of `norm_topk_prob` where the file leaves it out; `nil` where the key has no meaning.
  var normalizesByDefault: Bool?
  var grouping: ExpertScoring.GroupScore?
  var addsCorrection = false
  var scales = false
  /// What is added to a sum before weights are divided by it.
  var epsilon: Float = 0
}
