import DecoderModels
import Diagnostics
import ExpertMatching
import Files
import RoutedModels
import Tensors

/// What a decoder holds: experts, router, claims, and what is odd about them.
public struct MixtureInspection: Encodable, Sendable {
  /// One slot.
  public struct Expert: Encodable, Sendable {
    /// The slot.
    public let slot: String
    /// Layers that have it.
    public let layers: Int
    /// Sources, or the base, that have the same bytes in every layer.
    public let equalTo: [String]
    /// Other slots with the same bytes in every layer.
    public let sameAs: [String]
    /// The length of its difference from the base over that of the base, in one layer; `nil` without a base.
    public let taskVector: Double?

    private enum CodingKeys: String, CodingKey {
      case slot, layers
      case equalTo = "equal_to"
      case sameAs = "same_as"
      case taskVector = "task_vector"
    }
  }

  /// What a router's row of layer 0 was made of.
  public struct Prompt: Encodable, Sendable {
    /// A token.
    public struct Token: Encodable, Sendable {
      /// Its number.
      public let id: Int
      /// Its text, where the model carries a vocabulary.
      public let text: String?
      /// How much of it the row has, relative to the largest.
      public let share: Double
    }

    /// The slot.
    public let slot: String
    /// The tokens, the largest share first.
    public let tokens: [Token]
    /// The share of the row that they leave over.
    public let residual: Double
  }

  /// The schema of the JSON.
  public let schema = "routemark.mixture-inspection/1"
  /// Where it lies, as it was asked for.
  public let path: String
  /// What it is, in words.
  public let kind: String
  /// SHA-256 by which others know it.
  public let digest: Digest
  /// Layers with a router.
  public let expertLayers: Int
  /// Layers with one MLP.
  public let denseLayers: Int
  /// D.
  public let width: Int
  /// I of the experts.
  public let hidden: Int
  /// Experts that a token gets; `nil` where the file does not say.
  public let chosen: Int?
  /// Tensors of each type.
  public let elementTypes: [String: Int]
  /// Numbers in all tensors.
  public let parameterCount: Int
  /// The slots.
  public let experts: [Expert]
  /// The routers; `nil` for a dense model.
  public let router: RouterInspection?
  /// Decoded prompts; empty where rows were not made of embeddings.
  public let prompts: [Prompt]
  /// What files beside the weights say of them.
  public let claims: [MixtureClaims.Claim]
  /// Tensors outside of experts and routers that are the base's bit by bit, and all of them; `nil` without a base.
  public let baseTensors: [Int]?
  /// What is odd, a sentence each.
  public let lints: [String]

  private enum CodingKeys: String, CodingKey {
    case schema, path, kind, digest, width, hidden, chosen, experts, router, prompts, claims, lints
    case expertLayers = "expert_layers"
    case denseLayers = "dense_layers"
    case elementTypes = "element_types"
    case parameterCount = "parameters"
    case baseTensors = "base_tensors"
  }

  /// Looks at a decoder.
  ///
  /// - Throws: what reading models throws.
  init(
    path: String, base basePath: String?, sources: [NamedPath], _ examiner: Examiner
  ) throws {
    let model = try DecoderModel(path: path)
    examiner.opened(path)
    let base = try basePath.map { try DecoderModel(path: $0) }
    let named = try sources.map { source in
      (name: source.name, model: try DecoderModel(path: source.path))
    }
    self.path = path
    kind = model.title
    expertLayers = model.sites.count
    denseLayers = model.denseLayers.count
    chosen = model.configuration.scoring?.chosenCount
    var types: [String: Int] = [:]
    var parameters = 0
    for name in model.tensors.store.names {
      guard let outline = model.tensors.store.outline(name) else { continue }
      types[outline.type, default: 0] += 1
      parameters += outline.shape.reduce(1, *)
    }
    elementTypes = types
    parameterCount = parameters
    digest = try examiner.stage("hashing the model") { stage in
      try model.tensors.store.digest(progress: stage.handler)
    }
    let lead = model.sites.first?.layer ?? model.denseLayers.first ?? 0
    let first = try model.slots(layer: lead).first.map { try model.expert(layer: lead, slot: $0) }
    width = first?.width ?? 0
    hidden = first?.hidden ?? 0
    let table = try ExpertTable(model, base: base, sources: named, examiner)
    experts = table.experts
    let router = try RouterInspection(of: model)
    self.router = router
    prompts = try Self.decoded(model, router)
    let claims = try MixtureClaims(folder: path)
    self.claims = claims.checked(experts: table.experts, sources: sources.map(\.name), router)
    baseTensors = try base.map { try Self.shared(model, $0) }
    lints = table.lints + claims.lints(experts: table.experts, sources: sources.map(\.name))
  }

  /// The prompts behind the router's rows in the first layer.
  private static func decoded(
    _ model: DecoderModel, _ router: RouterInspection?
  ) throws -> [Prompt] {
    let role = TensorRole(.tokenEmbedding)
    guard let router, let site = model.sites.first, model.tensors.contains(role) else { return [] }
    let steps: Int
    switch router.origin {
    // Later layers have hidden states in their rows, which no embedding has.
    case .hidden where site.layer == 0: steps = 6
    case .cheapEmbed: steps = 24
    case .hidden, .random, .uniformRandom, .trained: return []
    }
    let slice = try model.routerRows(layer: site.layer)
    let embedding = try model.tensors.slice(role)
    guard embedding.columns == slice.columns else { return [] }
    let rows = try (0..<slice.rows).map { try slice.floats(rows: $0..<$0 + 1) }
    let decodings = try PromptDecoding.decode(rows, embedding: embedding, steps: steps)
    let vocabulary = try Vocabulary(of: model)
    return decodings.enumerated().map { place, decoding in
      let most = decoding.tokens.first?.factor ?? 1
      return Prompt(
        slot: "expert \(place)",
        tokens: decoding.tokens.map {
          Prompt.Token(id: $0.id, text: vocabulary?.text(of: $0.id), share: $0.factor / most)
        }, residual: decoding.residual)
    }
  }

