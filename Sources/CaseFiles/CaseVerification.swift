import Attribution
import Calibration
import Diagnostics
import Documents
import Reports
import RoutingFingerprints

/// What checking a case finds: what it says, what does not follow, and what nobody can check from the
/// case alone.
public struct CaseVerification: Encodable, Sendable {
  /// A value that does not follow from the rest.
  public struct Item: Encodable, Sendable {
    /// Where it stands.
    public let path: String
    /// What stands there.
    public let stored: String
    /// What follows from the rest.
    public let recomputed: String
  }

  /// The schema of this report.
  public let schema = "routemark.verification/2"
  /// The file.
  public let file: String
  /// The SHA-256 of the file.
  public let digest: Digest?
  /// Whether every number follows from what the case holds.
  public private(set) var verified: Bool
  /// The verdict in words.
  public let verdict: String?
  /// The finding in one sentence.
  public let finding: String?
  /// The digests the case names, by what they are of.
  public let subjects: [String: String]
  /// Values that do not follow from the rest.
  public private(set) var discrepancies: [Item]
  /// What was recaptured from models and agrees.
  public private(set) var recaptured: [String] = []
  /// What the case's author states and this check cannot see.
  public private(set) var notChecked: [String]

  /// Recomputes a case.
  ///
  /// - Throws: what `AttributionCase.discrepancies()` throws.
  public init(_ contents: EvidenceDocument.Contents<AttributionCase>, file: String) throws {
    let value = contents.value
    self.file = file
    digest = contents.digest
    discrepancies = try value.discrepancies().map {
      Item(path: $0.path, stored: $0.stored, recomputed: $0.recomputed)
    }
    verified = discrepancies.isEmpty
    let words = try CaseWords(value)
    verdict = words.verdict
    finding = words.finding
    subjects = Self.subjects(value)
    notChecked = Self.stated(value)
  }

  /// What checking another kind of case has found.
  init(
    file: String, digest: Digest, discrepancies: [Item], verdict: String?, finding: String?,
    subjects: [String: String], notChecked: [String]
  ) {
    self.file = file
    self.digest = digest
    self.discrepancies = discrepancies
    self.verdict = verdict
    self.finding = finding
    self.subjects = subjects
    self.notChecked = notChecked
    verified = discrepancies.isEmpty
  }

  /// Recomputes a case of sites.
  ///
  /// - Throws: what `SiteCase.discrepancies()` throws.
  public init(_ contents: EvidenceDocument.Contents<SiteCase>, file: String) throws {
    let value = contents.value
    self.file = file
    digest = contents.digest
    discrepancies = try value.discrepancies().map {
      Item(path: $0.path, stored: $0.stored, recomputed: $0.recomputed)
    }
    verified = discrepancies.isEmpty
    verdict = value.verdict.description
    finding = SiteReport(value).finding
    subjects = [
      "victim": value.victim.modelDigest.map { "\($0)" } ?? "not stated",
      "suspect": value.suspect.modelDigest.map { "\($0)" } ?? "not stated",
      "suite": "\(value.victim.suiteDigest)",
    ]
    notChecked = [
      "the mean signals of victim and suspect, and what is stated of how their routers were made",
      "that the suite \(value.victim.suiteDigest) was used for both",
      "tool, command line, date (\(value.provenance.date ?? "none")) and the names of the models",
      "the choice of thresholds",
    ]
  }

  /// A case whose values contradict each other so that it cannot be read.
  public init(file: String, contradiction: any DiagnosableError) {
    self.file = file
    digest = nil
    verified = false
    verdict = nil
    finding = nil
    subjects = [:]
    discrepancies = [
      Item(
        path: contradiction.location ?? "case", stored: contradiction.what,
        recomputed: "not computed")
    ]
    notChecked = []
  }

  private static func subjects(_ value: AttributionCase) -> [String: String] {
    var subjects = [
      "victim": value.victim.modelDigest.map { "\($0)" } ?? "not stated",
      "suspect": value.suspect.modelDigest.map { "\($0)" } ?? "not stated",
      "suite": "\(value.victim.suiteDigest)",
    ]
    if let pool = value.calibration?.input.pool {
      subjects["base"] = "\(pool.baseDigest)"
      subjects["null pool"] = "\(pool.manifestDigest)"
    }
    return subjects
  }

