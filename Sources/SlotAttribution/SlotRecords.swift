import Diagnostics

/// A model that slots are compared with.
public struct SlotCandidate: Sendable, Hashable, Codable {
  /// Why it is there.
  public enum Role: String, Sendable, Hashable, Codable, CaseIterable {
    /// The owner's expert.
    case victim
    /// Another public model of the same base, whose likeness is taken out.
    case other
    /// A re-run of a victim's own recipe.
    case rerun
  }

  /// The name.
  public let name: String
  /// Why it is there.
  public let role: Role
  /// For a re-run, the victim's name.
  public let victim: String?
  /// The digests of gate, up and down, by layer; empty where they were not read.
  public let layers: [Int: [Digest]]

  /// A candidate.
  public init(name: String, role: Role, victim: String? = nil, layers: [Int: [Digest]]) {
    self.name = name
    self.role = role
    self.victim = victim
    self.layers = layers
  }
}

/// One slot of the suspect.
public struct SlotRecord: Sendable, Hashable, Codable {
  /// One layer of it.
  public struct Layer: Sendable, Hashable, Codable {
    /// The layer.
    public let layer: Int
    /// The digests of gate, up and down.
    public let digests: [Digest]
    /// What was measured; `nil` where digests said enough, or the layer is no probed one.
    public let measurement: SlotMeasurement?

    /// A layer of a slot.
    public init(layer: Int, digests: [Digest], measurement: SlotMeasurement?) {
      self.layer = layer
      self.digests = digests
      self.measurement = measurement
    }
  }

  /// The name, such as `expert 3`.
  public let name: String
  /// Its layers, ascending.
  public let layers: [Layer]

  /// A slot.
  public init(name: String, layers: [Layer]) {
    self.name = name
    self.layers = layers
  }
}

/// What an examination of slots rests on: digests, inner products and names.
public struct SlotEvidence: Sendable, Hashable, Codable {
  /// The digests of the base's gate, up and down, by layer.
  public let base: [Int: [Digest]]
  /// All candidates, in the order of the Gram matrices.
  public let candidates: [SlotCandidate]
  /// All slots.
  public let slots: [SlotRecord]

  /// Checks that everything fits together.
  ///
  /// - Throws: ``SlotAttributionError``.
  public init(
    base: [Int: [Digest]], candidates: [SlotCandidate], slots: [SlotRecord]
  ) throws(SlotAttributionError) {
    self.base = base
    self.candidates = candidates
    self.slots = slots
    try validate()
  }

  private enum CodingKeys: String, CodingKey { case base, candidates, slots }

  /// Reads and checks evidence.
  ///
  /// - Throws: ``SlotAttributionError``, `DecodingError`.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      base: try container.decode([Int: [Digest]].self, forKey: .base),
      candidates: try container.decode([SlotCandidate].self, forKey: .candidates),
      slots: try container.decode([SlotRecord].self, forKey: .slots))
  }

  private func validate() throws(SlotAttributionError) {
    var seen: Set<String> = [Self.baseName]
    for candidate in candidates where !seen.insert(candidate.name).inserted {
      throw .duplicateName(candidate.name)
    }
    let victims = Set(candidates.filter { $0.role == .victim }.map(\.name))
    for candidate in candidates where candidate.role == .rerun {
      guard let victim = candidate.victim, victims.contains(victim) else {
        throw .rerunOfNobody(candidate.name)
      }
    }
    var names: Set<String> = []
    for slot in slots {
      guard names.insert(slot.name).inserted else { throw .duplicateName(slot.name) }
      for layer in slot.layers {
        guard layer.digests.count == 3 else { throw .badLayer(slot: slot.name, layer: layer.layer) }
        guard let measurement = layer.measurement else { continue }
        try check(measurement, slot: slot.name, layer: layer.layer)
      }
    }
  }

  private func check(
    _ measurement: SlotMeasurement, slot: String, layer: Int
  ) throws(SlotAttributionError) {
    let side = candidates.count + 2
    guard measurement.gram.count == side * side else { throw .badLayer(slot: slot, layer: layer) }
    for row in 0..<side {
      for column in 0...row {
        let (value, mirrored) = (measurement[row, column], measurement[column, row])
        let limit =
          max(measurement[row, row], 0).squareRoot()
          * max(measurement[column, column], 0).squareRoot()
        guard value.isFinite, value == mirrored, abs(value) <= limit * (1 + 1e-6) else {
          throw .badLayer(slot: slot, layer: layer)
        }
      }
    }
    let share = measurement.maskedShare
    guard share >= 0, share <= 1, measurement.movedUnits >= 0,
      measurement.agreements.allSatisfy({ $0.equal >= 0 && $0.equal <= $0.compared })
    else { throw .badLayer(slot: slot, layer: layer) }
  }

  /// What the base is called among equal weights.
  public static let baseName = "the base"
}

/// What can be wrong with the evidence about slots.
public enum SlotAttributionError: DiagnosableError, Equatable {
  /// Two things have one name.
  case duplicateName(String)
  /// A re-run names no victim.
  case rerunOfNobody(String)
  /// A layer's digests or inner products cannot be what they say.
  case badLayer(slot: String, layer: Int)
  /// The schema is another.
  case unknownSchema(actual: String)

  /// The stable identifier.
  public var code: String {
    switch self {
    case .duplicateName: "slots.duplicate-name"
    case .rerunOfNobody: "slots.re-run-of-nobody"
    case .badLayer: "slots.bad-layer"
    case .unknownSchema: "slots.unknown-schema"
    }
  }

  /// What is wrong, with the values.
  public var what: String {
    switch self {
    case .duplicateName(let name): "the name `\(name)` stands for two things"
    case .rerunOfNobody(let name): "the re-run `\(name)` belongs to no victim"
    case .badLayer(let slot, let layer):
      "digests or inner products of `\(slot)` in layer \(layer) contradict each other"
    case .unknownSchema(let actual): "the schema is `\(actual)`, expected `\(SlotCase.schema)`"
    }
  }

  /// Nothing that a caller does not know.
  public var location: String? { nil }

  /// How to fix it.
  public var hints: [String] {
    switch self {
    case .duplicateName: ["give every model a name of its own"]
    case .rerunOfNobody: ["name the victim that the run repeats"]
    case .badLayer, .unknownSchema: ["use the file as it was written"]
    }
  }
}
