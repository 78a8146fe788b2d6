import Checkpoints
import Documents
import Files
import Foundation
import Testing

/// One test a rule; the hostile bytes are written out.
@Suite struct SafetensorsHeaderTests {
  private func expect(
    _ bytes: [UInt8], fails error: (String) -> CheckpointError,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(bytes)
    #expect(throws: error(path), sourceLocation: sourceLocation) {
      _ = try Checkpoint(path: path)
    }
  }

  private func expect(
    _ bytes: [UInt8], fails error: (String) -> DocumentError,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(bytes)
    #expect(throws: error(path), sourceLocation: sourceLocation) {
      _ = try Checkpoint(path: path)
    }
  }

  private static let one = #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#

  @Test func aValidFileIsRead() throws {
    let folder = try TemporaryFolder()
    let data = littleEndian(Float(1.5).bitPattern) + littleEndian(Float(-2).bitPattern)
    let path = try folder.write(safetensors(Self.one + "  ", data: data))
    let checkpoint = try Checkpoint(path: path)
    #expect(checkpoint.tensorNames == ["a"])
    #expect(try checkpoint.floats("a", shape: [2]) == [1.5, -2])
    let descriptor = TensorDescriptor(name: "a", elementType: .f32, shape: [2], file: path)
    #expect(checkpoint.descriptor(of: "a") == descriptor)
    #expect(checkpoint.descriptor(of: "b") == nil)
  }

  @Test func aFileWithoutTensorsIsRead() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(safetensors(#"{"__metadata__":{"format":"pt"}}"#))
    let checkpoint = try Checkpoint(path: path)
    #expect(checkpoint.tensorNames.isEmpty)
    #expect(checkpoint.metadata == ["format": "pt"])
  }

  @Test func emptyTensorsAndScalarsAreRead() throws {
    let header =
      #"{"e":{"dtype":"F32","shape":[0,3],"data_offsets":[0,0]},"#
      + #""s":{"dtype":"F64","shape":[],"data_offsets":[0,8]},"#
      + #""t":{"dtype":"F32","shape":[0],"data_offsets":[8,8]}}"#
    let folder = try TemporaryFolder()
    let path = try folder.write(safetensors(header, data: littleEndian(0.25.bitPattern)))
    let checkpoint = try Checkpoint(path: path)
    #expect(try checkpoint.floats("e", shape: [0, 3]) == [])
    #expect(try checkpoint.floats("s", shape: []) == [0.25])
    #expect(try checkpoint.floats("t", shape: [0]) == [])
  }

  @Test func anEmptyFileIsTooShort() throws {
    try expect([]) { .tooShort(file: $0, expected: 8, actual: 0) }
  }

  @Test func sevenBytesAreTooShort() throws {
    try expect(zeros(7)) { .tooShort(file: $0, expected: 8, actual: 7) }
  }

  @Test func aHeaderOfNoBytesIsNotJSON() throws {
    try expect(zeros(8)) {
      .invalidJSON(file: $0, offset: 8, expected: "an object", actual: "the end of the text")
    }
  }

  @Test func aHeaderOfTwoToThe60IsTooLong() throws {
    try expect(safetensors([], length: 1 << 60)) {
      .headerTooLong(file: $0, limit: 100_000_000, actual: 1 << 60)
    }
  }

  @Test func aHeaderOfTwoToThe64IsTooLong() throws {
    try expect(safetensors([], length: .max)) {
      .headerTooLong(file: $0, limit: 100_000_000, actual: .max)
    }
  }

  @Test func aHeaderMayNotBeLongerThanTheFile() throws {
    try expect(safetensors(Array("{}".utf8), length: 3)) {
      .headerBeyondFile(file: $0, expected: 3, actual: 2)
    }
    try expect(safetensors(Array("{}".utf8), length: 100_000_000)) {
      .headerBeyondFile(file: $0, expected: 100_000_000, actual: 2)
    }
  }

  @Test(
    arguments: [
      [0xFF], [0xC0, 0x80], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80],
      [0xF0, 0x80, 0x80, 0x80], [0xC3], [0x80], [0xF4, 0x90, 0x80, 0x80],
    ] as [[UInt8]])
  func aHeaderMustBeUTF8(invalid: [UInt8]) throws {
    let header = Array("{\"".utf8) + invalid + Array("\":1}".utf8)
    try expect(safetensors(header)) { .notUTF8(file: $0, offset: 10) }
  }

  @Test func aHeaderMustBeJSON() throws {
    try expect(safetensors("{]")) {
      .invalidJSON(file: $0, offset: 9, expected: "a key in double quotes", actual: "`]`")
    }
    try expect(safetensors("{} x")) {
      .invalidJSON(file: $0, offset: 11, expected: "the end of the text", actual: "`x`")
    }
    try expect(safetensors("\u{FEFF}{}")) {
      .invalidJSON(file: $0, offset: 8, expected: "an object", actual: "byte 239")
    }
  }

  @Test func aHeaderMustBeAnObject() throws {
    try expect(safetensors("[]")) {
      .unexpectedValue(file: $0, keyPath: "", expected: "an object", actual: "an array")
    }
  }

  @Test func aTensorMustBeAnObject() throws {
    try expect(safetensors(#"{"a":3}"#)) {
      .unexpectedValue(file: $0, keyPath: "a", expected: "an object", actual: "a number")
    }
  }

  @Test func tensorNamesMayNotRepeat() throws {
    let entry = #"{"dtype":"F32","shape":[0],"data_offsets":[0,0]}"#
    try expect(safetensors(#"{"a":\#(entry),"a":\#(entry)}"#)) {
      .duplicateKey(file: $0, keyPath: "a")
    }
  }

  @Test func tensorNamesMayNotRepeatBehindEscapes() throws {
    let entry = #"{"dtype":"F32","shape":[0],"data_offsets":[0,0]}"#
    try expect(safetensors(#"{"a":\#(entry),"\u0061":\#(entry)}"#)) {
      .duplicateKey(file: $0, keyPath: "a")
    }
  }

  @Test func tensorNamesMayNotRepeatInAnotherUnicodeForm() throws {
    let entry = #"{"dtype":"F32","shape":[0],"data_offsets":[0,0]}"#
    try expect(safetensors(#"{"\u00e9":\#(entry),"e\u0301":\#(entry)}"#)) {
      .duplicateKey(file: $0, keyPath: "e\u{301}")
    }
  }

  @Test func keysOfATensorMayNotRepeat() throws {
    try expect(
      safetensors(
        #"{"a":{"dtype":"F32","shape":[1],"shape":[2],"data_offsets":[0,8]}}"#, data: zeros(8))
    ) { .duplicateKey(file: $0, keyPath: "a.shape") }
  }

  @Test func tensorNamesMayNotBeEmpty() throws {
    try expect(safetensors(#"{"":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}"#)) {
      .emptyTensorName(file: $0)
    }
  }

  @Test func elementTypesMustBeKnown() throws {
    try expect(safetensors(#"{"a":{"dtype":"F12","shape":[0],"data_offsets":[0,0]}}"#)) {
      .unknownElementType(tensor: "a", file: $0, actual: "F12")
    }
  }

  @Test func dimensionsMayNotBeNegative() throws {
    try expect(safetensors(#"{"a":{"dtype":"F32","shape":[2,-1],"data_offsets":[0,0]}}"#)) {
      .negativeDimension(tensor: "a", file: $0, dimension: 1, actual: -1)
    }
  }

  @Test func dimensionsMustBeIntegers() throws {
    try expect(safetensors(#"{"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}"#)) {
      .unexpectedValue(
        file: $0, keyPath: "a.shape[0]", expected: "an integer of 64 bits", actual: "`1.0`")
    }
    try expect(
      safetensors(#"{"a":{"dtype":"F32","shape":[18446744073709551616],"data_offsets":[0,4]}}"#)
    ) {
      .unexpectedValue(
        file: $0, keyPath: "a.shape[0]", expected: "an integer of 64 bits",
        actual: "`18446744073709551616`")
    }
  }

  @Test func dimensionsMayNotBeTooMany() throws {
    let shape = Array(repeating: "1", count: 33).joined(separator: ",")
    try expect(
      safetensors(#"{"a":{"dtype":"U8","shape":[\#(shape)],"data_offsets":[0,1]}}"#, data: [0])
    ) { .tooManyDimensions(tensor: "a", file: $0, limit: 32) }
  }

  @Test func shapesMayNotOverflow() throws {
    try expect(
      safetensors(
        #"{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}"#)
    ) { .shapeOverflows(tensor: "a", file: $0, shape: [1 << 32, 1 << 32]) }
    // 2^61 elements fit, their bytes do not.
    try expect(
      safetensors(#"{"a":{"dtype":"F32","shape":[2305843009213693952],"data_offsets":[0,0]}}"#)
    ) { .shapeOverflows(tensor: "a", file: $0, shape: [1 << 61]) }
  }

  @Test func offsetsMayNotBeReversed() throws {
    try expect(
      safetensors(#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#, data: zeros(4))
    ) { .reversedOffsets(tensor: "a", file: $0, start: 4, end: 0) }
  }

  @Test func offsetsMustBeTwoAndNotNegative() throws {
    try expect(safetensors(#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}"#)) {
      .unexpectedValue(
        file: $0, keyPath: "a.data_offsets[0]", expected: "zero or more", actual: "-4")
    }
    try expect(safetensors(#"{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0,0]}}"#)) {
      .unexpectedValue(
        file: $0, keyPath: "a.data_offsets", expected: "2 numbers", actual: "3")
    }
  }

  @Test func dataMayNotLieBeyondTheFile() throws {
    try expect(safetensors(Self.one, data: zeros(7))) {
      .dataBeyondFile(tensor: "a", file: $0, expectedEnd: 7, actualEnd: 8)
    }
    let start = Int.max - 7
    try expect(
      safetensors(
        #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[\#(start - 4),\#(start)]}}"#,
        data: zeros(8))
    ) { .dataBeyondFile(tensor: "a", file: $0, expectedEnd: 8, actualEnd: start) }
  }

  @Test func dataMayNotOverlap() throws {
    let header =
      #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"#
      + #""b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#
    try expect(safetensors(header, data: zeros(12))) {
      .gapOrOverlap(tensor: "b", file: $0, expectedStart: 8, actualStart: 4)
    }
  }

  @Test func dataMayNotHaveGaps() throws {
    let header =
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"#
      + #""b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}"#
    try expect(safetensors(header, data: zeros(12))) {
      .gapOrOverlap(tensor: "b", file: $0, expectedStart: 4, actualStart: 8)
    }
    try expect(
      safetensors(#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, data: zeros(8))
    ) { .gapOrOverlap(tensor: "a", file: $0, expectedStart: 0, actualStart: 4) }
  }

  @Test func nothingMayFollowTheData() throws {
    try expect(safetensors(Self.one, data: zeros(9))) {
      .trailingBytes(file: $0, expected: 8, actual: 9)
    }
    try expect(safetensors("{}", data: [0])) {
      .trailingBytes(file: $0, expected: 0, actual: 1)
    }
  }

  @Test func dataMustBeAsLongAsTheShapeSays() throws {
    try expect(
      safetensors(#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#, data: zeros(8))
    ) { .lengthMismatch(tensor: "a", file: $0, expected: 12, actual: 8) }
  }

  @Test(arguments: ["dtype", "shape", "data_offsets"])
  func aTensorMustHaveAllKeys(key: String) throws {
    let members = [
      "dtype": #""dtype":"F32""#, "shape": #""shape":[0]"#,
      "data_offsets": #""data_offsets":[0,0]"#,
    ].filter { $0.key != key }.values.sorted().joined(separator: ",")
    try expect(safetensors(#"{"a":{\#(members)}}"#)) {
      .missingKey(file: $0, keyPath: "a.\(key)")
    }
  }

  @Test func metadataMustBeStrings() throws {
    try expect(safetensors(#"{"__metadata__":{"a":1}}"#)) {
      .unexpectedValue(
        file: $0, keyPath: "__metadata__.a", expected: "a string", actual: "a number")
    }
    try expect(safetensors(#"{"__metadata__":[]}"#)) {
      .unexpectedValue(
        file: $0, keyPath: "__metadata__", expected: "an object", actual: "an array")
    }
  }

  @Test func nestingIsBounded() throws {
    let depth = 100_000
    let deep = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    let start = #"{"a":{"x":"#
    try expect(safetensors("\(start)\(deep)}}")) {
      .nestedTooDeeply(file: $0, offset: 8 + start.utf8.count + 63, limit: 64)
    }
  }

  @Test func aFolderIsNotAFile() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/model.safetensors"
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: false)
    #expect(throws: FileError.notARegularFile(path: path, actual: .folder)) {
      _ = try Checkpoint(path: folder.path)
    }
    #expect(throws: CheckpointError.noWeights(folder: path)) { _ = try Checkpoint(path: path) }
  }

  @Test func aMissingFileCannotBeOpened() throws {
    let path = try TemporaryFolder().path + "/nothing.safetensors"
    #expect(throws: FileError.cannotOpen(path: path, reason: "No such file or directory")) {
      _ = try Checkpoint(path: path)
    }
  }
}
