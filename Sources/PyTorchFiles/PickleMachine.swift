/// Runs the part of Python's pickle language that files of tensors are written in, protocols 2 to 5.
///
/// Nothing is executed: the only calls are those of ``PickleGlobal``, which make tensors and
/// dictionaries of values that are already there. Time and memory are linear in the pickle's length:
/// strings stay in the pickle, an instruction makes at most one value, and a value is moved, never
/// copied with what it holds.
struct PickleMachine {
  /// The largest pickle that is read, in bytes; a state dict of 100,000 tensors has a third of it.
  static let sizeLimit = 64 << 20
  /// The most values that hold others; every tensor takes four to seven.
  static let nodeLimit = 1 << 18
  /// The most values on the stack, the most that are remembered, and the most in all containers.
  static let valueLimit = 1 << 20
  /// The most dimensions of a tensor.
  static let dimensionLimit = 32

  let file: String
  let bytes: UnsafeRawBufferPointer
  private(set) var nodes: [PickleNode] = []
  private var place = 0
  private var start = 0
  private var stack: [PickleValue] = []
  private var marks: [Int] = []
  private var memo: [PickleValue] = []
  private var held = 0

  init(file: String, bytes: UnsafeRawBufferPointer) {
    self.file = file
    self.bytes = bytes
  }

  /// Runs to the end and returns the value that is left.
  mutating func run() throws(PyTorchFileError) -> PickleValue {
    guard bytes.count <= Self.sizeLimit else {
      throw .limitExceeded(file: file, offset: 0, subject: "bytes", limit: Self.sizeLimit)
    }
    while true {
      start = place
      let code = try byte()
      if code == UInt8(ascii: ".") { break }
      try step(code)
      guard max(stack.count, marks.count, memo.count, held) <= Self.valueLimit else {
        throw .limitExceeded(
          file: file, offset: start, subject: "values", limit: Self.valueLimit)
      }
    }
    guard stack.count == 1, marks.isEmpty, let result = stack.last else {
      throw malformed("one value at the end", "\(stack.count)")
    }
    return result
  }

  /// The text of a value, or `nil` when it is not text in UTF-8.
  func text(_ value: PickleValue) -> String? {
    guard case .text(let offset, let count) = value else { return nil }
    return String(
      validating: bytes[Int(offset)..<(Int(offset) + Int(count))], as: UTF8.self)
  }

  func malformed(_ expected: String, _ actual: String) -> PyTorchFileError {
    .malformedPickle(file: file, offset: start, expected: expected, actual: actual)
  }

  // MARK: Instructions

  private mutating func step(_ code: UInt8) throws(PyTorchFileError) {
    switch code {
    case 0x80:  // PROTO
      let version = try byte()
      guard (2...5).contains(version) else { throw malformed("protocol 2 to 5", "\(version)") }
    case 0x95: _ = try take(8)  // FRAME
    case UInt8(ascii: "N"): stack.append(.none)
    case 0x88: stack.append(.boolean(true))
    case 0x89: stack.append(.boolean(false))
    case UInt8(ascii: "K"): stack.append(.integer(Int(try byte())))
    case UInt8(ascii: "M"): stack.append(.integer(try length(2)))
    case UInt8(ascii: "J"):
      stack.append(.integer(Int(Int32(truncatingIfNeeded: try length(4)))))
    case 0x8A: try pushLong(try length(1))
    case 0x8B: try pushLong(try length(4))
    case UInt8(ascii: "G"):
      _ = try take(8)
      stack.append(.number)
    case UInt8(ascii: "U"), 0x8C, UInt8(ascii: "C"): try pushText(try length(1))
    case UInt8(ascii: "T"), UInt8(ascii: "X"), UInt8(ascii: "B"): try pushText(try length(4))
    case 0x8D, 0x8E, 0x96: try pushText(try length(8))
    case UInt8(ascii: "("): marks.append(stack.count)
    case UInt8(ascii: "0"): _ = try pop()
    case UInt8(ascii: "1"): _ = try popMarked()
    case UInt8(ascii: "c"):
      let module = try line()
      try pushGlobal(module: module, name: try line())
    case 0x93:
      let (name, module) = (try pop(), try pop())
      guard let name = text(name), let module = text(module) else {
        throw malformed("a module and a name", "something else")
      }
      try pushGlobal(module: module, name: name)
    case UInt8(ascii: "h"): stack.append(try remembered(try length(1)))
    case UInt8(ascii: "j"): stack.append(try remembered(try length(4)))
    case UInt8(ascii: "q"): try remember(try length(1))
    case UInt8(ascii: "r"): try remember(try length(4))
    case 0x94: try remember(memo.count)
    case UInt8(ascii: "R"):
      let arguments = try pop()
      try call(try pop(), arguments)
    case UInt8(ascii: "Q"): try pushStorage(try pop())
    default: try collect(code)
    }
  }

