import Attribution
import CaseFiles
import Checkpoints
import DecoderModels
import Documents
import Files
import Foundation
import Probes
import Probing
import RoutingFingerprints
import SlotAttribution

/// What a file or folder is.
public struct InspectionRequest: ExaminationRequest {
  /// What is asked about.
  public enum Subject: Sendable, Hashable {
    /// A file or folder.
    case path(String)
    /// The machine that the program runs on.
    case machine
  }

  /// What is asked about.
  public var subject: Subject
  /// For a decoder, the dense model that its experts were made from.
  public var base: String?
  /// For a decoder, models that may be its experts.
  public var sources: [NamedPath]

  /// A request.
  public init(_ subject: Subject, base: String? = nil, sources: [NamedPath] = []) {
    self.subject = subject
    self.base = base
    self.sources = sources
  }

  /// Says what it is.
  ///
  /// - Throws: ``ExaminationError/unknownSchema(file:actual:)``; what reading the file throws.
  public func run(_ examiner: Examiner) throws -> Inspection {
    switch subject {
    case .machine: .machine(MachineInspection())
    case .path(let path): try inspect(path, examiner)
    }
  }

  private func inspect(_ path: String, _ examiner: Examiner) throws -> Inspection {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw FileError.cannotOpen(path: path, reason: "there is no such file or folder")
    }
    if let mixture = try decoder(path, examiner) { return .mixture(mixture) }
    if isFolder.boolValue { return try inspectFolder(path) }
    if path.hasSuffix(".json") { return try inspectJSON(path) }
    let checkpoint = try Checkpoint(path: path)
    if SiteTraceFile.recognizes(checkpoint) { return .sites(try SiteInspection(trace: path)) }
    return TraceFile.recognizes(checkpoint)
      ? .trace(try TraceInspection(path: path))
      : .checkpoint(try CheckpointInspection(checkpoint))
  }

  /// A decoder; `nil` for anything else.
  ///
  /// So is a folder whose tensors lie in a layout that is not known: they are listed one by one.
  private func decoder(_ path: String, _ examiner: Examiner) throws -> MixtureInspection? {
    guard try DecoderModel.recognizes(path) else { return nil }
    do {
      return try MixtureInspection(path: path, base: base, sources: sources, examiner)
    } catch DecoderModelError.noExperts(let place, let family) where place == path {
      guard !WeightStore.isGGUF(path) else {
        throw DecoderModelError.noExperts(path: place, family: family)
      }
      examiner.warn("no layer has an MLP under a name that a \(family) uses; tensors are listed")
      return nil
    }
  }

  private func inspectFolder(_ path: String) throws -> Inspection {
    let configuration = (path as NSString).appendingPathComponent("config.json")
    let known =
      FileManager.default.fileExists(atPath: configuration)
      ? try ModelInspection.recognizes(configuration: configuration, folder: path)
      : FileKind(at: path + "/open_clip_config.json") != nil
    return known
      ? .model(try ModelInspection(path: path))
      : .checkpoint(try CheckpointInspection(Checkpoint(path: path)))
  }

  private func inspectJSON(_ path: String) throws -> Inspection {
    struct Header: Decodable { var schema: String? }
    switch try StrictJSON.decode(Header.self, contentsOf: path).schema {
    case .some(let schema) where ModelFingerprint.schemas.contains(schema):
      let fingerprint = try EvidenceDocument.read(ModelFingerprint.self, at: path).value
      return .fingerprint(FingerprintInspection(path: path, fingerprint))
    case ProbeSuite.schema:
      return .suite(
        try SuiteSummary(StrictJSON.decode(ProbeSuite.self, contentsOf: path), path: path))
    case TextSuite.schema:
      return .suite(
        try SuiteSummary(StrictJSON.decode(TextSuite.self, contentsOf: path), path: path))
    case SiteFingerprint.schema:
      let fingerprint = try EvidenceDocument.read(SiteFingerprint.self, at: path).value
      return .sites(SiteInspection(path: path, fingerprint))
    case SiteCase.schema:
      return .siteCase(
        SiteCaseInspection(path: path, try EvidenceDocument.read(SiteCase.self, at: path)))
    case .some(let schema) where AttributionCase.schemas.contains(schema):
      return .attribution(
        try CaseInspection(path: path, EvidenceDocument.read(AttributionCase.self, at: path)))
    case SlotCase.schema:
      return .slots(
        path: path, try EvidenceDocument.read(SlotCase.self, at: path).value)
    case .some(let schema) where schema.hasPrefix("routemark."):
      return .document(try DocumentInspection(path: path, schema: schema))
    case let schema:
      throw ExaminationError.unknownSchema(file: path, actual: schema)
    }
  }
}

/// What a file or folder was found to be.
public enum Inspection: Encodable, Sendable {
  /// A tower or a merge.
  case model(ModelInspection)
  /// Tensors of an architecture that is not known.
  case checkpoint(CheckpointInspection)
  /// Router logits.
  case trace(TraceInspection)
  /// A fingerprint.
  case fingerprint(FingerprintInspection)
  /// A trace or a fingerprint of sites.
  case sites(SiteInspection)
  /// A case of sites.
  case siteCase(SiteCaseInspection)
  /// A probe suite.
  case suite(SuiteSummary)
  /// A case.
  case attribution(CaseInspection)
  /// A decoder: a mixture, or a dense one.
  case mixture(MixtureInspection)
  /// An examination of slots.
  case slots(path: String, SlotCase)
  /// A document of ours that has no summary of its own.
  case document(DocumentInspection)
  /// What the machine computes with.
  case machine(MachineInspection)

  /// Encodes what was found, with a schema of its own.
  public func encode(to encoder: any Encoder) throws {
    switch self {
    case .model(let found): try found.encode(to: encoder)
    case .checkpoint(let found): try found.encode(to: encoder)
    case .trace(let found): try found.encode(to: encoder)
    case .fingerprint(let found): try found.encode(to: encoder)
    case .sites(let found): try found.encode(to: encoder)
    case .siteCase(let found): try found.encode(to: encoder)
    case .suite(let found): try found.encode(to: encoder)
    case .attribution(let found): try found.encode(to: encoder)
    case .mixture(let found): try found.encode(to: encoder)
    case .slots(_, let found): try found.encode(to: encoder)
    case .document(let found): try found.encode(to: encoder)
    case .machine(let found): try found.encode(to: encoder)
    }
  }
}
