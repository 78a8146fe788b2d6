import Checkpoints
import Diagnostics
import Testing

@Suite struct CheckpointTests {
  private static let header =
    #"{"double":{"dtype":"F64","shape":[2],"data_offsets":[0,16]},"#
    + #""half":{"dtype":"F16","shape":[2,2],"data_offsets":[17,25]},"#
    + #""flag":{"dtype":"BOOL","shape":[1],"data_offsets":[16,17]},"#
    + #""task":{"dtype":"I64","shape":[2],"data_offsets":[25,41]}}"#

  /// The odd byte of `flag` leaves what follows it unaligned.
  private func checkpoint(
    _ folder: TemporaryFolder, doubles: [Double] = [1, 2],
    halves: [UInt16] = [0, 0x3C00, 0x8001, 0],
    flag: UInt8 = 1, tasks: [Int64] = [-1, .max]
  ) throws -> Checkpoint {
    let data =
      doubles.flatMap { littleEndian($0.bitPattern) } + [flag]
      + halves.flatMap { littleEndian($0) } + tasks.flatMap { littleEndian($0) }
    return try Checkpoint(path: try folder.write(safetensors(Self.header, data: data)))
  }

  @Test func tensorsAreReadAtAnyAlignment() throws {
    let folder = try TemporaryFolder()
    let checkpoint = try checkpoint(folder)
    #expect(checkpoint.tensorNames == ["double", "flag", "half", "task"])
    #expect(try checkpoint.floats("double", shape: [2]) == [1, 2])
    #expect(try checkpoint.floats("half", shape: [2, 2]) == [0, 1, -0x1p-24, 0])
    #expect(try checkpoint.doubles("half", shape: [2, 2]) == [0, 1, -0x1p-24, 0])
    #expect(try checkpoint.integers("flag", shape: [1]) == [1])
    #expect(try checkpoint.integers("task", shape: [2]) == [-1, .max])
    let stored = try checkpoint.withBytes(of: "half") { Array($0) }
    #expect(stored == [0, 0, 0, 0x3C, 0x01, 0x80, 0, 0])
  }

  @Test func aMissingTensorIsNamed() throws {
    let folder = try TemporaryFolder()
    let checkpoint = try checkpoint(folder)
    let error = CheckpointError.missingTensor(tensor: "gate.weight", file: checkpoint.path)
    #expect(throws: error) { try checkpoint.floats("gate.weight", shape: [2]) }
    #expect(throws: error) { try checkpoint.withBytes(of: "gate.weight") { _ in } }
    #expect(
      error.description
        == "the tensor is missing, at \(checkpoint.path), tensor `gate.weight` "
        + "[checkpoint.missing-tensor]")
  }

  @Test func aWrongShapeIsRefused() throws {
    let folder = try TemporaryFolder()
    let checkpoint = try checkpoint(folder)
    let error = CheckpointError.shapeMismatch(
      tensor: "half", file: checkpoint.path, expected: [4], actual: [2, 2])
    #expect(throws: error) { try checkpoint.floats("half", shape: [4]) }
  }

  @Test func integersAreNotFloatsAndFloatsNotIntegers() throws {
    let folder = try TemporaryFolder()
    let checkpoint = try checkpoint(folder)
    #expect(
      throws: CheckpointError.elementTypeMismatch(
        tensor: "task", file: checkpoint.path, expected: "`F16`, `BF16`, `F32` or `F64`",
        actual: .i64)
    ) { try checkpoint.floats("task", shape: [2]) }
    #expect(
      throws: CheckpointError.elementTypeMismatch(
        tensor: "half", file: checkpoint.path, expected: "an integer type or `BOOL`",
        actual: .f16)
    ) { try checkpoint.integers("half", shape: [2, 2]) }
  }

  @Test(arguments: [(0x7C00, "inf"), (0xFC00, "-inf"), (0x7E00, "nan")] as [(UInt16, String)])
  func aHalfThatIsNotFiniteIsNamed(bits: UInt16, name: String) throws {
    let folder = try TemporaryFolder()
    let checkpoint = try checkpoint(folder, halves: [0, 0, 0, bits])
    let error = CheckpointError.nonFinite(
      tensor: "half", file: checkpoint.path, index: 3, actual: name)
    #expect(throws: error) { try checkpoint.floats("half", shape: [2, 2]) }
    #expect(throws: error) { try checkpoint.doubles("half", shape: [2, 2]) }
  }

  @Test func aDoubleBeyondFloatIsNotCalledInfinite() throws {
    let folder = try TemporaryFolder()
    let checkpoint = try checkpoint(folder, doubles: [0, 1e300])
    #expect(
      throws: CheckpointError.notRepresentable(
        tensor: "double", file: checkpoint.path, index: 1, expected: "F32", actual: "1e+300")
    ) { try checkpoint.floats("double", shape: [2]) }
    #expect(try checkpoint.doubles("double", shape: [2]) == [0, 1e300])
  }

  @Test func aBooleanIsZeroOrOne() throws {
    let folder = try TemporaryFolder()
    let checkpoint = try checkpoint(folder, flag: 2)
    #expect(
      throws: CheckpointError.notRepresentable(
        tensor: "flag", file: checkpoint.path, index: 0, expected: "BOOL", actual: "2")
    ) { try checkpoint.integers("flag", shape: [1]) }
  }
}
