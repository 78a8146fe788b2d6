import Checkpoints
import Diagnostics
import Documents
import Files
import Foundation
import ModelMerging
import RoutedModels
import VisionTransformers

/// One operation on one model folder, ready to be previewed or written to another folder.
///
///     let pruning = try MagnitudePruning(sparsity: 0.3)
///     let report = try ModelTampering(of: ModelFolder(path: "victim"), by: pruning, tool: "mine 1.0")
///       .write(to: "pruned", replacing: false)
public struct ModelTampering: Sendable {
  /// The model, which is only read.
  public let model: ModelFolder
  /// What is done to it.
  public let operation: any TamperingOperation
  private let experts: [String]
  private let tool: String
  private let inputDigest: Digest
  private let recordedBefore: [JSONValue]
  /// The shape after the operation.
  private let configuration: VisionTowerConfiguration
  private let before: [OutputTensor]
  private let after: [OutputTensor]
  private let copied: [TensorDescriptor]
  private let mixtures: (before: EditableMixture, after: EditableMixture)?

  /// Opens everything and prepares the operation; WANDA pruning computes its masks here.
  ///
  /// - Parameters:
  ///   - experts: which experts of a mixture an operation on weights is for; all when empty.
  ///   - tool: name and version for the record.
  /// - Precondition: `experts` is empty for operations on experts and gates, and for permutations.
  /// - Throws: ``TamperingError``, `MergeError`, `CheckpointError`. An operation that is none of the two kinds
  ///   would change nothing and is refused.
  public init(
    of model: ModelFolder, by operation: any TamperingOperation, experts: [String] = [],
    tool: String
  ) throws {
    self.model = model
    self.operation = operation
    self.experts = experts
    self.tool = tool
    recordedBefore = try Self.records(of: model)
    inputDigest = try model.digest()
    if let mixture = try EditableMixture(model) {
      var changed = mixture
      if let operation = operation as? any MixtureTampering {
        precondition(experts.isEmpty, "the operation is on the mixture as a whole")
        try operation.tamper(&changed)
      } else if let operation = operation as? any TowerTampering {
        try changed.tamperTowers(operation, experts: experts)
      } else {
        throw TamperingError.unsupportedOperation(operation: operation.name, path: model.path)
      }
      mixtures = (mixture, changed)
      before = mixture.tensors()
      after = changed.tensors()
      copied = []
      configuration = model.configuration
      return
    }
    guard operation is any TowerTampering || operation is any MixtureTampering else {
      throw TamperingError.unsupportedOperation(operation: operation.name, path: model.path)
    }
    guard case .tower(let tensors) = model.form,
      let operation = operation as? any TowerTampering, experts.isEmpty
    else { throw TamperingError.notAMixture(path: model.path, operation: operation.name) }
    let tower = try operation.tampered(tensors, model.configuration, label: "")
    func stored(
      _ shape: VisionTowerConfiguration, of source: any TensorSource
    ) -> [OutputTensor] {
      shape.towerTensors.filter { source.contains($0.role) }
        .map { OutputTensor($0, from: source, as: tensors.storedName(of: $0.role)) }
    }
    configuration = try operation.configuration(after: tensors, model.configuration)
    before = stored(model.configuration, of: tensors)
    after = stored(configuration, of: tower)
    let names = Set(after.map(\.name))
    let replaced = names.union(before.map(\.name))
    copied = tensors.checkpoint.tensorNames.filter { !replaced.contains($0) }
      .compactMap { tensors.checkpoint.descriptor(of: $0) }
    mixtures = nil
  }

  /// What would change; nothing is written.
  ///
  /// - Throws: the sources' errors.
  public func preview(progress: ProgressHandler? = nil) throws -> TamperingReport {
    let old = Dictionary(before.map { ($0.name, $0) }) { first, _ in first }
    var changes: [TensorChange] = []
    for (index, tensor) in after.enumerated() {
      changes.append(try change(of: tensor, from: old[tensor.name], values: try tensor.values()))
      progress?(index + 1, after.count)
    }
    return report(changes, output: nil)
  }

  /// Writes the tampered model: a plain tower as a tower, a mixture in full.
  ///
  /// Tensors are computed and written one at a time. The folder appears whole or not at all.
  ///
  /// - Parameter elementType: F32, F16 or BF16.
  /// - Throws: ``TamperingError/outputTouchesInput(output:input:)``, `FileError`, `CheckpointError`.
  public func write(
    to path: String, elementType: ElementType = .f32, replacing: Bool,
    progress: ProgressHandler? = nil
  ) throws -> TamperingReport {
    try checkOutput(path)
    let folder = try OutputFolder(path: path, replacing: replacing)
    let specifications =
      after.map {
        TensorSpecification(name: $0.name, elementType: elementType, shape: $0.shape)
      }
      + copied.map {
        TensorSpecification(name: $0.name, elementType: $0.elementType, shape: $0.shape)
      }
    let writer = try SafetensorsWriter(
      path: folder.path(of: "model.safetensors"), tensors: specifications,
      metadata: ["format": "pt"])
    let old = Dictionary(before.map { ($0.name, $0) }) { first, _ in first }
    let new = Dictionary(after.map { ($0.name, $0) }) { first, _ in first }
    var changes: [TensorChange] = []
    for (index, name) in writer.order.enumerated() {
      if let tensor = new[name] {
        let values = try tensor.values()
        changes.append(try change(of: tensor, from: old[name], values: values))
        try writer.write(name, floats: values)
      } else if case .tower(let tensors) = model.form {
        try tensors.checkpoint.withBytes(of: name) { try writer.write(name, bytes: $0) }
      }
      progress?(index + 1, writer.order.count)
    }
    try writer.commit()
    try writeConfiguration(elementType, to: folder)
    try folder.commit()
    return report(changes, output: path)
  }

