import Attribution
import CaseFiles
import Diagnostics
import Probing
import RoutingFingerprints

/// What a trace or a fingerprint of sites holds.
public struct SiteInspection: Encodable, Sendable {
  /// One router.
  public struct Site: Encodable, Sendable {
    /// What the trace calls it.
    public let name: String
    /// The layer.
    public let layer: Int
    /// How many experts it has that do something.
    public let expertCount: Int
    /// How many columns do nothing.
    public let nullCount: Int
  }

  /// The schema of the JSON.
  public let schema = "routemark.site-inspection/1"
  /// Where it lies, as it was asked for.
  public let path: String
  /// `trace` or `fingerprint`.
  public let kind: String
  /// Names of the tasks.
  public let tasks: [String]
  /// Items of all tasks, where they are counted.
  public let itemCount: Int
  /// Tokens of all items, where a trace says it.
  public let tokenCount: Int?
  /// What was recorded.
  public let signal: SiteSignal
  /// Whether a trace holds chosen experts as well.
  public let holdsSelections: Bool
  /// What columns are.
  public let slots: SiteSlots
  /// The routers.
  public let sites: [Site]
  /// The suite.
  public let suiteDigest: Digest
  /// The model, where it is known.
  public let modelDigest: Digest?
  /// Why the routers are no evidence, as far as the file says.
  public let objection: String?
  /// Who wrote the trace.
  public let tool: String

  init(
    path: String, kind: String, _ frame: SiteFingerprint, itemCount: Int, tokenCount: Int?,
    holdsSelections: Bool, objection: SiteObjection?
  ) {
    self.path = path
    self.kind = kind
    tasks = frame.tasks
    self.itemCount = itemCount
    self.tokenCount = tokenCount
    signal = frame.signal
    self.holdsSelections = holdsSelections
    slots = frame.slots
    sites = frame.sites.map {
      Site(
        name: $0.name, layer: $0.layer, expertCount: $0.experts.count, nullCount: $0.nullCount)
    }
    suiteDigest = frame.suiteDigest
    modelDigest = frame.modelDigest
    self.objection = objection?.explanation
    tool = frame.tool
  }

  /// A look at a trace.
  init(trace path: String) throws {
    let reader = try SiteTraceReader(path: path)
    self.init(
      path: path, kind: "trace", reader.frame, itemCount: reader.itemCount,
      tokenCount: reader.tokenCount, holdsSelections: reader.holds.selections,
      objection: SiteObjection(try reader.sums().fingerprint()))
  }

  /// A look at a fingerprint.
  public init(path: String, _ fingerprint: SiteFingerprint) {
    self.init(
      path: path, kind: "fingerprint", fingerprint, itemCount: fingerprint.counts.reduce(0, +),
      tokenCount: nil, holdsSelections: fingerprint.signal == .selections,
      objection: SiteObjection(fingerprint))
  }
}

/// What a case of sites says.
public struct SiteCaseInspection: Encodable, Sendable {
  /// The schema of the JSON.
  public let schema = "routemark.site-case-inspection/1"
  /// Where it lies, as it was asked for.
  public let path: String
  /// The SHA-256 of the file.
  public let digest: Digest
  /// The verdict in words.
  public let verdict: String
  /// The score, and the best with rotated tasks.
  public let scores: [Double]
  /// What a reader should know before the verdict.
  public let notes: [String]
  /// Where the case comes from.
  public let provenance: SiteCase.Provenance

  init(path: String, _ contents: EvidenceDocument.Contents<SiteCase>) {
    let value = contents.value
    self.path = path
    digest = contents.digest
    verdict = value.verdict.description
    scores = [value.comparison.score] + [value.comparison.rotations.max()].compactMap { $0 }
    notes = value.notes
    provenance = value.provenance
  }
}
