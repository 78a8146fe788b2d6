import DecoderModels
import Diagnostics
import ExactTests
import ExpertMatching
import RoutedModels
import SlotAttribution
import Tensors

/// Which source each slot of a mixture, or a dense decoder, comes from, by weights alone.
///
/// Every slot is set beside every candidate: digests of its slices, responses to random tokens beyond what the
/// base and other public models of it explain, single weights. Neither text nor tokenizer nor forward pass is
/// needed, and slices are read one at a time.
///
///     let result = try SlotRequest(
///       suspect: "mixture", victims: [NamedPath(name: "mine", path: "expert")], base: "base"
///     ).run(examiner)
///     result.findings[0].words  // identical to mine
public struct SlotRequest: ExaminationRequest {
  /// Layers in which more than digests is compared.
  public enum Layers: Sendable, Hashable {
    /// So many, spread evenly over the model.
    case spread(Int)
    /// All of them.
    case all
  }

  /// A re-run of a victim's own recipe.
  public struct Rerun: Sendable, Hashable {
    /// The victim's name.
    public let victim: String
    /// The folder or file.
    public let path: String

    /// A re-run.
    public init(victim: String, path: String) {
      self.victim = victim
      self.path = path
    }
  }

  /// The model under examination.
  public var suspect: String
  /// The owner's models, by names that differ.
  public var victims: [NamedPath]
  /// The dense model that all were made from.
  public var base: String
  /// Other public models of the same base, whose likeness is taken out.
  public var others: [NamedPath]
  /// Re-runs of victims' recipes, which make an exact test.
  public var reruns: [Rerun]
  /// Layers in which more than digests is compared.
  public var layers: Layers
  /// Probes of a layer.
  public var probes: Int
  /// The seed of the probes; drawn by the system when `nil`.
  public var seed: UInt64?
  /// Threads; as many as there are processors when `nil`.
  public var threads: Int?

  /// A request.
  public init(
    suspect: String, victims: [NamedPath], base: String, others: [NamedPath] = [],
    reruns: [Rerun] = [], layers: Layers = .spread(3), probes: Int = 16, seed: UInt64? = nil,
    threads: Int? = nil
  ) {
    self.suspect = suspect
    self.victims = victims
    self.base = base
    self.others = others
    self.reruns = reruns
    self.layers = layers
    self.probes = probes
    self.seed = seed
    self.threads = threads
  }

  /// The case.
  ///
  /// - Throws: ``MixtureError``; `DecoderModelError`, `CheckpointError` and `GGUFError` of what is read;
  ///   `SlotAttributionError`, `ExactTestError`.
  public func run(_ examiner: Examiner) throws -> SlotCase {
    let base = try DecoderModel(path: base)
    examiner.opened(base.path)
    guard !base.denseLayers.isEmpty, !base.isMixture else {
      throw MixtureError.baseIsMixture(path: base.path)
    }
    let suspect = try DecoderModel(path: suspect)
    examiner.opened(suspect.path)
    let drawn = seed ?? UInt64.random(in: SecretSeed.leastUncommon..<1 << 53)
    var run = SlotRun(
      base: base, suspect: suspect, layers: layers,
      settings: LayerComparison.Settings(
        seed: drawn, probes: probes, pool: WorkerPool(threads: threads)))
    for victim in victims { try run.add(victim, role: .victim, examiner) }
    for other in others { try run.add(other, role: .other, examiner) }
    for (place, rerun) in reruns.enumerated() {
      let name = NamedPath(name: "re-run \(place + 1) of \(rerun.victim)", path: rerun.path)
      try run.add(name, role: .rerun, of: rerun.victim, examiner)
    }
    let evidence = try run.evidence(examiner)
    return try SlotCase(
      provenance: SlotCase.Provenance(
        toolVersion: examiner.tool, command: examiner.command, suspect: suspect.path,
        base: base.path, seed: drawn, probes: probes, layers: run.probedLayers,
        router: try RouterInspection(of: suspect)?.words, refused: run.refused),
      evidence: evidence)
  }
}

/// One run of a request: what is opened, and what is found layer by layer.
struct SlotRun {
  let base: DecoderModel
  let suspect: DecoderModel
  let settings: LayerComparison.Settings
  /// Layers in which more than digests is compared.
  let probedLayers: [Int]
  /// All layers that base and suspect have.
  private let layers: [Int]
  private(set) var refused: [String] = []
  private var candidates: [(source: ExpertSource, role: SlotCandidate.Role, victim: String?)] = []

