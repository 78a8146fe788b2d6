import Diagnostics
import Files
import Foundation
import RoutedModels

/// A decoder on disk: a mixture, or the dense model that its experts are made of.
///
///     let model = try DecoderModel(path: "downloads/mixture")
///     for site in model.sites { print(site.layer, site.experts.count) }
///
/// Only headers are read. Layers and experts are counted among the tensors themselves, so that no number in
/// a file makes the work larger than the file.
public struct DecoderModel: Sendable {
  /// The file or folder, as it was given.
  public let path: String
  /// What it is called in messages.
  public let title: String
  /// What it says of itself.
  public let configuration: DecoderConfiguration
  /// Its tensors by role.
  public let tensors: DecoderTensors
  /// Layers whose experts a router chooses.
  public let sites: [RouterSite]
  /// Layers with one MLP.
  public let denseLayers: [Int]
  /// I of the experts of each layer, which stacked layouts need.
  private let hiddenSizes: [Int: Int]

  /// Whether a path is a GGUF file, or a folder whose `config.json` names a decoder that is known.
  ///
  /// - Throws: `DocumentError` for a `config.json` that is not JSON, `FileError`.
  public static func recognizes(_ path: String) throws -> Bool {
    if WeightStore.isGGUF(path) { return true }
    let file = path + "/config.json"
    guard FileKind(at: file) == .regularFile else { return false }
    do {
      _ = try DecoderConfiguration.read(file)
      return true
    } catch DecoderModelError.unknownModelType { return false }
  }

  /// Opens a folder or a GGUF file.
  ///
  /// - Throws: ``DecoderModelError``, `ModelFamilyError`, and what opening files throws.
  public init(path: String) throws {
    let store = try WeightStore(path: path)
    let names: TensorNames
    if store.gguf != nil {
      configuration = DecoderConfiguration(gguf: store)
      names = DecoderFamily.gguf
      title = "\(configuration.modelType) decoder in GGUF"
    } else {
      let (configuration, family) = try DecoderConfiguration.read(path + "/config.json")
      self.configuration = configuration
      names = family.names
      title =
        configuration.expertCount == nil
        ? "dense decoder (\(configuration.modelType))"
        : "\(family.title) (\(configuration.modelType))"
    }
    self.path = path
    tensors = try DecoderTensors(store, names)
    let found = Layers(tensors, stacked: configuration.expertCount)
    sites = found.sites
    denseLayers = found.dense
    hiddenSizes = found.hidden
    guard !sites.isEmpty || !denseLayers.isEmpty else {
      throw DecoderModelError.noExperts(path: path, family: title)
    }
  }

  /// Whether a router chooses among experts anywhere.
  public var isMixture: Bool { !sites.isEmpty }

  /// The layers that have MLPs of any kind, ascending.
  public var layers: [Int] { (sites.map(\.layer) + denseLayers).sorted() }

  /// The slots of a layer: its experts, or the one MLP of a dense layer.
  ///
  /// Shared experts come last.
  public func slots(layer: Int) -> [TensorRole.Slot] {
    var slots: [TensorRole.Slot] =
      sites.first { $0.layer == layer }?.experts
      ?? (denseLayers.contains(layer) ? [.dense] : [])
    if tensors.contains(TensorRole(.down, layer: layer, slot: .shared(0))) {
      slots.append(.shared(0))
    }
    return slots
  }

  /// The three maps of an expert: gate `[I, D]`, up `[I, D]`, down `[D, I]`.
  ///
  /// - Throws: ``DecoderModelError``, `CheckpointError`.
  public func expert(layer: Int, slot: TensorRole.Slot) throws -> ExpertSlices {
    func slice(_ component: TensorRole.Component) throws -> MatrixSlice {
      try tensors.slice(
        TensorRole(component, layer: layer, slot: slot), hidden: hiddenSizes[layer])
    }
    return try ExpertSlices(gate: slice(.gatingUp), up: slice(.up), down: slice(.down))
  }

  /// The rows of a layer's router, `[E, D]`.
  ///
  /// - Throws: ``DecoderModelError``, `CheckpointError`.
  public func routerRows(layer: Int) throws -> MatrixSlice {
    try tensors.slice(TensorRole(.routerRows, layer: layer))
  }

  /// The gain of the norm before the experts of a layer; `nil` where a family has none.
  ///
  /// - Throws: `CheckpointError`.
  public func expertNorm(layer: Int) throws -> [Float]? {
    let role = TensorRole(.expertNorm, layer: layer)
    guard tensors.contains(role) else { return nil }
    let slice = try tensors.slice(role)
    return try slice.floats(rows: 0..<slice.rows)
  }
}

/// The maps of one expert, before anything is read.
///
/// Equation: y = W_down (silu(W_gate x) * (W_up x)), SwiGLU (Shazeer, 2020).
public struct ExpertSlices: Sendable {
  /// The map whose activation multiplies the hidden units, `[I, D]`.
  public let gate: MatrixSlice
  /// The map to hidden units, `[I, D]`.
  public let up: MatrixSlice
  /// The map back, `[D, I]`.
  public let down: MatrixSlice

  /// Checks that the shapes fit.
  ///
  /// - Throws: ``DecoderModelError/unexpectedShape(tensor:file:expected:actual:)``.
  init(gate: MatrixSlice, up: MatrixSlice, down: MatrixSlice) throws(DecoderModelError) {
    for (slice, rows, columns) in [(up, gate.rows, gate.columns), (down, gate.columns, gate.rows)]
    where slice.rows != rows || slice.columns != columns {
      throw .unexpectedShape(
        tensor: slice.stored.name, file: slice.stored.file.path, expected: "[\(rows), \(columns)]",
        actual: [slice.rows, slice.columns])
    }
    self.gate = gate
    self.up = up
    self.down = down
  }

  /// All three, in the order gate, up, down.
  public var all: [MatrixSlice] { [gate, up, down] }
  /// D.
  public var width: Int { gate.columns }
  /// I.
  public var hidden: Int { gate.rows }
  /// The bytes of all three.
  public var byteCount: Int { all.reduce(0) { $0 + $1.byteCount } }
}

/// The layers of a decoder, counted among its tensors.
private struct Layers {
  var sites: [RouterSite] = []
  var dense: [Int] = []
  var hidden: [Int: Int] = [:]

  init(_ tensors: DecoderTensors, stacked: Int?) {
    var empty = 0
    var layer = 0
    // Layers without an MLP of their own kind are rare and few; tensors bound the search.
    while empty < 64, layer <= tensors.store.names.count {
      defer { layer += 1 }
      let before = sites.count + dense.count
      let router = TensorRole(.routerRows, layer: layer)
      let gate = TensorRole(.gatingUp, layer: layer, slot: .expert(0))
      if tensors.contains(router), tensors.contains(gate) {
        let rows = tensors.leadingDimension(of: router) ?? 0
        let held = tensors.fusedCount(of: gate)
        var count = held.map { min($0, rows) } ?? rows
        if held == nil {
          count =
            (0..<count).prefix {
              tensors.contains(TensorRole(.gatingUp, layer: layer, slot: .expert($0)))
            }.count
        }
        if let stacked, stacked > 0, let height = tensors.leadingDimension(of: gate) {
          hidden[layer] = height / stacked
        }
        if count > 0 {
          sites.append(
            RouterSite(layer: layer, experts: (0..<count).map { TensorRole.Slot.expert($0) }))
        }
      } else if tensors.contains(TensorRole(.gatingUp, layer: layer, slot: .dense)) {
        dense.append(layer)
      }
      empty = sites.count + dense.count > before ? 0 : empty + 1
    }
  }
}
