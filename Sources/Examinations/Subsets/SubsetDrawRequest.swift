import Checkpoints
import Diagnostics
import Documents
import Files
import Foundation
import OwnerFiles
import Probes

/// Draws at random which items of a pool a victim will be trained on, and keeps it secret.
///
/// The key comes from the system. Items with equal bytes are one item: the first of them stays.
public struct SubsetDrawRequest: ExaminationRequest {
  /// What is drawn from.
  public enum Pool: Sendable, Hashable {
    /// A tar archive or a folder of images, and the task's name if it is known.
    case images(path: String, task: String?)
    /// A text that is cut into disjoint windows.
    case text(path: String, SubsetSecret.Windows)
  }

  /// What is drawn from.
  public var pool: Pool
  /// The share that is used.
  public var share: Double
  /// Draw within each class.
  public var withinClasses: Bool
  /// What the victim is trained on: an archive or a folder as the pool is, or JSON Lines of windows.
  public var used: OutputPlace
  /// The secret.
  public var secret: OutputPlace
  /// All windows of a text, used or not, to ask a service about.
  public var list: OutputPlace?

  /// A request.
  public init(
    pool: Pool, share: Double = 0.5, withinClasses: Bool = false, used: OutputPlace,
    secret: OutputPlace, list: OutputPlace? = nil
  ) {
    self.pool = pool
    self.share = share
    self.withinClasses = withinClasses
    self.used = used
    self.secret = secret
    self.list = list
  }

  /// Draws, and writes the used items and the secret.
  ///
  /// - Throws: ``OwnerRequestError``, `ImageError`, `FileError`.
  public func run(_ examiner: Examiner) throws -> SubsetDrawSummary {
    guard share > 0, share < 1 else {
      throw OwnerRequestError.shareOutOfRange(actual: "\(share)")
    }
    try OutputFile.check(secret.path, replacing: secret.replacing)
    switch pool {
    case .images(let path, let task): return try drawImages(path, task: task, examiner)
    case .text(let path, let windows): return try drawText(path, windows, examiner)
    }
  }

  private func drawImages(
    _ path: String, task: String?, _ examiner: Examiner
  ) throws -> SubsetDrawSummary {
    let source = try ProbeSource(path: path)
    let digests = try PoolImages.digests(of: source, examiner)
    var seen: Set<Digest> = []
    let rows = digests.indices.filter { seen.insert(digests[$0]).inserted }
    try checkCount(rows.count, path)
    if withinClasses, source.labels == nil { throw OwnerRequestError.labelsNeeded(path: path) }
    let secret = SubsetSecret(
      kind: .images, pool: rows.map { (digests[$0], source.samples[$0].label) }, share: share,
      withinClasses: withinClasses, task: task, data: place(of: path), windows: nil,
      tool: examiner.tool)
    let chosen = zip(rows, secret.items).filter(\.1.used).map(\.0)
    try UsedImages(source: source, rows: chosen).write(to: used)
    try DocumentFile.write(secret, to: self.secret, isPrivate: true)
    return try summary(secret, leftOut: digests.count - rows.count)
  }

  private func drawText(
    _ path: String, _ windows: SubsetSecret.Windows, _ examiner: Examiner
  ) throws -> SubsetDrawSummary {
    let all = try TextPool(path: path, windows).windows
    var seen: Set<Digest> = []
    let kept = all.filter { seen.insert($0.digest).inserted }
    try checkCount(kept.count, path)
    if withinClasses { throw OwnerRequestError.labelsNeeded(path: path) }
    let secret = SubsetSecret(
      kind: .text, pool: kept.map { ($0.digest, nil) }, share: share, withinClasses: false,
      task: nil, data: place(of: path), windows: windows, tool: examiner.tool)
    try TextPool.write(zip(kept, secret.used).filter(\.1).map(\.0), to: used)
    if let list { try TextPool.write(kept, to: list) }
    try DocumentFile.write(secret, to: self.secret, isPrivate: true)
    return try summary(secret, leftOut: all.count - kept.count)
  }

  private func checkCount(_ count: Int, _ path: String) throws(OwnerRequestError) {
    guard count >= 2 else { throw .tooFewItems(path: path, count: count) }
  }

  /// Where the pool lies as the secret sees it.
  private func place(of path: String) -> String {
    RelativePath.from(
      folder: URL(fileURLWithPath: secret.path).deletingLastPathComponent().path, to: path)
  }

  private func summary(_ secret: SubsetSecret, leftOut: Int) throws -> SubsetDrawSummary {
    SubsetDrawSummary(
      secret: self.secret.path, secretDigest: try Digest.sha256(ofFile: self.secret.path),
      used: used.path, pool: secret.pool, itemCount: secret.items.count,
      usedCount: secret.used.count { $0 }, leftOutCount: leftOut, kind: secret.kind,
      withinClasses: secret.withinClasses)
  }
}

/// What was drawn.
public struct SubsetDrawSummary: Encodable, Sendable {
  /// The schema of the JSON.
  public let schema = "routemark.subset-draw/1"
  /// The file of the secret.
  public let secret: String
  /// Its SHA-256.
  public let secretDigest: Digest
  /// What the victim is trained on.
  public let used: String
  /// The digest of the pool.
  public let pool: Digest
  /// N.
  public let itemCount: Int
  /// n.
  public let usedCount: Int
  /// Items that have the bytes of an earlier one.
  public let leftOutCount: Int
  /// What the pool has.
  public let kind: SubsetSecret.Kind
  /// Whether it was drawn within classes.
  public let withinClasses: Bool

  enum CodingKeys: String, CodingKey {
    case schema, secret, used, pool, kind
    case secretDigest = "secret_sha256"
    case itemCount = "items"
    case usedCount = "used_items"
    case leftOutCount = "left_out"
    case withinClasses = "within_classes"
  }
}
