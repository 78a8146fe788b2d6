import Diagnostics
import RoutingFingerprints

/// Where a case comes from: who compared what, how and when.
public struct CaseProvenance: Sendable, Equatable, Codable {
  /// One of the two models.
  public struct Subject: Sendable, Equatable, Codable {
    /// What the user called it: a name or a path.
    public let label: String
    /// The model's digest, where known.
    public let modelDigest: Digest?
    /// The probe suite's digest.
    public let suiteDigest: Digest
    /// The number of samples of each task, in the order of the fingerprint's tasks.
    public let counts: [Int]

    /// Labels a fingerprint.
    public init(label: String, fingerprint: ModelFingerprint) {
      self.label = label
      modelDigest = fingerprint.modelDigest
      suiteDigest = fingerprint.suiteDigest
      counts = fingerprint.counts
    }
  }

  /// The program that wrote the case, with its version.
  public let toolVersion: String
  /// The command line, or whatever asked for the case.
  public let commandLine: String
  /// When, as text given by the caller: this library has no clock.
  public let date: String?
  /// The reference model.
  public let victim: Subject
  /// The model under examination.
  public let suspect: Subject

  /// Describes where a case comes from.
  public init(
    toolVersion: String, commandLine: String, date: String? = nil, victim: Subject,
    suspect: Subject
  ) {
    self.toolVersion = toolVersion
    self.commandLine = commandLine
    self.date = date
    self.victim = victim
    self.suspect = suspect
  }
}