  /// The instructions that make and fill containers.
  private mutating func collect(_ code: UInt8) throws(PyTorchFileError) {
    switch code {
    case UInt8(ascii: ")"): try push(.tuple([]))
    case UInt8(ascii: "]"): try push(.list([]))
    case UInt8(ascii: "}"): try push(.dictionary([]))
    case 0x85...0x87:
      let count = Int(code) - 0x84
      guard stack.count - (marks.last ?? 0) >= count else {
        throw malformed("\(count) values", "fewer")
      }
      let values = Array(stack.suffix(count))
      held += count
      stack.removeLast(count)
      try push(.tuple(values))
    case UInt8(ascii: "t"): try push(.tuple(try popMarked()))
    case UInt8(ascii: "l"): try push(.list(try popMarked()))
    case UInt8(ascii: "d"): try push(.dictionary(try pairs(try popMarked())))
    case UInt8(ascii: "a"):
      held += 1
      try append([try pop()])
    case UInt8(ascii: "e"): try append(try popMarked())
    case UInt8(ascii: "s"):
      let value = try pop()
      held += 2
      try store([try pop(), value])
    case UInt8(ascii: "u"): try store(try pairs(try popMarked()))
    // A set has no tensors that anything could name; its values are passed over.
    case 0x8F: stack.append(.passedOver)
    case 0x90: _ = try popMarked()
    case 0x91:
      _ = try popMarked()
      stack.append(.passedOver)
    // What a state dict has beside its tensors, `_metadata`, is passed over.
    case UInt8(ascii: "b"): _ = try pop()
    default: throw .unsupportedInstruction(file: file, offset: start, code: code)
    }
  }

  private func pairs(_ values: [PickleValue]) throws(PyTorchFileError) -> [PickleValue] {
    guard values.count.isMultiple(of: 2) else { throw malformed("keys with values", "a key alone") }
    return values
  }

  private mutating func append(_ values: [PickleValue]) throws(PyTorchFileError) {
    guard case .node(let index)? = stack.last, case .list(var elements) = nodes[Int(index)] else {
      throw malformed("a list to append to", "something else")
    }
    nodes[Int(index)] = .tuple([])  // So that the elements are not copied.
    elements += values
    nodes[Int(index)] = .list(elements)
  }

  private mutating func store(_ values: [PickleValue]) throws(PyTorchFileError) {
    if stack.last == .passedOver { return }
    guard case .node(let index)? = stack.last, case .dictionary(var pairs) = nodes[Int(index)]
    else { throw malformed("a dictionary to store in", "something else") }
    nodes[Int(index)] = .tuple([])
    pairs += values
    nodes[Int(index)] = .dictionary(pairs)
  }

  // MARK: Stack and memory

  mutating func push(_ node: PickleNode) throws(PyTorchFileError) {
    guard nodes.count < Self.nodeLimit else {
      throw .limitExceeded(
        file: file, offset: start, subject: "containers and tensors", limit: Self.nodeLimit)
    }
    stack.append(.node(Int32(nodes.count)))
    nodes.append(node)
  }

  mutating func push(_ value: PickleValue) { stack.append(value) }

  /// Counts numbers that a tensor holds.
  mutating func hold(_ count: Int) { held += count }

  private mutating func pop() throws(PyTorchFileError) -> PickleValue {
    guard stack.count > marks.last ?? 0, let value = stack.popLast() else {
      throw malformed("a value", "none")
    }
    return value
  }

  private mutating func popMarked() throws(PyTorchFileError) -> [PickleValue] {
    guard let mark = marks.popLast() else { throw malformed("a mark", "none") }
    guard mark <= stack.count else { throw malformed("a mark below the stack's top", "one above") }
    let values = Array(stack[mark...])
    held += values.count
    stack.removeSubrange(mark...)
    return values
  }

  private mutating func remember(_ index: Int) throws(PyTorchFileError) {
    guard let value = stack.last else { throw malformed("a value to remember", "none") }
    guard index <= memo.count else {
      throw malformed("place \(memo.count) to remember a value", "place \(index)")
    }
    if index == memo.count { memo.append(value) } else { memo[index] = value }
  }

  private func remembered(_ index: Int) throws(PyTorchFileError) -> PickleValue {
    guard index < memo.count else { throw malformed("a remembered value", "place \(index)") }
    return memo[index]
  }

  private mutating func pushGlobal(module: String, name: String) throws(PyTorchFileError) {
    guard let global = PickleGlobal(module: module, name: name) else {
      throw .forbiddenGlobal(
        file: file, offset: start, name: "\(module.prefix(200)).\(name.prefix(200))")
    }
    stack.append(.global(global))
  }

  /// Whole numbers of more than 64 bits, as states of random generators have, are passed over.
  private mutating func pushLong(_ count: Int) throws(PyTorchFileError) {
    let digits = try take(count)
    guard count <= 8 else {
      stack.append(.passedOver)
      return
    }
    var value = count > 0 && digits[count - 1] >= 0x80 ? -1 : 0
    for digit in digits.reversed() { value = value << 8 | Int(digit) }
    stack.append(.integer(value))
  }

  private mutating func pushText(_ count: Int) throws(PyTorchFileError) {
    let offset = place
    _ = try take(count)
    stack.append(.text(offset: UInt32(offset), count: UInt32(count)))
  }

  // MARK: Bytes

  private mutating func byte() throws(PyTorchFileError) -> UInt8 {
    guard place < bytes.count else { throw malformed("another instruction", "the end") }
    defer { place += 1 }
    return bytes[place]
  }

  private mutating func take(_ count: Int) throws(PyTorchFileError) -> UnsafeRawBufferPointer {
    guard count <= bytes.count - place else {
      throw malformed("\(count) bytes", "\(bytes.count - place)")
    }
    defer { place += count }
    return UnsafeRawBufferPointer(rebasing: bytes[place..<(place + count)])
  }

  /// A little-endian number of `width` bytes, zero or more.
  private mutating func length(_ width: Int) throws(PyTorchFileError) -> Int {
    let value = try take(width).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard let length = Int(exactly: value) else { throw malformed("a length", "\(value)") }
    return length
  }

  private mutating func line() throws(PyTorchFileError) -> String {
    let rest = bytes[place...]
    guard let end = rest.firstIndex(of: UInt8(ascii: "\n")),
      let text = String(validating: bytes[place..<end], as: UTF8.self)
    else { throw malformed("a line of text", "none") }
    place = end + 1
    return text
  }
}
