import Checkpoints
import Diagnostics
import Documents
import ModelMerging
import RoutedModels
import VisionTransformers

/// An expert that comes into a mixture: a name and a plain tower.
public struct NewExpert: Sendable {
  /// Its name in the mixture.
  public let name: String
  /// Its folder.
  public let model: ModelFolder
  let tensors: CheckpointTensors
  let digest: Digest

  /// An expert of that name.
  ///
  /// - Throws: ``TamperingError/notATower(path:operation:)``; `FileError`.
  public init(name: String, model: ModelFolder) throws {
    guard case .tower(let tensors) = model.form else {
      throw TamperingError.notATower(path: model.path, operation: "replace or add")
    }
    digest = try tensors.checkpoint.digest()
    self.name = name
    self.model = model
    self.tensors = tensors
  }

  /// Its place in a mixture.
  func slot(in mixture: EditableMixture) throws(TamperingError) -> EditableMixture.Slot {
    guard !mixture.slots.contains(where: { $0.name == name }) else {
      throw .duplicateExpert(name: name)
    }
    try mixture.configuration.check(model.configuration, at: model.path)
    return EditableMixture.Slot(
      name: name, tower: tensors, taskVector: TaskVector(base: mixture.base, expert: tensors))
  }
}

extension EditableMixture {
  /// Says that a full mixture cannot be summed again.
  mutating func noteOutside() {
    guard case .standing = outside else { return }
    notes.append("the tensors outside of the MLPs were a sum already and are kept")
  }
}

/// Puts another expert in an expert's place.
///
/// Of a recipe the tensors outside of the MLPs are summed again over the new list, as if it had been
/// merged from scratch; of a full mixture they are kept.
public struct ExpertReplacement: MixtureTampering {
  let expert: String
  let newExpert: NewExpert
  let router: RouterTreatment
  let gateSeed: UInt64

  /// `newExpert` in the place of `expert`; `seed` is for fresh gate rows.
  public init(expert: String, by newExpert: NewExpert, router: RouterTreatment, seed: UInt64) {
    self.expert = expert
    self.newExpert = newExpert
    self.router = router
    gateSeed = seed
  }

  /// `replace`.
  public var name: String { "replace" }
  /// Both experts, and what became of the gates.
  public var parameters: [String: JSONValue] {
    [
      "expert": .string(expert), "with": .string(newExpert.name),
      "path": .string(newExpert.model.path), "sha256": .string(newExpert.digest.description),
      "router": .string(router.rawValue),
    ]
  }
  /// The seed of fresh gate rows.
  public var seed: UInt64? { router == .keep ? nil : gateSeed }
  /// The new expert's weights.
  public var inputFiles: [String] { newExpert.tensors.checkpoint.files }

  /// Replaces the expert.
  public func tamper(_ mixture: inout EditableMixture) throws {
    let place = try mixture.index(of: expert)
    var others = mixture
    others.slots.remove(at: place)
    mixture.slots[place] = try newExpert.slot(in: others)
    var origins = mixture.slots.indices.map(Optional.some)
    if router == .cut { origins[place] = nil }
    try mixture.treatRouter(router, origins: origins, seed: gateSeed)
    mixture.noteOutside()
  }
}

/// Appends an expert.
///
/// Of a recipe the tensors outside of the MLPs are summed again over the new list; of a full mixture
/// they are kept. The new gate row is fresh, as `GateInitialization` makes it.
public struct ExpertAddition: MixtureTampering {
  let newExpert: NewExpert
  let router: RouterTreatment
  let gateSeed: UInt64

  /// `newExpert` behind the others.
  public init(_ newExpert: NewExpert, router: RouterTreatment, seed: UInt64) {
    self.newExpert = newExpert
    self.router = router
    gateSeed = seed
  }

  /// `add`.
  public var name: String { "add" }
  /// The expert, and what became of the gates.
  public var parameters: [String: JSONValue] {
    [
      "expert": .string(newExpert.name), "path": .string(newExpert.model.path),
      "sha256": .string(newExpert.digest.description), "router": .string(router.rawValue),
    ]
  }
  /// The seed of fresh gate rows.
  public var seed: UInt64? { gateSeed }
  /// The new expert's weights.
  public var inputFiles: [String] { newExpert.tensors.checkpoint.files }

  /// Adds the expert.
  public func tamper(_ mixture: inout EditableMixture) throws {
    let origins = mixture.slots.indices.map(Optional.some) + [nil]
    mixture.slots.append(try newExpert.slot(in: mixture))
    try mixture.treatRouter(router, origins: origins, seed: gateSeed)
    mixture.noteOutside()
  }
}

/// Removes an expert and its gate rows.
///
/// Of a recipe the tensors outside of the MLPs are summed again over the others; of a full mixture
/// they are kept, with the deleted expert's share in them.
public struct ExpertDeletion: MixtureTampering {
  let expert: String
  let router: RouterTreatment
  let gateSeed: UInt64

  /// The mixture without `expert`.
  public init(expert: String, router: RouterTreatment, seed: UInt64) {
    self.expert = expert
    self.router = router
    gateSeed = seed
  }

  /// `delete`.
  public var name: String { "delete" }
  /// The expert, and what became of the gates.
  public var parameters: [String: JSONValue] {
    ["expert": .string(expert), "router": .string(router.rawValue)]
  }
  /// The seed of fresh gates.
  public var seed: UInt64? { router == .reinit ? gateSeed : nil }

  /// Deletes the expert.
  public func tamper(_ mixture: inout EditableMixture) throws {
    let place = try mixture.index(of: expert)
    guard mixture.slots.count > 1 else { throw TamperingError.nothingLeft(model: mixture.path) }
    let origins: [Int?] = mixture.slots.indices.filter { $0 != place }
    mixture.slots.remove(at: place)
    try mixture.treatRouter(router, origins: origins, seed: gateSeed)
    mixture.noteOutside()
  }
}
