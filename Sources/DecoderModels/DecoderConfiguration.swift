import Documents
import Files
import Foundation
import GGUFFiles

/// What a decoder says of itself in `config.json`, or in the metadata of a GGUF file.
public struct DecoderConfiguration: Sendable, Hashable {
  /// `model_type`, or `general.architecture`.
  public let modelType: String
  /// D, the width of a token.
  public let hiddenSize: Int?
  /// The number of layers that it states.
  public let layerCount: Int?
  /// The number of experts of a layer that it states; `nil` for a dense model.
  public let expertCount: Int?
  /// How router logits become a choice; `nil` for a dense model, or where the file does not say.
  public let scoring: ExpertScoring?
  /// `_name_or_path`, where a model says which one it was made from.
  public let nameOrPath: String?

  /// Reads `config.json`.
  ///
  /// - Throws: `DocumentError`, `FileError`; ``DecoderModelError/unknownModelType(file:actual:)``.
  static func read(_ file: String) throws -> (
    configuration: DecoderConfiguration, family: DecoderFamily
  ) {
    let values = try StrictJSON.decode([String: JSONValue].self, contentsOf: file)
    let type = modelType(values)
    guard let family = DecoderFamilies.family(ofModelType: type) else {
      throw DecoderModelError.unknownModelType(file: file, actual: type)
    }
    // Multimodal models keep the decoder's own settings in a section.
    var inner = values
    if case .object(let section)? = values["text_config"] { inner = section }
    return (DecoderConfiguration(Keys(inner), type, family), family)
  }

  /// The type of the decoder that `config.json` describes; empty when it states none.
  static func modelType(_ values: [String: JSONValue]) -> String {
    if case .object(let section)? = values["text_config"],
      case .string(let type)? = section["model_type"],
      DecoderFamilies.family(ofModelType: type) != nil
    {
      return type
    }
    if case .string(let type)? = values["model_type"] { return type }
    return ""
  }

  private init(_ keys: Keys, _ type: String, _ family: DecoderFamily) {
    modelType = type
    hiddenSize = keys.integer("hidden_size", "d_model")
    layerCount = keys.integer("num_hidden_layers", "n_layers")
    nameOrPath = keys.text("_name_or_path")
    expertCount = keys.integer(family.expertCountKeys)
    scoring = expertCount.map { _ in family.scoring.filled(keys, chosen: family.chosenCountKeys) }
  }

  init(gguf store: WeightStore) {
    let header = store.gguf
    let type = header?.text("general.architecture") ?? ""
    modelType = type
    hiddenSize = header?.integer("\(type).embedding_length")
    layerCount = header?.integer("\(type).block_count")
    nameOrPath = header?.text("general.name")
    let count = header?.integer("\(type).expert_count")
    expertCount = count == 0 ? nil : count
    guard expertCount != nil, let chosen = header?.integer("\(type).expert_used_count") else {
      scoring = nil
      return
    }
    var normalizes = type == "llama"
    if case .some(.boolean(let stated)) = header?.metadata["\(type).expert_weights_norm"] {
      normalizes = stated
    }
    var scale: Float = 1
    if case .some(.number(let stated)) = header?.metadata["\(type).expert_weights_scale"] {
      scale = Float(stated)
    }
    let isSigmoid = header?.integer("\(type).expert_gating_func") == 2
    scoring = ExpertScoring(
      score: isSigmoid ? .sigmoid : .softmax, normalization: normalizes ? .sum : .none,
      chosenCount: chosen, groups: nil, addsCorrection: isSigmoid, scale: scale, epsilon: 0)
  }
}

/// Keys of a JSON object, with dots between those of nested ones.
struct Keys {
  private let values: [String: JSONValue]

  init(_ values: [String: JSONValue]) { self.values = values }

  private func value(_ key: String) -> JSONValue? {
    guard let dot = key.firstIndex(of: ".") else { return values[key] }
    guard case .object(let inner)? = values[String(key[..<dot])] else { return nil }
    return Keys(inner).value(String(key[key.index(after: dot)...]))
  }

  func integer(_ keys: [String]) -> Int? {
    for key in keys {
      switch value(key) {
      case .integer(let number)?: return Int(exactly: number)
      default: continue
      }
    }
    return nil
  }

  func integer(_ keys: String...) -> Int? { integer(keys) }

  func number(_ key: String) -> Float? {
    switch value(key) {
    case .integer(let number)?: Float(number)
    case .number(let number)?: Float(number)
    default: nil
    }
  }

  func boolean(_ key: String) -> Bool? {
    if case .boolean(let value)? = value(key) { return value }
    return nil
  }

  func text(_ key: String) -> String? {
    if case .string(let value)? = value(key) { return value }
    return nil
  }
}

extension ScoringTemplate {
  fileprivate func filled(_ keys: Keys, chosen: [String]) -> ExpertScoring {
    var normalization = normalization
    if let byDefault = normalizesByDefault, keys.boolean("norm_topk_prob") ?? byDefault {
      normalization = .sum
    }
    var score = score
    if case .sparseMixer(let usual) = score {
      score = .sparseMixer(jitter: keys.number("router_jitter_noise") ?? usual)
    }
    var groups: ExpertScoring.Groups?
    // DeepSeek-V2 limits groups on request only.
    let isGrouped = grouping == .twoLargest || keys.text("topk_method") == "group_limited_greedy"
    if let grouping, isGrouped, let count = keys.integer("n_group"),
      let kept = keys.integer("topk_group"), count > 0
    {
      groups = ExpertScoring.Groups(count: count, kept: kept, score: grouping)
    }
    return ExpertScoring(
      score: score, normalization: normalization, chosenCount: keys.integer(chosen) ?? 1,
      groups: groups, addsCorrection: addsCorrection,
      scale: scales ? keys.number("routed_scaling_factor") ?? 1 : 1, epsilon: epsilon)
  }
}