  init(
    base: DecoderModel, suspect: DecoderModel, layers choice: SlotRequest.Layers,
    settings: LayerComparison.Settings
  ) {
    self.base = base
    self.suspect = suspect
    self.settings = settings
    let present = Set(base.denseLayers)
    layers = suspect.layers.filter(present.contains)
    switch choice {
    case .all: probedLayers = layers
    case .spread(let count):
      let count = min(max(count, 1), layers.count)
      let all = layers
      probedLayers = (0..<count).map { all[(2 * $0 + 1) * all.count / (2 * count)] }
    }
  }

  /// Opens a model whose MLPs are candidates; one of another shape than the base's is refused with a line.
  mutating func add(
    _ model: NamedPath, role: SlotCandidate.Role, of victim: String? = nil, _ examiner: Examiner
  ) throws {
    let opened = try DecoderModel(path: model.path)
    examiner.opened(model.path)
    for source in ExpertSource.all(opened, name: model.name) {
      if let reason = try mismatch(source) {
        refused.append("\(source.name): \(reason)")
        examiner.warn("\(source.name) is left out: \(reason)")
      } else {
        candidates.append((source, role, victim))
      }
    }
  }

  private func mismatch(_ source: ExpertSource) throws -> String? {
    for layer in layers {
      let own = try base.expert(layer: layer, slot: .dense)
      guard let other = try source.expert(layer: layer) else {
        return "it has no MLP in layer \(layer)"
      }
      if other.width != own.width || other.hidden != own.hidden {
        return
          "its MLPs are \(other.hidden) x \(other.width), the base's \(own.hidden) x \(own.width)"
      }
    }
    return nil
  }

  // MARK: Evidence

  private struct SuspectSlot {
    let name: String
    let slot: TensorRole.Slot
  }

  func evidence(_ examiner: Examiner) throws -> SlotEvidence {
    guard let first = layers.first else {
      throw MixtureError.nothingInCommon(suspect: suspect.path, base: base.path)
    }
    guard candidates.contains(where: { $0.role == .victim }) else {
      throw MixtureError.noVictim(suspect: suspect.path, refused: refused)
    }
    let lead = layers.first { suspect.sites.map(\.layer).contains($0) } ?? first
    let slots = suspect.slots(layer: lead).enumerated().map { place, slot in
      SuspectSlot(name: ExpertSource.title(slot, place), slot: slot)
    }
    let digests = try hashed(slots, examiner)
    var measurements: [[Int: SlotMeasurement]] = slots.map { _ in [:] }
    try examiner.stage("comparing experts") { stage in
      let total = probedLayers.count
      for (place, layer) in probedLayers.enumerated() {
        let found = try measured(layer, slots, digests) { done, size in
          stage.update(place * 1000 + (size > 0 ? done * 1000 / size : 0), total * 1000)
        }
        for (slot, measurement) in found { measurements[slot][layer] = measurement }
      }
    }
    let records = slots.indices.map { place in
      SlotRecord(
        name: slots[place].name,
        layers: layers.compactMap { layer in
          digests.slots[place][layer].map {
            SlotRecord.Layer(
              layer: layer, digests: $0, measurement: measurements[place][layer])
          }
        })
    }
    return try SlotEvidence(
      base: digests.base,
      candidates: zip(candidates, digests.candidates).map { candidate, layers in
        SlotCandidate(
          name: candidate.source.name, role: candidate.role, victim: candidate.victim,
          layers: layers)
      }, slots: records)
  }

  private struct Digests {
    var base: [Int: [Digest]] = [:]
    var candidates: [[Int: [Digest]]]
    var slots: [[Int: [Digest]]]
  }

  /// The digests of all slices; those of others and re-runs in probed layers only.
  private func hashed(_ slots: [SuspectSlot], _ examiner: Examiner) throws -> Digests {
    var slices: [MatrixSlice] = []
    var owners: [(kind: Int, place: Int, layer: Int)] = []
    func append(_ expert: ExpertSlices, _ kind: Int, _ place: Int, _ layer: Int) {
      slices += expert.all
      owners.append((kind, place, layer))
    }
    for layer in layers {
      append(try base.expert(layer: layer, slot: .dense), 0, 0, layer)
      let present = suspect.slots(layer: layer)
      for (place, slot) in slots.enumerated() where present.contains(slot.slot) {
        append(try suspect.expert(layer: layer, slot: slot.slot), 2, place, layer)
      }
      for (place, candidate) in candidates.enumerated()
      where candidate.role == .victim || probedLayers.contains(layer) {
        if let expert = try candidate.source.expert(layer: layer) {
          append(expert, 1, place, layer)
        }
      }
    }
    let found = try examiner.stage("hashing experts") { stage in
      try SliceDigests.of(slices, pool: settings.pool, progress: stage.handler)
    }
    var digests = Digests(
      candidates: candidates.map { _ in [:] }, slots: slots.map { _ in [:] })
    for (index, owner) in owners.enumerated() {
      let triple = Array(found[index * 3..<index * 3 + 3])
      switch owner.kind {
      case 0: digests.base[owner.layer] = triple
      case 1: digests.candidates[owner.place][owner.layer] = triple
      default: digests.slots[owner.place][owner.layer] = triple
      }
    }
    return digests
  }

