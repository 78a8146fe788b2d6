import DecoderModels
import Documents
import ExpertMatching
import Files
import Foundation

/// What files beside a mixture's weights say of where it comes from.
///
/// Nothing that they name is opened: a claim is compared with models that somebody has named for it.
public struct MixtureClaims: Sendable {
  /// One thing that is said.
  public struct Claim: Encodable, Sendable, Hashable {
    /// The file that says it.
    public let file: String
    /// What it is about, such as `base_model` or `expert 2`.
    public let subject: String
    /// What is said.
    public let text: String
    /// Whether weights agree; `nil` where that was not checked.
    public let agrees: Bool?
  }

  private var claims: [Claim] = []
  /// The largest file that is read.
  private static let sizeLimit = 1 << 20

  /// Reads `mergekit_moe_config.yml`, `config.json` and the head of `README.md`.
  ///
  /// - Throws: `FileError`, `DocumentError`.
  init(folder: String) throws {
    if let text = try Self.text(folder + "/mergekit_moe_config.yml") {
      var expert = 0
      for line in text.split(whereSeparator: \.isNewline) {
        let trimmed = line.drop { $0 == " " || $0 == "-" }
        for key in ["base_model", "gate_mode", "dtype", "architecture"] {
          if let value = Self.value(trimmed, key) { add("mergekit_moe_config.yml", key, value) }
        }
        if let value = Self.value(trimmed, "source_model") {
          add("mergekit_moe_config.yml", "expert \(expert)", value)
          expert += 1
        }
      }
    }
    struct Names: Decodable {
      var nameOrPath: String?
      enum CodingKeys: String, CodingKey { case nameOrPath = "_name_or_path" }
    }
    let configuration = folder + "/config.json"
    if FileKind(at: configuration) == .regularFile,
      let name = try StrictJSON.decode(Names.self, contentsOf: configuration).nameOrPath,
      !name.isEmpty
    {
      add("config.json", "_name_or_path", name)
    }
    if let text = try Self.text(folder + "/README.md") { addModelCard(text) }
  }

  /// The `base_model` of a model card's head: one, or a list.
  private mutating func addModelCard(_ text: String) {
    var isList = false
    for line in text.split(whereSeparator: \.isNewline).prefix(200) {
      let trimmed = line.drop { $0 == " " }
      if let value = Self.value(trimmed, "base_model") {
        isList = value.isEmpty
        if !value.isEmpty { add("README.md", "base_model", value) }
      } else if isList, trimmed.hasPrefix("- ") {
        add("README.md", "base_model", String(trimmed.dropFirst(2)))
      } else {
        isList = false
      }
    }
  }

  private mutating func add(_ file: String, _ subject: String, _ text: String) {
    guard claims.count < 1000 else { return }
    claims.append(
      Claim(file: file, subject: subject, text: String(text.prefix(300)), agrees: nil))
  }

  private static func text(_ path: String) throws -> String? {
    guard FileKind(at: path) == .regularFile else { return nil }
    let file = try MappedFile(path: path)
    return file.withBytes(0..<min(file.count, sizeLimit)) { String(decoding: $0, as: UTF8.self) }
  }

  private static func value(_ line: Substring, _ key: String) -> String? {
    guard line.hasPrefix(key + ":") else { return nil }
    return line.dropFirst(key.count + 1).trimmingCharacters(in: CharacterSet(charactersIn: " \"'"))
  }

  /// The last part of a path or of a name on a hub.
  private static func short(_ text: String) -> String {
    String(text.split(separator: "/").last ?? "")
  }

  /// The claims beside what was found: sources by name, the router by its rows.
  func checked(
    experts: [MixtureInspection.Expert], sources: [String], _ router: RouterInspection?
  ) -> [Claim] {
    claims.map { claim in
      var agrees: Bool?
      if claim.subject == "gate_mode", let router {
        agrees =
          claim.text == router.origin.rawValue
          || claim.text == "hidden_avg" && router.origin == .hidden
      } else if let expert = experts.first(where: { $0.slot == claim.subject }),
        let source = sources.first(where: { $0 == Self.short(claim.text) })
      {
        agrees = expert.equalTo.contains(source)
      }
      return Claim(file: claim.file, subject: claim.subject, text: claim.text, agrees: agrees)
    }
  }

  /// Claimed sources that are in no slot.
  func lints(experts: [MixtureInspection.Expert], sources: [String]) -> [String] {
    var lints: [String] = []
    for claim in claims where claim.subject.hasPrefix("expert ") {
      guard let source = sources.first(where: { $0 == Self.short(claim.text) }) else { continue }
      if !experts.contains(where: { $0.equalTo.contains(source) }) {
        lints.append("\(claim.file) names `\(claim.text)`, and no slot has its bytes")
      }
    }
    return lints
  }
}

/// The texts of a model's tokens, where it carries them.
struct Vocabulary {
  private let texts: [Int: String]

  /// Reads the vocabulary of `tokenizer.json`, or of a GGUF file.
  ///
  /// - Throws: `GGUFError`. A tokenizer of another form has no texts, which is no error.
  init?(of model: DecoderModel) throws {
    if let tokens = try model.tensors.store.texts("tokenizer.ggml.tokens") {
      texts = Dictionary(uniqueKeysWithValues: tokens.enumerated().map { ($0, $1) })
      return
    }
    struct Tokenizer: Decodable {
      struct Model: Decodable { let vocab: [String: Int] }
      let model: Model
    }
    let file = model.path + "/tokenizer.json"
    guard FileKind(at: file) == .regularFile,
      let tokenizer = try? StrictJSON.decode(Tokenizer.self, contentsOf: file)
    else { return nil }
    texts = Dictionary(
      tokenizer.model.vocab.map { ($0.value, $0.key) }, uniquingKeysWith: { first, _ in first })
  }

  /// A token's text, with spaces for what byte-level and SentencePiece vocabularies write in their place.
  func text(of id: Int) -> String? {
    texts[id].map {
      $0.replacingOccurrences(of: "\u{120}", with: " ").replacingOccurrences(
        of: "\u{2581}", with: " "
      )
      .replacingOccurrences(of: "\u{10A}", with: "\\n")
    }
  }
}
