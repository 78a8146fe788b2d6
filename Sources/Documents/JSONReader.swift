import Diagnostics

/// A strict pull parser: reads JSON (RFC 8259) value by value and keeps nothing that is not asked
/// for.
///
/// It refuses text that is not UTF-8, keys that are there twice, and deep nesting. Two keys are the
/// same when they are equal as `String`s, so canonically equivalent spellings count as duplicates;
/// otherwise they would collide in a dictionary later.
package struct JSONReader {
  /// How deep arrays and objects may be nested.
  package static let nestingLimit = 64

  private let bytes: UnsafeRawBufferPointer
  private let file: String
  /// Where `bytes` start in the file, for error messages.
  private let fileOffset: Int
  private var offset = 0
  private var keys: [PathComponent] = []

  private enum PathComponent {
    case key(String)
    case index(Int)
  }

  /// Prepares to read `bytes`, which must stay valid while the reader is used.
  ///
  /// - Throws: ``DocumentError/notUTF8(file:offset:)``.
  package init(
    _ bytes: UnsafeRawBufferPointer, file: String, fileOffset: Int = 0
  ) throws(DocumentError) {
    if let invalid = firstInvalidUTF8Offset(in: bytes) {
      throw .notUTF8(file: file, offset: fileOffset + invalid)
    }
    self.bytes = bytes
    self.file = file
    self.fileOffset = fileOffset
  }

  /// Where the reader is, such as `layers[3].name`; empty at the top.
  package var keyPath: String {
    var text = ""
    for component in keys {
      switch component {
      case .key(let key): text += text.isEmpty ? key : ".\(key)"
      case .index(let index): text += "[\(index)]"
      }
    }
    return text
  }

  /// What the next value is.
  package enum Kind {
    case object, array, leaf
  }

  /// What the next value is, told from its first byte; nothing is read.
  package mutating func nextKind() -> Kind {
    skipSpace()
    return switch peek() {
    case UInt8(ascii: "{"): .object
    case UInt8(ascii: "["): .array
    default: .leaf
    }
  }

  /// Calls `body` at the value of every key.
  ///
  /// - Throws: ``DocumentError``, and what `body` throws.
  package mutating func readObject(
    _ body: (_ key: String, _ reader: inout JSONReader) throws -> Void
  ) throws {
    try expect(UInt8(ascii: "{"), "an object")
    if consume(UInt8(ascii: "}")) { return }
    var seen: Set<String> = []
    repeat {
      skipSpace()
      guard peek() == UInt8(ascii: "\"") else { throw invalid("a key in double quotes") }
      let key = try parseString()
      try descend(.key(key))
      guard seen.insert(key).inserted else {
        throw DocumentError.duplicateKey(file: file, keyPath: keyPath)
      }
      guard consume(UInt8(ascii: ":")) else { throw invalid("`:`") }
      try body(key, &self)
      keys.removeLast()
    } while consume(UInt8(ascii: ","))
    guard consume(UInt8(ascii: "}")) else { throw invalid("`,` or `}`") }
  }

  /// Calls `body` at every element.
  ///
  /// - Throws: ``DocumentError``, and what `body` throws.
  package mutating func readArray(
    _ body: (_ index: Int, _ reader: inout JSONReader) throws -> Void
  ) throws {
    try expect(UInt8(ascii: "["), "an array")
    if consume(UInt8(ascii: "]")) { return }
    var index = 0
    repeat {
      try descend(.index(index))
      try body(index, &self)
      keys.removeLast()
      index += 1
    } while consume(UInt8(ascii: ","))
    guard consume(UInt8(ascii: "]")) else { throw invalid("`,` or `]`") }
  }

  /// Reads a string.
  package mutating func readString() throws(DocumentError) -> String {
    skipSpace()
    guard peek() == UInt8(ascii: "\"") else { throw try unexpected("a string") }
    return try parseString()
  }

  /// Reads a number that is written as an integer.
  package mutating func readInteger() throws(DocumentError) -> Int {
    skipSpace()
    guard let first = peek(), first == UInt8(ascii: "-") || isDigit(first) else {
      throw try unexpected("an integer")
    }
    let text = try parseNumber()
    guard let value = Int(text) else {
      throw .unexpectedValue(
        file: file, keyPath: keyPath, expected: "an integer of 64 bits",
        actual: "`\(text.prefix(40))`")
    }
    return value
  }

  /// Reads a value of any kind and forgets it.
  package mutating func skipValue() throws {
    skipSpace()
    switch peek() {
    case UInt8(ascii: "{"):
      try readObject { try $1.skipValue() }
    case UInt8(ascii: "["):
      try readArray { try $1.skipValue() }
    case UInt8(ascii: "\""): try skipString()
    case UInt8(ascii: "t"): try parseWord("true")
    case UInt8(ascii: "f"): try parseWord("false")
    case UInt8(ascii: "n"): try parseWord("null")
    case .some(let byte) where byte == UInt8(ascii: "-") || isDigit(byte): _ = try parseNumber()
    default: throw invalid("a value")
    }
  }

  /// Checks that nothing but white space follows.
  package mutating func finish() throws(DocumentError) {
    skipSpace()
    guard offset == bytes.count else { throw invalid("the end of the text") }
  }

  // MARK: Tokens

  private mutating func parseString() throws(DocumentError) -> String {
    let start = offset + 1
    let hasEscapes = try skipString()
    let content = UnsafeRawBufferPointer(rebasing: bytes[start..<(offset - 1)])
    return hasEscapes ? try resolvingEscapes(in: content, from: start) : text(of: content)
  }

  /// Moves behind a string whose escapes are checked later; true when it has some.
  @discardableResult
  private mutating func skipString() throws(DocumentError) -> Bool {
    offset += 1
    let start = offset
    var hasEscapes = false
    var mayHaveMarks = false
    while let byte = peek() {
      if byte == UInt8(ascii: "\"") {
        let content = UnsafeRawBufferPointer(rebasing: bytes[start..<offset])
        if hasEscapes {
          try check(marksOf: try resolvingEscapes(in: content, from: start), from: start)
        } else if mayHaveMarks {
          try check(marksOf: text(of: content), from: start)
        }
        offset += 1
        return hasEscapes
      }
      if byte >= 0xCC { mayHaveMarks = true }
      if byte < 0x20 { throw invalid("a character, control characters must be escaped") }
      if byte == UInt8(ascii: "\\") {
        hasEscapes = true
        offset += 1
      }
      offset += 1
    }
    offset = min(offset, bytes.count)
    throw invalid("`\"`")
  }

  /// Keys and values are compared later, which must not take longer than reading them.
  private func check(marksOf text: String, from start: Int) throws(DocumentError) {
    guard StreamSafeText.isSafe(text) else {
      throw .tooManyMarks(
        file: file, offset: fileOffset + start, limit: StreamSafeText.markLimit)
    }
  }

  private func resolvingEscapes(
    in content: UnsafeRawBufferPointer, from start: Int
  ) throws(DocumentError) -> String {
    var result = ""
    var position = 0
    while position < content.count {
      let literalEnd =
        content[position...].firstIndex(of: UInt8(ascii: "\\")) ?? content.endIndex
      result += text(of: UnsafeRawBufferPointer(rebasing: content[position..<literalEnd]))
      position = literalEnd
      guard position < content.count else { break }
      guard let (scalar, length) = escape(in: content, at: position) else {
        throw .invalidJSON(
          file: file, offset: fileOffset + start + position, expected: "an escape sequence",
          actual: "`\(text(of: .init(rebasing: content[position...].prefix(6))))`")
      }
      result.unicodeScalars.append(scalar)
      position += length
    }
    return result
  }

  /// The scalar that the escape sequence at `position` stands for, and the sequence's length.
  private func escape(
    in content: UnsafeRawBufferPointer, at position: Int
  ) -> (scalar: Unicode.Scalar, length: Int)? {
    guard position + 1 < content.count else { return nil }
    switch content[position + 1] {
    case UInt8(ascii: "\""): return ("\"", 2)
    case UInt8(ascii: "\\"): return ("\\", 2)
    case UInt8(ascii: "/"): return ("/", 2)
    case UInt8(ascii: "b"): return ("\u{8}", 2)
    case UInt8(ascii: "f"): return ("\u{c}", 2)
    case UInt8(ascii: "n"): return ("\n", 2)
    case UInt8(ascii: "r"): return ("\r", 2)
    case UInt8(ascii: "t"): return ("\t", 2)
    case UInt8(ascii: "u"): break
    default: return nil
    }
    guard let unit = codeUnit(in: content, at: position) else { return nil }
    if let scalar = Unicode.Scalar(unit) { return (scalar, 6) }
    // A surrogate: only a high one followed by a low one means something.
    guard UTF16.isLeadSurrogate(unit), let low = codeUnit(in: content, at: position + 6),
      UTF16.isTrailSurrogate(low)
    else { return nil }
    let value = 0x10000 + (UInt32(unit) - 0xD800) << 10 + (UInt32(low) - 0xDC00)
    return Unicode.Scalar(value).map { ($0, 12) }
  }

  private func codeUnit(in content: UnsafeRawBufferPointer, at position: Int) -> UInt16? {
    guard position + 6 <= content.count, content[position] == UInt8(ascii: "\\"),
      content[position + 1] == UInt8(ascii: "u")
    else { return nil }
    var value: UInt16 = 0
    for byte in content[(position + 2)..<(position + 6)] {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
      value = value << 4 | UInt16(digit)
    }
    return value
  }

  private mutating func parseNumber() throws(DocumentError) -> String {
    let start = offset
    if peek() == UInt8(ascii: "-") { offset += 1 }
    let integerStart = offset
    try parseDigits()
    if bytes[integerStart] == UInt8(ascii: "0"), offset > integerStart + 1 {
      offset = integerStart + 1
      throw invalid("no digit after a leading zero")
    }
    if peek() == UInt8(ascii: ".") {
      offset += 1
      try parseDigits()
    }
    if let byte = peek(), byte | 0x20 == UInt8(ascii: "e") {
      offset += 1
      if let sign = peek(), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { offset += 1 }
      try parseDigits()
    }
    return text(of: UnsafeRawBufferPointer(rebasing: bytes[start..<offset]))
  }

  private mutating func parseDigits() throws(DocumentError) {
    guard let first = peek(), isDigit(first) else { throw invalid("a digit") }
    while let byte = peek(), isDigit(byte) { offset += 1 }
  }

  private mutating func parseWord(_ word: StaticString) throws(DocumentError) {
    for index in 0..<word.utf8CodeUnitCount {
      guard peek() == word.utf8Start[index] else { throw invalid("`\(word)`") }
      offset += 1
    }
  }

  // MARK: Steps

  private func peek() -> UInt8? { offset < bytes.count ? bytes[offset] : nil }

  private mutating func skipSpace() {
    while let byte = peek(), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      offset += 1
    }
  }

  private mutating func consume(_ byte: UInt8) -> Bool {
    skipSpace()
    guard peek() == byte else { return false }
    offset += 1
    return true
  }

  private mutating func expect(_ byte: UInt8, _ expected: String) throws(DocumentError) {
    guard consume(byte) else { throw try unexpected(expected) }
  }

  private mutating func descend(_ component: PathComponent) throws(DocumentError) {
    guard keys.count < Self.nestingLimit else {
      throw .nestedTooDeeply(
        file: file, offset: fileOffset + offset, limit: Self.nestingLimit)
    }
    keys.append(component)
  }

  /// The error for a value of the wrong kind, or for text that is no value at all.
  private func unexpected(_ expected: String) throws(DocumentError) -> DocumentError {
    let actual =
      switch peek() {
      case UInt8(ascii: "{"): "an object"
      case UInt8(ascii: "["): "an array"
      case UInt8(ascii: "\""): "a string"
      case UInt8(ascii: "t"), UInt8(ascii: "f"): "a boolean"
      case UInt8(ascii: "n"): "null"
      case .some(let byte) where byte == UInt8(ascii: "-") || isDigit(byte): "a number"
      default: throw invalid(expected)
      }
    return .unexpectedValue(file: file, keyPath: keyPath, expected: expected, actual: actual)
  }

  private func invalid(_ expected: String) -> DocumentError {
    let actual =
      switch peek() {
      case nil: "the end of the text"
      case .some(let byte) where (0x21...0x7E).contains(byte):
        "`\(Character(Unicode.Scalar(byte)))`"
      case .some(let byte): "byte \(byte)"
      }
    return .invalidJSON(
      file: file, offset: fileOffset + offset, expected: expected, actual: actual)
  }

  private func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

  private func text(of content: UnsafeRawBufferPointer) -> String {
    String(decoding: content, as: UTF8.self)
  }
}

/// Where the first sequence starts that is not UTF-8 (overlong forms and surrogates included).
private func firstInvalidUTF8Offset(in bytes: UnsafeRawBufferPointer) -> Int? {
  var offset = 0
  while offset < bytes.count {
    let lead = bytes[offset]
    if lead < 0x80 {
      offset += 1
      continue
    }
    // The second byte's range depends on the first (Unicode, table 3-7).
    let (length, second): (Int, ClosedRange<UInt8>)
    switch lead {
    case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
    case 0xE0: (length, second) = (3, 0xA0...0xBF)
    case 0xE1...0xEC, 0xEE...0xEF: (length, second) = (3, 0x80...0xBF)
    case 0xED: (length, second) = (3, 0x80...0x9F)
    case 0xF0: (length, second) = (4, 0x90...0xBF)
    case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
    case 0xF4: (length, second) = (4, 0x80...0x8F)
    default: return offset
    }
    guard offset + length <= bytes.count, second.contains(bytes[offset + 1]),
      bytes[(offset + 2)..<(offset + length)].allSatisfy({ $0 & 0xC0 == 0x80 })
    else { return offset }
    offset += length
  }
  return nil
}
