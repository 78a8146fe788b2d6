import ModelImports
import ModelMerging

/// Writes a PyTorch, open_clip or LoRA checkpoint as a Hugging Face folder.
public struct ConversionRequest: ExaminationRequest {
  /// The file or folder to convert.
  public var source: String
  /// The model it was trained from: adapters need it, others take from it what they do not state.
  public var base: String?
  /// The activation of the MLPs, where no configuration states it.
  public var activation: String?
  /// The folder to write.
  public var output: OutputPlace

  /// A request.
  public init(
    source: String, base: String? = nil, activation: String? = nil, output: OutputPlace
  ) {
    self.source = source
    self.base = base
    self.activation = activation
    self.output = output
  }

  /// Converts, and opens what was made before it has its name.
  ///
  /// - Throws: what `ModelConversion` and opening a model throw; `FileError`. Nothing is left under the
  ///   output's name then.
  public func run(_ examiner: Examiner) throws -> ConversionResult {
    let conversion = try ModelConversion(source: source, base: base, activation: activation)
    try examiner.stage("writing tensors") { stage in
      try conversion.write(
        to: output.path, tool: examiner.tool, replacing: output.replacing,
        progress: stage.handler
      ) { _ = try ModelFolder(path: $0) }
    }
    return ConversionResult(
      kind: conversion.kind, notes: conversion.notes,
      model: try ModelInspection(path: output.path))
  }
}

/// What a conversion has made.
public struct ConversionResult: Sendable {
  /// What the source was.
  public let kind: String
  /// What a reader of the result should know.
  public let notes: [String]
  /// What the folder holds.
  public let model: ModelInspection
}
