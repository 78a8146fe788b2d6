import RoutingFingerprints

/// The fingerprints of a model's experts.
public struct FingerprintRequest: ExaminationRequest {
  /// What the fingerprint is taken from.
  public enum Source: Sendable, Hashable {
    /// A trace, or the shards of one.
    case traces([String])
    /// A merged model, run over the settings' suite.
    case model(String)
    /// Any of a fingerprint, a trace and a model.
    case any(String)
  }

  /// What the fingerprint is taken from.
  public var source: Source
  /// How it is formed.
  public var settings: FingerprintSettings
  /// The file to write; `nil` for none.
  public var output: OutputPlace?

  /// A request.
  public init(
    _ source: Source, settings: FingerprintSettings = FingerprintSettings(),
    output: OutputPlace? = nil
  ) {
    self.source = source
    self.settings = settings
    self.output = output
  }

  /// The fingerprint.
  ///
  /// - Throws: ``ExaminationError/suiteNeeded(path:purpose:)``; what reading and running models throw;
  ///   `FileError`.
  public func run(_ examiner: Examiner) throws -> ModelFingerprint {
    let reader = EvidenceSource(
      settings: settings, inputs: OpenedInputs(examiner), examiner: examiner)
    let fingerprint =
      switch source {
      case .traces(let paths): try reader.fingerprint(ofTraces: paths)
      case .model(let path): try reader.fingerprint(ofModel: path)
      case .any(let path): try reader.fingerprint(at: path)
      }
    if let output { try DocumentFile.write(fingerprint, to: output) }
    return fingerprint
  }
}
