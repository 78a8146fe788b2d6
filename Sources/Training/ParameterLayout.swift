import RoutedModels

/// Where each named tensor lies in one flat array of floats.
///
/// Tensors follow each other without gaps in the order they were added, so neighbours of equal
/// width (q, k and v projections) can be used as one matrix.
public struct ParameterLayout: Sendable, Equatable {
  /// One tensor: its role, name, shape and first index in the flat array.
  public struct Entry: Sendable, Equatable {
    /// What it does.
    public let role: TensorRole
    /// What the family calls it.
    public let name: String
    /// The shape, slowest axis first.
    public let shape: [Int]
    /// Index of the first value.
    public let offset: Int

    /// The tensor of another slot of a merge, at the same place; what no expert owns stays.
    package func inSlot(_ slot: TensorRole.Slot, _ names: TensorNames) -> Entry {
      let role = role.inSlot(slot)
      return Entry(role: role, name: names.name(of: role), shape: shape, offset: offset)
    }

    /// Number of values.
    public var count: Int { shape.reduce(1, *) }
    /// The values' indices in the flat array.
    public var range: Range<Int> { offset..<(offset + count) }
  }

  /// The tensors in storage order.
  public private(set) var entries: [Entry] = []
  /// Number of floats in all.
  public private(set) var count = 0

  private let names: TensorNames

  /// An empty layout of tensors that a family names.
  public init(names: TensorNames) { self.names = names }

  /// Appends a tensor and returns its first index.
  @discardableResult
  package mutating func add(_ role: TensorRole, _ shape: [Int]) -> Int {
    let entry = Entry(role: role, name: names.name(of: role), shape: shape, offset: count)
    entries.append(entry)
    count += entry.count
    return entry.offset
  }

  /// The tensor of that role.
  package func entry(_ role: TensorRole) -> Entry? {
    entries.first { $0.role == role }
  }

  /// The tensor called `name`.
  public func entry(_ name: String) -> Entry? {
    entries.first { $0.name == name }
  }
}
