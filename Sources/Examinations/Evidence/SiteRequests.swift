import Attribution
import CaseFiles
import Checkpoints
import Documents
import Files
import Foundation
import Probing
import RoutingFingerprints

/// A fingerprint of whichever kind its source asks for.
public enum FingerprintAnswer: Sendable {
  /// Experts that are the same at all layers.
  case experts(ModelFingerprint)
  /// Sites with experts of their own.
  case sites(SiteFingerprint)
}

/// A case of whichever kind its sources ask for.
public enum AttributionAnswer: Sendable {
  /// Expert by expert, over all layers.
  case experts(AttributionCase)
  /// Site by site.
  case sites(SiteCase)
}

extension FingerprintRequest {
  /// The fingerprint; site by site where traces are of format 2.
  ///
  /// - Throws: what ``run(_:)`` and reading traces of sites throw.
  public func answer(_ examiner: Examiner) throws -> FingerprintAnswer {
    let paths: [String] =
      switch source {
      case .traces(let paths): paths
      case .any(let path): [path]
      case .model: []
      }
    guard let first = paths.first, try SiteEvidence.isOne(first) else {
      return .experts(try run(examiner))
    }
    let fingerprint = try SiteEvidence.fingerprint(at: paths, examiner: examiner)
    if let output { try DocumentFile.write(fingerprint, to: output) }
    return .sites(fingerprint)
  }
}

extension AttributionRequest {
  /// The case; site by site where one of the two is.
  ///
  /// The other may be of any kind: experts over layers are read as sites with the same columns.
  ///
  /// - Throws: ``ExaminationError/notForSites(path:what:)``; what ``run(_:)``, reading traces of sites and
  ///   `SiteCase` throw.
  public func answer(_ examiner: Examiner) throws -> AttributionAnswer {
    let sites = try [victim, suspect].map { try SiteEvidence.isOne($0) }
    guard sites.contains(true) else { return .experts(try run(examiner)) }
    if let nulls {
      throw ExaminationError.notForSites(
        path: nulls.pool ?? nulls.reruns.first ?? victim,
        what: nulls.pool == nil ? "re-runs" : "null experts")
    }
    let source = EvidenceSource(
      settings: fingerprints, inputs: OpenedInputs(examiner), examiner: examiner)
    let prints = try zip([victim, suspect], sites).map { path, isSite in
      isSite
        ? try SiteEvidence.fingerprint(at: [path], examiner: examiner)
        : try SiteFingerprint(try source.fingerprint(at: path))
    }
    return .sites(
      try SiteCase(
        victim: prints[0], suspect: prints[1], thresholds: thresholds,
        provenance: SiteCase.Provenance(
          tool: examiner.tool, command: examiner.command, date: date, victim: victim,
          suspect: suspect)))
  }
}

/// Traces and fingerprints of sites by their names.
enum SiteEvidence {
  private struct Header: Decodable { var schema: String? }

  /// Whether a path is a trace of format 2 or a fingerprint of sites.
  static func isOne(_ path: String) throws -> Bool {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue
    else { return false }
    if path.hasSuffix(".json") {
      return try StrictJSON.decode(Header.self, contentsOf: path).schema == SiteFingerprint.schema
    }
    return SiteTraceFile.recognizes(try Checkpoint(path: path))
  }

  /// The fingerprint that a file is, or that traces add up to.
  static func fingerprint(at paths: [String], examiner: Examiner) throws -> SiteFingerprint {
    if let path = paths.first, path.hasSuffix(".json") {
      return try EvidenceDocument.read(SiteFingerprint.self, at: path).value
    }
    return try examiner.stage("reading traces") { stage in
      let readers = try paths.map { try SiteTraceReader(path: $0) }
      for (place, reader) in readers.enumerated() {
        for other in readers[..<place] where reader.rows.overlaps(other.rows) {
          throw ProbingError.overlappingShards(
            file: reader.path, other: other.path, rows: reader.rows.clamped(to: other.rows))
        }
      }
      var sums = try readers[0].sums(progress: stage.handler)
      for reader in readers.dropFirst() { try sums.merge(reader.sums(progress: stage.handler)) }
      return try sums.fingerprint()
    }
  }
}

extension SiteFingerprint {
  /// Experts over layers as sites with the same columns.
  ///
  /// Probabilities have become centred logits already.
  ///
  /// - Throws: what validation throws.
  public init(_ fingerprint: ModelFingerprint) throws(FingerprintError) {
    let layers = 0..<fingerprint.layerCount
    try self.init(
      tasks: fingerprint.tasks, counts: fingerprint.counts,
      signal: fingerprint.signal == .weights ? .weights : .logits, slots: .columns,
      sites: layers.map { layer in
        Site(
          name: "layer \(layer)", layer: layer, experts: fingerprint.experts,
          means: fingerprint.meanLogits.map { table in table.map { $0[layer] } })
      },
      suiteDigest: fingerprint.suiteDigest, modelDigest: fingerprint.modelDigest,
      preprocessingDigest: fingerprint.description.preprocessingDigest,
      routerState: fingerprint.hasUntrainedRouter
        ? .untrained : fingerprint.description.routerState,
      tool: fingerprint.toolVersion)
  }
}
