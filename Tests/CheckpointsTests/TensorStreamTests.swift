import Checkpoints
import Foundation
import Testing

@Suite struct TensorStreamTests {
  /// `x` of shape `[S, 3, 5]`, large enough for several pieces.
  private func checkpoint(
    _ folder: TemporaryFolder, samples: Int, _ type: ElementType
  ) throws -> Checkpoint {
    let path = folder.path + "/trace.safetensors"
    let writer = try SafetensorsWriter(
      path: path,
      tensors: [
        .init(name: "x", elementType: type, shape: [samples, 3, 5]),
        .init(name: "task", elementType: .i32, shape: [samples]),
      ])
    let values = (0..<(samples * 15)).map { Float($0 % 2039) }
    for name in writer.order {
      if name == "x" {
        try writer.write("x", floats: values)
      } else {
        try writer.write("task", integers: Array(0..<samples))
      }
    }
    try writer.commit()
    return try Checkpoint(path: path)
  }

  @Test(arguments: [ElementType.f16, .f32, .f64])
  func rowsEqualThoseOfTheWholeTensor(type: ElementType) throws {
    let folder = try TemporaryFolder()
    let samples = 20_011
    let checkpoint = try checkpoint(folder, samples: samples, type)
    let whole = try checkpoint.floats("x", shape: [samples, 3, 5])
    let stream = try checkpoint.stream("x", rowShape: [3, 5])
    #expect(stream.rowCount == samples && stream.rowLength == 15)
    for rows in [0..<samples, 0..<0, samples..<samples, 7..<8, 9_000..<20_011] {
      let expected = whole[(rows.lowerBound * 15)..<(rows.upperBound * 15)]
      #expect(try stream.floats(rows: rows) == Array(expected))
    }
    let tasks = try checkpoint.stream("task", rowShape: [])
    #expect(try tasks.integers(rows: 500..<503) == [500, 501, 502])
  }

  @Test func aRowOfAnotherShapeIsRefused() throws {
    let folder = try TemporaryFolder()
    let checkpoint = try checkpoint(folder, samples: 4, .f32)
    #expect(
      throws: CheckpointError.shapeMismatch(
        tensor: "x", file: checkpoint.path, expected: [4, 5, 3], actual: [4, 3, 5])
    ) { try checkpoint.stream("x", rowShape: [5, 3]) }
    #expect(throws: CheckpointError.missingTensor(tensor: "y", file: checkpoint.path)) {
      try checkpoint.stream("y")
    }
    #expect(
      throws: CheckpointError.elementTypeMismatch(
        tensor: "task", file: checkpoint.path, expected: "`F16`, `BF16`, `F32` or `F64`",
        actual: .i32)
    ) { try checkpoint.stream("task").floats(rows: 0..<4) }
  }

  @Test func theIndexOfABadElementCountsFromTheStart() throws {
    let folder = try TemporaryFolder()
    let checkpoint = try checkpoint(folder, samples: 20_000, .f32)
    let index = 15 * 17_000 + 3
    var bytes = try contents(of: checkpoint.path)
    // The 20,000 tasks follow: I32 comes behind F32 in the canonical order.
    let start = bytes.count - 4 * 20_000 - 4 * (15 * 20_000 - index)
    bytes.replaceSubrange(start..<(start + 4), with: littleEndian(Float.infinity.bitPattern))
    let path = try folder.write(bytes, "bad.safetensors")
    let stream = try Checkpoint(path: path).stream("x")
    #expect(
      throws: CheckpointError.nonFinite(tensor: "x", file: path, index: index, actual: "inf")
    ) { try stream.floats(rows: 16_999..<20_000) }
    #expect(try stream.floats(rows: 17_001..<17_002).count == 15)
  }

  @Test func aFileThatHasChangedIsRefused() throws {
    let folder = try TemporaryFolder()
    let checkpoint = try checkpoint(folder, samples: 4, .f32)
    let length = try contents(of: checkpoint.path).count
    try writeSafetensors(path: checkpoint.path, tensors: [], replacing: true)
    #expect(
      throws: CheckpointError.fileChanged(
        file: checkpoint.path, expected: length, actual: 16)
    ) { try checkpoint.stream("x") }
  }
}
