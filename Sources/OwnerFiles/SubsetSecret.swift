import Diagnostics
import Documents
import KeyedRandomness

/// `subset.json`: which items of a pool the victim is trained on, and the key that chose them.
public struct SubsetSecret: OwnerDocument {
  /// The schema.
  public static let schema = "routemark.subset/1"

  /// What a pool has.
  public enum Kind: String, Codable, Sendable, Hashable {
    /// Labelled images.
    case images
    /// Disjoint windows of a text.
    case text
  }

  /// How a text was cut.
  public struct Windows: Codable, Sendable, Hashable {
    /// What is counted.
    public enum Unit: String, Codable, Sendable, Hashable, CaseIterable {
      /// Bytes of UTF-8; a window ends before the first byte of a character.
      case bytes
      /// Words between white space.
      case words
    }

    /// What is counted.
    public let unit: Unit
    /// How many of them a window has.
    public let length: Int

    /// Windows of a length.
    public init(unit: Unit, length: Int) {
      self.unit = unit
      self.length = length
    }
  }

  /// One item of the pool.
  public struct Item: Codable, Sendable, Hashable {
    /// SHA-256 of the image's or the window's bytes.
    public let item: Digest
    /// Whether the victim is trained on it.
    public let used: Bool
    /// The label, where there is one.
    public let label: Int?

    /// An item.
    public init(item: Digest, used: Bool, label: Int?) {
      self.item = item
      self.used = used
      self.label = label
    }
  }

  /// The schema of the file.
  public let schema: String
  /// Who made it.
  public let tool: String
  /// What the pool has.
  public let kind: Kind
  /// The task, if it was named.
  public let task: String?
  /// Where the pool lies, relative to this file.
  public let data: String?
  /// How a text was cut.
  public let windows: Windows?
  /// SHA-256 over the items' digests and labels in the pool's order.
  public let pool: Digest
  /// The share that was to be used.
  public let share: Double
  /// Whether it was drawn within each class.
  public let withinClasses: Bool
  /// The key that chose.
  public let key: SecretKey
  /// The pool in its order.
  public let items: [Item]

  private enum CodingKeys: String, CodingKey {
    case schema, tool, kind, task, data, windows, pool, share, key, items
    case withinClasses = "within_classes"
  }

  /// Draws a subset of a pool.
  ///
  /// - Parameters:
  ///   - pool: the items in order, no digest twice.
  ///   - key: a fresh one, unless a draw is repeated.
  /// - Precondition: `share` is inside 0...1; there are labels if the draw is within classes.
  public init(
    kind: Kind, pool items: [(item: Digest, label: Int?)], share: Double, withinClasses: Bool,
    task: String?, data: String?, windows: Windows?, key: SecretKey = SecretKey(), tool: String
  ) {
    schema = Self.schema
    self.tool = tool
    self.kind = kind
    self.task = task
    self.data = data
    self.windows = windows
    self.share = share
    self.withinClasses = withinClasses
    self.key = key
    let chosen = KeyedSubset.chosen(
      of: items.count, share: share,
      classes: withinClasses ? items.map { $0.label ?? 0 } : nil, by: key)
    self.items = zip(items, chosen).map { Item(item: $0.item, used: $1, label: $0.label) }
    pool = Self.digest(of: items)
  }

  /// The digest of a pool: a line for each item, its digest, a space, and its label or `-`.
  public static func digest(of items: [(item: Digest, label: Int?)]) -> Digest {
    var builder = SHA256Builder()
    for item in items {
      builder.update(Array("\(item.item) \(item.label.map { "\($0)" } ?? "-")\n".utf8))
    }
    return builder.finish()
  }

  /// Which items were used, in the pool's order.
  public var used: [Bool] { items.map(\.used) }

  /// The classes that the draw was within, if it was.
  public var classes: [Int]? { withinClasses ? items.map { $0.label ?? 0 } : nil }

  /// Checks that pool and subset are what digest and key say.
  public func validate(file: String) throws {
    try require(
      share > 0 && share < 1, file, "share", expected: "above 0 and below 1", actual: "\(share)")
    try require(
      Set(items.map(\.item)).count == items.count, file, "items", expected: "each item once",
      actual: "one twice")
    try require(
      !withinClasses || items.allSatisfy { $0.label != nil }, file, "items",
      expected: "a label for each item", actual: "none")
    try require(
      windows.map { $0.length > 0 } ?? (kind == .images), file, "windows",
      expected: "a length for a text", actual: "another")
    let pairs = items.map { (item: $0.item, label: $0.label) }
    let digest = Self.digest(of: pairs)
    try require(pool == digest, file, "pool", expected: "\(digest)", actual: "\(pool)")
    let chosen = KeyedSubset.chosen(
      of: items.count, share: share, classes: classes, by: key)
    let place = zip(used, chosen).enumerated().first { $0.element.0 != $0.element.1 }?.offset
    try require(
      place == nil, file, "items[\(place ?? 0)].used", expected: "what the key chooses",
      actual: "another")
  }
}
