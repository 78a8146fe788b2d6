import Checkpoints
import Diagnostics
import Documents
import Files
import Foundation

/// A model in a form that is not Hugging Face's, opened to be written as a folder that is.
///
/// Sources are a file or folder with a vision tower under Hugging Face's or open_clip's names,
/// whatever stands before them (safetensors or PyTorch), and the folder of a LoRA adapter. Only the
/// tower and its projection are written; tensors keep their bytes unless an adapter changes them.
///
///     let conversion = try ModelConversion(source: "epoch_9.pt", base: "zoo/base")
///     try conversion.write(to: "expert", tool: "mine 1.0")
public struct ModelConversion: Sendable {
  /// What the source is.
  public let kind: String
  /// What was assumed or left out, as sentences for the user.
  public let notes: [String]
  /// The number of tensors that will be written.
  public var tensorCount: Int { tensors.tensorNames.count }

  private let source: String
  private let base: String?
  /// The weights of the source, whose digest is recorded.
  private let origin: Checkpoint
  /// The weights of the base model, where they are needed.
  private let baseOrigin: Checkpoint?
  /// The tower under Hugging Face's names.
  private let tensors: Checkpoint
  private let adapter: LowRankAdapter?
  private let configuration: [String: JSONValue]
  private let preprocessing: Preprocessing

  private enum Preprocessing: Sendable {
    case none
    case folder(String)
    case keys([String: JSONValue])
  }

  /// Opens a source and checks all that can be checked without reading weights.
  ///
  /// - Parameters:
  ///   - source: a file of weights, or a folder with one.
  ///   - base: the model that the source was trained from. An adapter needs it; of other sources it
  ///     tells the configuration and the preprocessing where they do not have their own.
  ///   - activation: `quick_gelu` or `gelu`, where nothing else tells it.
  /// - Throws: ``ModelImportError``, `CheckpointError`, `DocumentError`, `FileError`.
  public init(source: String, base: String? = nil, activation: String? = nil) throws {
    self.source = source
    self.base = base
    let folder = Self.folder(of: source)
    let isAdapter =
      Self.exists(LowRankAdapter.configurationName, in: folder)
      && (folder == source || source.split(separator: "/").last?.hasPrefix("adapter_model") == true)
    var notes: [String] = []
    var settings = TowerConfiguration(activation: activation)
    if isAdapter {
      guard let base else { throw ModelImportError.baseNeeded(file: source) }
      let adapter = try LowRankAdapter(folder: folder)
      let origin = try Checkpoint(path: base)
      let names = try TowerNames(origin)
      tensors = try origin.viewing(names.views)
      try adapter.check(against: tensors)
      kind = "a LoRA adapter on a base model with the names of \(names.framework.rawValue)"
      if adapter.leftOutCount > 0 {
        notes.append(
          "\(adapter.leftOutCount) tensors of the adapter belong to other parts and are left out")
      }
      (self.adapter, self.origin, baseOrigin) = (adapter, adapter.checkpoint, origin)
      settings.folders = [Self.folder(of: base)]
    } else {
      origin = try Checkpoint(path: source)
      let names = try TowerNames(origin)
      tensors = try origin.viewing(names.views)
      kind =
        "a vision tower with the names of \(names.framework.rawValue)"
        + (names.prefix.isEmpty ? "" : ", under `\(names.prefix)`")
      let leftOut = origin.tensorNames.count - Set(names.views.values.map(\.tensor)).count
      if leftOut > 0 { notes.append("\(leftOut) tensors outside of the tower are left out") }
      (adapter, baseOrigin) = (nil, nil)
      settings.folders = [folder] + (base.map { [$0] } ?? [])
    }
    let shape = try TowerShape(tensors)
    let found = try settings.resolved(shape, file: source)
    configuration = found.keys
    notes += found.notes
    if let openCLIP = found.preprocessing {
      preprocessing = .keys(openCLIP)
    } else {
      let known = settings.folders.first { folder in
        Self.preprocessingFiles.contains { Self.exists($0, in: folder) }
      }
      preprocessing = known.map { .folder($0) } ?? .none
      if known == nil {
        notes.append("no preprocessing is known: put a `preprocessor_config.json` into the folder")
      }
    }
    self.notes = notes
  }

  private static let preprocessingFiles = ["preprocessor_config.json", "processor_config.json"]

