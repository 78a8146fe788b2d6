/// Where each named tensor lies in one flat array of floats.
///
/// Tensors follow each other without gaps in the order they were added, so neighbours of equal
/// width (q, k and v projections) can be used as one matrix.
public struct ParameterLayout: Sendable, Equatable {
  /// One tensor: its upstream name, shape and first index in the flat array.
  public struct Entry: Sendable, Equatable {
    /// The Hugging Face name.
    public let name: String
    /// The shape, slowest axis first.
    public let shape: [Int]
    /// Index of the first value.
    public let offset: Int

    /// Number of values.
    public var count: Int { shape.reduce(1, *) }
    /// The values' indices in the flat array.
    public var range: Range<Int> { offset..<(offset + count) }
  }

  /// The tensors in storage order.
  public private(set) var entries: [Entry] = []
  /// Number of floats in all.
  public private(set) var count = 0

  /// An empty layout.
  public init() {}

  /// Appends a tensor and returns its first index.
  @discardableResult
  package mutating func add(_ name: String, _ shape: [Int]) -> Int {
    let entry = Entry(name: name, shape: shape, offset: count)
    entries.append(entry)
    count += entry.count
    return entry.offset
  }

  /// The tensor called `name`.
  public func entry(_ name: String) -> Entry? {
    entries.first { $0.name == name }
  }
}