  /// How many tensors of the same name outside of experts are the base's, and how many there are.
  private static func shared(_ model: DecoderModel, _ base: DecoderModel) throws -> [Int] {
    var pairs: [MatrixSlice] = []
    let store = model.tensors.store
    for name in store.names {
      guard let outline = store.outline(name), outline.shape.count <= 2,
        base.tensors.store.outline(name)?.shape == outline.shape,
        !name.contains(".mlp."), !name.contains("block_sparse_moe"), !name.contains(".ffn_"),
        let own = try store.tensor(name), let other = try base.tensors.store.tensor(name)
      else { continue }
      pairs += [try MatrixSlice(whole: own), try MatrixSlice(whole: other)]
    }
    let digests = try SliceDigests.of(pairs)
    let equal = stride(from: 0, to: digests.count, by: 2).count {
      digests[$0] == digests[$0 + 1]
    }
    return [equal, digests.count / 2]
  }
}

/// The slots of a decoder by the bytes of their slices.
struct ExpertTable {
  private(set) var experts: [MixtureInspection.Expert] = []
  private(set) var lints: [String] = []

  init(
    _ model: DecoderModel, base: DecoderModel?, sources: [(name: String, model: DecoderModel)],
    _ examiner: Examiner
  ) throws {
    var slices: [MatrixSlice] = []
    var owners: [(owner: String, layer: Int)] = []
    func append(_ expert: ExpertSlices, _ owner: String, _ layer: Int) {
      slices += expert.all
      owners.append((owner, layer))
    }
    let lead = model.sites.first?.layer ?? model.denseLayers.first ?? 0
    let slots = model.slots(layer: lead)
    let layers = model.sites.isEmpty ? model.denseLayers : model.sites.map(\.layer)
    let others =
      (base.map { [ExpertSource(name: "the base", model: $0)] } ?? [])
      + sources.flatMap { ExpertSource.all($0.model, name: $0.name) }
    for layer in layers {
      let present = model.slots(layer: layer)
      for (place, slot) in slots.enumerated() where present.contains(slot) {
        append(
          try model.expert(layer: layer, slot: slot), "\u{0}\(place)", layer)
      }
      for source in others {
        if let expert = try source.expert(layer: layer) { append(expert, source.name, layer) }
      }
    }
    let digests = try examiner.stage("hashing experts") { stage in
      try SliceDigests.of(slices, progress: stage.handler)
    }
    var byOwner: [String: [Int: [Digest]]] = [:]
    for (index, owner) in owners.enumerated() {
      byOwner[owner.owner, default: [:]][owner.layer] = Array(digests[index * 3..<index * 3 + 3])
    }
    let middle = layers.isEmpty ? 0 : layers[layers.count / 2]
    for (place, slot) in slots.enumerated() {
      let own = byOwner["\u{0}\(place)"] ?? [:]
      let equal = others.map(\.name).filter { name in
        !own.isEmpty && own.allSatisfy { byOwner[name]?[$0.key] == $0.value }
      }
      let same = slots.indices.filter { $0 != place && byOwner["\u{0}\($0)"] == own }
        .map { ExpertSource.title(slots[$0], $0) }
      experts.append(
        MixtureInspection.Expert(
          slot: ExpertSource.title(slot, place), layers: own.count, equalTo: equal, sameAs: same,
          taskVector: try base.flatMap { try Self.distance(model, slot, $0, layer: middle) }))
    }
    for expert in experts where model.isMixture {
      if expert.equalTo.contains("the base") {
        lints.append("\(expert.slot) is the base's own MLP, so it adds nothing")
      }
      if let other = expert.sameAs.first {
        lints.append("\(expert.slot) is the same as \(other)")
      }
    }
  }

  /// |e - b| / |b| over all three maps of one layer.
  private static func distance(
    _ model: DecoderModel, _ slot: TensorRole.Slot, _ base: DecoderModel, layer: Int
  ) throws -> Double? {
    guard base.denseLayers.contains(layer), model.slots(layer: layer).contains(slot) else {
      return nil
    }
    let expert = try model.expert(layer: layer, slot: slot)
    let own = try base.expert(layer: layer, slot: .dense)
    guard expert.width == own.width, expert.hidden == own.hidden else { return nil }
    var (difference, square) = (0.0, 0.0)
    for (a, b) in zip(expert.all, own.all) {
      for row in 0..<a.rows {
        let (first, second) = (
          try a.floats(rows: row..<row + 1), try b.floats(rows: row..<row + 1)
        )
        for (x, y) in zip(first, second) {
          difference += Double(x - y) * Double(x - y)
          square += Double(y) * Double(y)
        }
      }
      a.giveBack(rows: 0..<a.rows)
      b.giveBack(rows: 0..<b.rows)
    }
    return square > 0 ? (difference / square).squareRoot() : nil
  }
}