  static func exists(_ name: String, in folder: String) -> Bool {
    FileKind(at: "\(folder)/\(name)") != nil
  }

  /// A folder itself, or the one that a file lies in.
  static func folder(of path: String) -> String {
    if FileKind(at: path) == .folder { return path }
    return path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
  }

  // MARK: Writing

  /// Writes the folder.
  ///
  /// It has `config.json`, `model.safetensors`, the preprocessing where it is known, and
  /// `conversion.json`, which names the source by its SHA-256. The folder appears whole or not at all.
  ///
  /// - Parameters:
  ///   - tool: who writes it, for the record.
  ///   - progress: counts tensors.
  ///   - check: is called with the finished folder before it gets its name; what it throws is passed on
  ///     and leaves nothing behind.
  /// - Throws: `CheckpointError` for weights that are not finite, among others; `FileError`.
  public func write(
    to output: String, tool: String, replacing: Bool = false, progress: ProgressHandler? = nil,
    check: (_ folder: String) throws -> Void = { _ in }
  ) throws {
    let folder = try OutputFolder(path: output, replacing: replacing)
    let digest = try origin.digest()
    let descriptors = tensors.tensorNames.compactMap { tensors.descriptor(of: $0) }
    let writer = try SafetensorsWriter(
      path: folder.path(of: "model.safetensors"),
      tensors: descriptors.map {
        TensorSpecification(name: $0.name, elementType: $0.elementType, shape: $0.shape)
      }, metadata: ["format": "pt"])
    for (index, name) in writer.order.enumerated() {
      try write(name, to: writer)
      progress?(index + 1, writer.order.count)
    }
    try writer.commit()
    try JSONValue.object(configuration).write(to: folder.path(of: "config.json"))
    switch preprocessing {
    case .none: break
    case .folder(let path):
      for name in Self.preprocessingFiles { try folder.copy(name, from: path) }
    case .keys(let keys):
      try JSONValue.object(keys).write(to: folder.path(of: Self.preprocessingFiles[0]))
    }
    try JSONValue.object(record(digest, tool)).write(to: folder.path(of: "conversion.json"))
    try check(folder.temporaryPath)
    try folder.commit()
  }

  private func write(_ name: String, to writer: SafetensorsWriter) throws {
    guard let descriptor = tensors.descriptor(of: name) else { return }
    guard let adapter, adapter.changes(name) else {
      // The bytes are kept; reading the numbers refuses what is not finite.
      if descriptor.elementType.isFloatingPoint {
        _ = try tensors.doubles(name, shape: descriptor.shape)
      }
      return try tensors.withBytes(of: name) { try writer.write(name, bytes: $0) }
    }
    let values = try adapter.tensor(name, of: tensors)
    switch descriptor.elementType {
    case .f64:
      if let index = values.firstIndex(where: { !$0.isFinite }) {
        throw CheckpointError.nonFinite(
          tensor: name, file: adapter.checkpoint.path, index: index, actual: "\(values[index])")
      }
      try values.withUnsafeBytes { try writer.write(name, bytes: $0) }
    case .f32: try writer.write(name, floats: values.map { Float($0) })
    default: try writer.write(name, floats: values.map(Self.roundedToOdd))
    }
  }

  /// A single between a Double and a type of 16 bits that does not change how it is rounded: where it
  /// is not exact, its last bit is 1, so it never lies half-way between two numbers of that type.
  static func roundedToOdd(_ value: Double) -> Float {
    let nearest = Float(value)
    guard nearest.isFinite, Double(nearest) != value, nearest.bitPattern & 1 == 0 else {
      return nearest
    }
    return value > Double(nearest) ? nearest.nextUp : nearest.nextDown
  }

  private func record(_ digest: Digest, _ tool: String) throws -> [String: JSONValue] {
    func part(_ path: String, _ digest: Digest) -> JSONValue {
      let name = path.split(separator: "/").last.map(String.init) ?? path
      return .object(["name": .string(name), "sha256": .string("\(digest)")])
    }
    var keys: [String: JSONValue] = [
      "schema": .string("routemark.conversion/1"), "tool": .string(tool), "kind": .string(kind),
      "source": part(source, digest), "notes": .array(notes.map { .string($0) }),
    ]
    if let base, let baseOrigin { keys["base"] = part(base, try baseOrigin.digest()) }
    return keys
  }
}