  /// What slots that digests have not settled have in common with candidates in one layer.
  private func measured(
    _ layer: Int, _ slots: [SuspectSlot], _ digests: Digests,
    _ progress: @escaping ProgressHandler
  ) throws -> [(slot: Int, SlotMeasurement)] {
    let own = try base.expert(layer: layer, slot: .dense)
    var open: [(slot: Int, expert: ExpertSlices, digests: [Digest])] = []
    var copies: [(slot: Int, of: Int)] = []
    for place in slots.indices {
      guard let found = digests.slots[place][layer], found != digests.base[layer],
        !zip(candidates, digests.candidates).contains(where: { candidate, layers in
          candidate.role != .rerun && layers[layer] == found
        })
      else { continue }
      let expert = try suspect.expert(layer: layer, slot: slots[place].slot)
      guard expert.width == own.width, expert.hidden == own.hidden else { continue }
      if let first = open.firstIndex(where: { $0.digests == found }) {
        copies.append((place, first))
      } else {
        open.append((place, expert, found))
      }
    }
    guard !open.isEmpty else { return [] }
    let comparison = try LayerComparison(
      layer: layer, slots: open.map(\.expert), base: own,
      candidates: try candidates.compactMap { try $0.source.expert(layer: layer) },
      gain: try base.expertNorm(layer: layer), settings: settings, progress: progress)
    let measurements = try open.indices.map { try measurement(comparison, $0) }
    return open.indices.map { (open[$0].slot, measurements[$0]) }
      + copies.map { ($0.slot, measurements[$0.of]) }
  }

  /// A slot's measurement, with single weights compared where responses are alike.
  private func measurement(_ comparison: LayerComparison, _ place: Int) throws -> SlotMeasurement {
    let found = comparison.slots[place]
    func measurement(_ agreements: [WeightAgreement]) -> SlotMeasurement {
      SlotMeasurement(
        gram: found.gram, maskedShare: found.maskedShare, grid: found.grid,
        movedUnits: found.movedUnits, rescaledUnits: found.rescaledUnits, agreements: agreements)
    }
    let plain = measurement([])
    let others = candidates.indices.filter { candidates[$0].role == .other }
    let ranked = candidates.indices.filter { candidates[$0].role != .rerun }
      .map { (place: $0, residual: plain.residual($0, beyond: others)) }
      .sorted { $0.residual > $1.residual }
    let near = ranked.enumerated().filter { $0.offset == 0 || $0.element.residual > 0.3 }.prefix(4)
    let agreements = try near.map { entry in
      let result = try comparison.agreement(slot: place, candidate: entry.element.place)
      return WeightAgreement(
        candidate: candidates[entry.element.place].source.name, compared: result.compared,
        equal: result.equal, multiples: result.multiples)
    }
    return measurement(agreements)
  }
}

/// What keeps mixtures from being examined.
public enum MixtureError: DiagnosableError, Equatable {
  /// The base is itself a mixture.
  case baseIsMixture(path: String)
  /// No layer has MLPs in both.
  case nothingInCommon(suspect: String, base: String)
  /// No victim has the base's shape.
  case noVictim(suspect: String, refused: [String])
  /// A router is asked for where none is.
  case notAMixture(path: String)

  /// The stable identifier.
  public var code: String {
    switch self {
    case .baseIsMixture: "mixture.base-is-mixture"
    case .nothingInCommon: "mixture.nothing-in-common"
    case .noVictim: "mixture.no-victim"
    case .notAMixture: "mixture.not-a-mixture"
    }
  }

  /// What is wrong, with the values.
  public var what: String {
    switch self {
    case .baseIsMixture:
      "the base is a mixture, expected the dense model that experts were made from"
    case .nothingInCommon(_, let base): "no layer has an MLP both here and in `\(base)`"
    case .noVictim(_, let refused):
      "there is no victim to compare with"
        + (refused.isEmpty ? "" : "; left out were \(refused.joined(separator: "; "))")
    case .notAMixture: "the model has no router"
    }
  }

  /// The model.
  public var location: String? {
    switch self {
    case .baseIsMixture(let path), .nothingInCommon(let path, _), .noVictim(let path, _),
      .notAMixture(let path):
      path
    }
  }

  /// How to fix it.
  public var hints: [String] {
    switch self {
    case .baseIsMixture: ["name the dense model; a mixture's own base often stands in its README"]
    case .nothingInCommon, .noVictim:
      ["name models that were fine-tuned from one base, of the same width and depth"]
    case .notAMixture: ["name a mixture"]
    }
  }
}
