import DecoderModels
import Diagnostics
import Documents
import RoutedModels
import Synchronization
import Tensors

/// The MLPs of one model that may have become an expert: those of a dense model, or one slot of a mixture.
public struct ExpertSource: Sendable {
  /// The name.
  public let name: String
  /// The model that has them.
  public let model: DecoderModel
  /// The slot; `nil` for the dense MLP of every layer.
  public let slot: TensorRole.Slot?

  /// A source.
  public init(name: String, model: DecoderModel, slot: TensorRole.Slot? = nil) {
    self.name = name
    self.model = model
    self.slot = slot
  }

  /// The sources that a model is: itself when it is dense, or each of its experts.
  public static func all(_ model: DecoderModel, name: String) -> [ExpertSource] {
    guard let first = model.sites.first else { return [ExpertSource(name: name, model: model)] }
    return model.slots(layer: first.layer).enumerated().map { place, slot in
      ExpertSource(name: "\(name)/\(Self.title(slot, place))", model: model, slot: slot)
    }
  }

  /// What a slot is called.
  public static func title(_ slot: TensorRole.Slot, _ place: Int) -> String {
    switch slot {
    case .dense, .base: "the MLP"
    case .expert(let place), .taskVector(let place): "expert \(place)"
    case .shared: "shared expert"
    }
  }

  /// The maps of a layer; `nil` where the source has none there.
  ///
  /// - Throws: `DecoderModelError`, `CheckpointError`.
  public func expert(layer: Int) throws -> ExpertSlices? {
    let slot = slot ?? .dense
    guard model.slots(layer: layer).contains(slot) else { return nil }
    return try model.expert(layer: layer, slot: slot)
  }
}

/// Digests of many slices, on all threads.
public enum SliceDigests {
  /// The SHA-256 of every slice; `progress` counts bytes.
  ///
  /// - Throws: `FileError.changedMeanwhile`.
  public static func of(
    _ slices: [MatrixSlice], pool: WorkerPool = WorkerPool(), progress: ProgressHandler? = nil
  ) throws -> [Digest] {
    let total = slices.reduce(0) { $0 + $1.byteCount }
    let done = Mutex(0)
    let next = Mutex(0)
    let digests = Mutex([Int: Digest]())
    // Every thread takes the next slice: slices differ in size, and contiguous shares would not end together.
    _ = try pool.map(min(pool.threads, max(slices.count, 1))) { _ in
      while true {
        let place = next.withLock { place in
          defer { place += 1 }
          return place
        }
        guard place < slices.count else { return }
        let digest = try slices[place].digest()
        digests.withLock { $0[place] = digest }
        let sum = done.withLock { sum in
          sum += slices[place].byteCount
          return sum
        }
        progress?(sum, total)
      }
    }
    return digests.withLock { found in slices.indices.compactMap { found[$0] } }
  }
}
