/// The leaves of a value, each with the path under which JSON would have it.
///
/// A calibration has hundreds of numbers of twenty types; comparing encoded leaves forgets none,
/// also not those that are added later.
package struct FlatValues {
  /// A leaf.
  package enum Leaf: Equatable, CustomStringConvertible {
    case number(Double)
    case text(String)

    package var description: String {
      switch self {
      case .number(let value): "\(value)"
      case .text(let value): value
      }
    }
  }

  /// Leaves in the order of encoding.
  package let leaves: [(path: String, leaf: Leaf)]

  /// Flattens a value.
  ///
  /// - Throws: what its `encode(to:)` throws.
  package init(_ value: some Encodable) throws {
    let sink = Sink()
    try value.encode(to: FlatEncoder(path: "", sink: sink))
    leaves = sink.leaves
  }

  fileprivate final class Sink {
    var leaves: [(path: String, leaf: Leaf)] = []
  }
}

extension DiscrepancyList {
  /// All leaves of two values: numbers up to rounding, everything else exactly.
  package mutating func compareLeaves<Value: Encodable>(
    _ path: String, _ stored: Value, _ recomputed: Value
  ) throws {
    let (old, new) = (try FlatValues(stored).leaves, try FlatValues(recomputed).leaves)
    let expected = Dictionary(uniqueKeysWithValues: new.map { ($0.path, $0.leaf) })
    let known = Set(old.map(\.path))
    for (place, leaf) in old {
      let full = place.isEmpty || place.hasPrefix("[") ? path + place : "\(path).\(place)"
      switch (leaf, expected[place]) {
      case (.number(let stored), .number(let recomputed)?): compare(full, stored, recomputed)
      case (let stored, let recomputed?): compareExactly(full, stored, recomputed)
      case (let stored, nil): compareExactly(full, "\(stored)", "nothing")
      }
    }
    for (place, leaf) in new where !known.contains(place) {
      compareExactly("\(path).\(place)", "nothing", "\(leaf)")
    }
  }
}

private struct FlatEncoder: Encoder {
  let path: String
  let sink: FlatValues.Sink
  var codingPath: [any CodingKey] { [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    KeyedEncodingContainer(FlatKeyedContainer(path: path, sink: sink))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    FlatUnkeyedContainer(path: path, sink: sink)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer {
    FlatSingleContainer(path: path, sink: sink)
  }

  static func write(
    _ value: some Encodable, path: String, sink: FlatValues.Sink
  ) throws {
    switch value {
    case let number as Double: sink.leaves.append((path, .number(number)))
    case let text as String: sink.leaves.append((path, .text(text)))
    case let flag as Bool: sink.leaves.append((path, .text("\(flag)")))
    case let number as any BinaryInteger: sink.leaves.append((path, .text("\(number)")))
    default: try value.encode(to: FlatEncoder(path: path, sink: sink))
    }
  }
}

private struct FlatKeyedContainer<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let path: String
  let sink: FlatValues.Sink
  var codingPath: [any CodingKey] { [] }

  private func place(_ key: Key) -> String {
    path.isEmpty ? key.stringValue : "\(path).\(key.stringValue)"
  }

  mutating func encodeNil(forKey key: Key) throws {}

  mutating func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
    try FlatEncoder.write(value, path: place(key), sink: sink)
  }

  mutating func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type, forKey key: Key
  ) -> KeyedEncodingContainer<Nested> {
    FlatEncoder(path: place(key), sink: sink).container(keyedBy: type)
  }

  mutating func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    FlatUnkeyedContainer(path: place(key), sink: sink)
  }

  mutating func superEncoder() -> any Encoder { FlatEncoder(path: path, sink: sink) }
  mutating func superEncoder(forKey key: Key) -> any Encoder {
    FlatEncoder(path: place(key), sink: sink)
  }
}

private struct FlatUnkeyedContainer: UnkeyedEncodingContainer {
  let path: String
  let sink: FlatValues.Sink
  private(set) var count = 0
  var codingPath: [any CodingKey] { [] }

  init(path: String, sink: FlatValues.Sink) {
    self.path = path
    self.sink = sink
  }

  private mutating func nextPlace() -> String {
    defer { count += 1 }
    return "\(path)[\(count)]"
  }

  mutating func encodeNil() throws { sink.leaves.append((nextPlace(), .text("nothing"))) }

  mutating func encode<Value: Encodable>(_ value: Value) throws {
    try FlatEncoder.write(value, path: nextPlace(), sink: sink)
  }

  mutating func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type
  ) -> KeyedEncodingContainer<Nested> {
    FlatEncoder(path: nextPlace(), sink: sink).container(keyedBy: type)
  }

  mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
    FlatUnkeyedContainer(path: nextPlace(), sink: sink)
  }

  mutating func superEncoder() -> any Encoder { FlatEncoder(path: nextPlace(), sink: sink) }
}

private struct FlatSingleContainer: SingleValueEncodingContainer {
  let path: String
  let sink: FlatValues.Sink
  var codingPath: [any CodingKey] { [] }

  mutating func encodeNil() throws { sink.leaves.append((path, .text("nothing"))) }

  mutating func encode<Value: Encodable>(_ value: Value) throws {
    try FlatEncoder.write(value, path: path, sink: sink)
  }
}