  /// What the author of a case states, a line each.
  private static func stated(_ value: AttributionCase) -> [String] {
    var lines = [
      roleLine(.victim, value.victim), roleLine(.suspect, value.suspect),
      "that the suite \(value.victim.suiteDigest) was used for both",
      "tool version, command line, date (\(value.provenance.date ?? "none")) and the names of the models",
      "the choice of thresholds\(value.calibration == nil ? "" : ", levels and other options")",
    ]
    if let input = value.calibration?.input {
      lines += [
        "where the null experts come from: pool \(input.pool.manifestDigest), base "
          + "\(input.pool.baseDigest), their recipes (\(input.pool.recipes))",
        "mean logits of \(input.nullFingerprints.count) null merges and "
          + "\(input.responseGrams.count) tables of inner products",
      ]
      if !input.weightFindings.isEmpty { lines.append("findings on weights") }
    } else {
      lines.append("that no null experts were left out: the case has no calibration")
    }
    return lines
  }

  private static func roleLine(_ role: SubjectRole, _ fingerprint: ModelFingerprint) -> String {
    let digest = fingerprint.modelDigest.map { "model \($0)" } ?? "its model, which has no digest"
    return "the \(role.rawValue)'s mean logits and that they are of \(digest), with its router "
      + words(fingerprint)
  }

  private static func words(_ fingerprint: ModelFingerprint) -> String {
    fingerprint.description.routerState?.rawValue ?? "in no stated condition"
  }

  /// Compares a fingerprint of the case with one that was captured again from a model and the suite.
  ///
  /// - Parameter tolerance: The largest difference of a mean logit relative to the largest of its model;
  ///   instruction sets round differently.
  public mutating func compare(
    _ role: SubjectRole, of value: AttributionCase, with captured: ModelFingerprint,
    tolerance: Double = 1e-3
  ) {
    let stored = role == .victim ? value.victim : value.suspect
    var found: [Item] = []
    func check(_ key: String, _ stored: String, _ recomputed: String) {
      guard stored != recomputed else { return }
      found.append(
        Item(path: "\(role.rawValue).\(key)", stored: stored, recomputed: recomputed))
    }
    check(
      "modelDigest", stored.modelDigest.map { "\($0)" } ?? "not stated",
      captured.modelDigest.map { "\($0)" } ?? "not known")
    check("suiteDigest", "\(stored.suiteDigest)", "\(captured.suiteDigest)")
    check("routerState", Self.words(stored), Self.words(captured))
    if let preprocessing = stored.description.preprocessingDigest {
      check(
        "preprocessingDigest", "\(preprocessing)",
        captured.description.preprocessingDigest.map { "\($0)" } ?? "not known")
    }
    check("tasks", "\(stored.tasks)", "\(captured.tasks)")
    check("experts", "\(stored.experts)", "\(captured.experts)")
    check("layerCount", "\(stored.layerCount)", "\(captured.layerCount)")
    check("counts", "\(stored.counts)", "\(captured.counts)")
    if found.isEmpty {
      let (old, new) = (
        stored.meanLogits.joined().joined(), captured.meanLogits.joined().joined()
      )
      let scale = new.reduce(0) { max($0, abs($1)) }
      let difference = zip(old, new).reduce(0.0) { max($0, abs($1.0 - $1.1)) }
      if difference > tolerance * max(scale, .leastNormalMagnitude) {
        check("meanLogits", "the case's", "\(difference) away at most, of \(scale)")
      }
    }
    discrepancies += found
    verified = discrepancies.isEmpty
    guard found.isEmpty else { return }
    recaptured.append("\(role.rawValue): model, suite and mean logits agree")
    notChecked.removeAll { $0 == Self.roleLine(role, stored) }
    if recaptured.count == 2 { notChecked.removeAll { $0.hasPrefix("that the suite") } }
  }
}
