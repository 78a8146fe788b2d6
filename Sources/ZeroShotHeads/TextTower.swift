import Checkpoints
import Documents
import Files
import Foundation

/// CLIP's text tower: what turns a prompt into the direction that images are compared with.
///
/// Equation: pre-norm transformer with causal attention; features = W_proj LN(h at the end token).
/// Plain reference code: a prompt is computed by itself and without padding, which causal attention
/// does not see anyway. Sums are in Double.
///
///     let tower = try TextTower(folder: "clip")
///     let features = try tower.features("a photo of a cat.")  // [P]
public struct TextTower: Sendable {
  /// P, the length of a feature vector.
  public let width: Int
  /// What cosines are multiplied with, if the checkpoint says it: exp(logit_scale).
  public let logitScale: Double?
  private let tokenizer: BytePairTokenizer
  private let tokens: Matrix
  private let positions: Matrix
  private let layers: [Layer]
  private let last: Norm
  private let projection: Matrix
  private let heads: Int
  private let isQuick: Bool

  /// Opens a folder with a CLIP, or with a CLIPTextModelWithProjection, and its tokenizer.
  ///
  /// - Throws: ``HeadsError/unsupported(file:what:)``,
  ///   ``HeadsError/malformed(file:key:expected:actual:)``; `CheckpointError`, `DocumentError`,
  ///   `FileError`.
  public init(folder: String) throws {
    let file = (folder as NSString).appendingPathComponent("config.json")
    let whole = try StrictJSON.decode(Configuration.self, contentsOf: file)
    let text = whole.text ?? whole.flat
    if let type = whole.type, !["clip", "clip_text_model"].contains(type) {
      throw HeadsError.unsupported(file: file, what: "the text tower of a `\(type)`")
    }
    let activation = text.activation ?? "quick_gelu"
    guard ["quick_gelu", "gelu"].contains(activation) else {
      throw HeadsError.unsupported(file: file, what: "the activation `\(activation)`")
    }
    isQuick = activation == "quick_gelu"
    tokenizer = try BytePairTokenizer(folder: folder)
    let reader = try Reader(folder)
    tokens = try reader.matrix("embeddings.token_embedding.weight")
    positions = try reader.matrix("embeddings.position_embedding.weight", columns: tokens.columns)
    heads = text.heads ?? 8
    guard heads > 0, tokens.columns % heads == 0 else {
      throw HeadsError.malformed(
        file: file, key: "num_attention_heads", expected: "a divisor of \(tokens.columns)",
        actual: "\(heads)")
    }
    let epsilon = text.epsilon ?? 1e-5
    var layers: [Layer] = []
    while reader.contains("encoder.layers.\(layers.count).layer_norm1.weight") {
      layers.append(
        try Layer(
          reader, "encoder.layers.\(layers.count).", width: tokens.columns, epsilon: epsilon))
    }
    guard !layers.isEmpty, text.layers.map({ $0 == layers.count }) ?? true else {
      throw HeadsError.malformed(
        file: file, key: "num_hidden_layers", expected: "\(layers.count), as the checkpoint has",
        actual: text.layers.map { "\($0)" } ?? "missing")
    }
    self.layers = layers
    last = try Norm(reader, "final_layer_norm", width: tokens.columns, epsilon: epsilon)
    projection = try reader.projection(columns: tokens.columns)
    width = projection.rows
    logitScale = try reader.logitScale()
  }

  /// The features of a prompt, `[P]`, not normalised.
  ///
  /// - Throws: ``HeadsError/promptTooLong(prompt:limit:actual:)``,
  ///   ``HeadsError/malformed(file:key:expected:actual:)`` for a token outside of the embeddings.
  public func features(_ prompt: String) throws(HeadsError) -> [Double] {
    let ids = tokenizer.tokens(prompt)
    guard ids.count <= positions.rows else {
      throw .promptTooLong(prompt: prompt, limit: positions.rows, actual: ids.count)
    }
    if let stray = ids.first(where: { !(0..<tokens.rows).contains($0) }) {
      throw .malformed(
        file: "vocab.json", key: "token", expected: "0 to \(tokens.rows - 1)", actual: "\(stray)")
    }
    var states = ids.enumerated().map { place, id in
      zip(tokens.row(id), positions.row(place)).map { Double($0) + Double($1) }
    }
    for layer in layers { layer.apply(&states, heads: heads, isQuick: isQuick) }
    // The end token is the last, since nothing is padded.
    return projection.times(last(states[states.count - 1]))
  }

  private struct Configuration: Decodable {
    let type: String?
    let text: Text?
    let flat: Text

    struct Text: Decodable {
      let heads: Int?
      let layers: Int?
      let activation: String?
      let epsilon: Double?

      enum CodingKeys: String, CodingKey {
        case heads = "num_attention_heads"
        case layers = "num_hidden_layers"
        case activation = "hidden_act"
        case epsilon = "layer_norm_eps"
      }
    }

    enum CodingKeys: String, CodingKey {
      case type = "model_type"
      case text = "text_config"
    }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      type = try container.decodeIfPresent(String.self, forKey: .type)
      text = try container.decodeIfPresent(Text.self, forKey: .text)
      flat = try Text(from: decoder)
    }
  }
}