  // MARK: Changes

  private func change(
    of tensor: OutputTensor, from old: OutputTensor?, values: [Float]
  ) throws -> TensorChange {
    func result(_ kind: TensorChange.Kind, _ count: Int) -> TensorChange {
      TensorChange(
        name: tensor.name, kind: kind, changedCount: count, elementCount: values.count)
    }
    guard let old else { return result(.added, values.count) }
    guard old.shape == tensor.shape else { return result(.reshaped, values.count) }
    let count = zip(try old.values(), values).reduce(0) { $0 + ($1.0 == $1.1 ? 0 : 1) }
    return result(count == 0 ? .unchanged : .changed, count)
  }

  private func report(_ changes: [TensorChange], output: String?) -> TamperingReport {
    let names = Set(after.map(\.name))
    let removed = before.filter { !names.contains($0.name) }.map {
      TensorChange(
        name: $0.name, kind: .removed, changedCount: $0.shape.reduce(1, *), elementCount: 0)
    }
    let order = Dictionary(
      after.enumerated().map { ($0.element.name, $0.offset) }
    ) { first, _ in first }
    return TamperingReport(
      record: record, model: model.path, output: output,
      expertsBefore: mixtures?.before.slots.map(\.name),
      expertsAfter: mixtures?.after.slots.map(\.name),
      changes: changes.sorted { order[$0.name, default: 0] < order[$1.name, default: 0] }
        + removed,
      notes: mixtures?.after.notes ?? [])
  }

  // MARK: Configuration

  private var record: TamperingRecord {
    var parameters = operation.parameters
    if !experts.isEmpty { parameters["experts"] = .array(experts.map { .string($0) }) }
    return TamperingRecord(
      operation: operation.name, parameters: parameters, seed: operation.seed,
      inputDigest: inputDigest, tool: tool)
  }

  private static func configurationPath(_ model: ModelFolder) -> String {
    (model.path as NSString).appendingPathComponent("config.json")
  }

  private static func records(of model: ModelFolder) throws -> [JSONValue] {
    let file = configurationPath(model)
    let keys = try StrictJSON.decode([String: JSONValue].self, contentsOf: file)
    switch keys[TamperingRecord.key] {
    case nil, .null: return []
    case .array(let records): return records
    case .some(let other):
      throw TamperingError.malformedRecord(file: file, actual: "\(other)")
    }
  }

  private func writeConfiguration(_ elementType: ElementType, to folder: OutputFolder) throws {
    var keys = try StrictJSON.decode(
      [String: JSONValue].self, contentsOf: Self.configurationPath(model))
    if let mixture = mixtures?.after.mixture {
      keys["architectures"] = .array([.string(model.names.mixtureClass)])
      keys["wemoe"] = try JSONValue(encoding: mixture)
    }
    keys.state(model.configuration, after: configuration)
    keys.state(elementType)
    keys[TamperingRecord.key] = .array(recordedBefore + [try JSONValue(encoding: record)])
    try JSONValue.object(keys).write(to: folder.path(of: "config.json"))
    try folder.copy("preprocessor_config.json", from: model.path)
    try folder.copy("processor_config.json", from: model.path)
  }

  /// Refuses an output that would replace a file that is read, or would lie inside the model.
  private func checkOutput(_ path: String) throws(TamperingError) {
    let output = RelativePath.canonical(path)
    let folder = RelativePath.canonical(model.path)
    var inputs = operation.inputFiles + [Self.configurationPath(model)]
    switch model.form {
    case .tower(let tensors), .mixture(let tensors): inputs += tensors.checkpoint.files
    case .recipe(let parts):
      inputs += ([parts.base] + parts.experts + [parts.gates]).flatMap(\.checkpoint.files)
    }
    for input in inputs where RelativePath.canonical(input).hasPrefix(output + "/") {
      throw .outputTouchesInput(output: path, input: input)
    }
    if output.hasPrefix(folder + "/") {
      throw .outputTouchesInput(output: path, input: model.path)
    }
  }
}

extension [String: JSONValue] {
  /// Writes the settings of a tower that an operation changed, where the file has them.
  fileprivate mutating func state(
    _ before: VisionTowerConfiguration, after: VisionTowerConfiguration
  ) {
    var changed: [String: JSONValue] = [:]
    if before.intermediateSize != after.intermediateSize {
      changed["intermediate_size"] = .integer(after.intermediateSize)
    }
    if before.hiddenLayerCount != after.hiddenLayerCount {
      changed["num_hidden_layers"] = .integer(after.hiddenLayerCount)
    }
    if before.layerNormEpsilon != after.layerNormEpsilon {
      changed["layer_norm_eps"] = .number(Double(after.layerNormEpsilon))
    }
    if case .object(let tower) = self["vision_config"] {
      self["vision_config"] = .object(tower.merging(changed) { _, new in new })
    } else {
      merge(changed) { _, new in new }
    }
  }
}
