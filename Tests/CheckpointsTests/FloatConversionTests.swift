import Checkpoints
import Testing

@Suite struct FloatConversionTests {
  private func write(
    _ values: [Float], as type: ElementType, _ folder: TemporaryFolder
  ) throws -> Checkpoint {
    let path = folder.path + "/model.safetensors"
    try writeSafetensors(
      path: path,
      tensors: [(.init(name: "x", elementType: type, shape: [values.count]), values)],
      replacing: true)
    return try Checkpoint(path: path)
  }

  private func stored16(_ checkpoint: Checkpoint) throws -> [UInt16] {
    try checkpoint.withBytes(of: "x") { bytes in
      stride(from: 0, to: bytes.count, by: 2).map {
        UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: UInt16.self))
      }
    }
  }

  /// All 63,488 finite halves, by the definition: sign * 2^(e-15) * (1 + m/1024), and
  /// sign * 2^-14 * m/1024 when the exponent is zero.
  @Test func everyHalfIsReadAndWrittenExactly() throws {
    let halves = (0...UInt16.max).filter { $0 & 0x7C00 != 0x7C00 }
    let header =
      #"{"x":{"dtype":"F16","shape":[\#(halves.count)],"data_offsets":[0,\#(halves.count * 2)]}}"#
    let folder = try TemporaryFolder()
    let path = try folder.write(
      safetensors(header, data: halves.flatMap { littleEndian($0) }), "halves.safetensors")
    let values = try Checkpoint(path: path).floats("x", shape: [halves.count])
    for (half, value) in zip(halves, values) {
      let exponent = Int(half >> 10 & 31)
      let fraction = Float(half & 1023) / 1024
      let magnitude =
        exponent == 0
        ? fraction * 0x1p-14
        : Float(sign: .plus, exponent: exponent - 15, significand: 1 + fraction)
      let expected = half & 0x8000 == 0 ? magnitude : -magnitude
      #expect(value.bitPattern == expected.bitPattern, "half \(half)")
    }
    #expect(try stored16(write(values, as: .f16, folder)) == halves)
  }

  @Test func halvesAreRoundedToNearestTiesToEven() throws {
    let folder = try TemporaryFolder()
    let unit: Float = 0x1p-10
    let values: [Float] = [
      1 + unit / 2, 1 + 3 * unit / 2, (1 + unit / 2).nextUp, (1 + unit / 2).nextDown,
      -(1 + unit / 2), 65_519.996, 0x1p-25, Float(0x1p-25).nextUp, 0x1p-24 * 1.5,
      Float(0x1p-14).nextDown, 2 - unit / 4, -0.0, .leastNonzeroMagnitude,
    ]
    let expected: [UInt16] = [
      0x3C00, 0x3C02, 0x3C01, 0x3C00, 0xBC00, 0x7BFF, 0, 1, 2, 0x0400, 0x4000, 0x8000, 0,
    ]
    #expect(try stored16(write(values, as: .f16, folder)) == expected)
  }

  @Test func brainsAreRoundedToNearestTiesToEven() throws {
    let folder = try TemporaryFolder()
    let values = [0x3F80_8000, 0x3F81_8000, 0x3F80_8001, 0x3F80_7FFF, 0xBF80_8001, 0x7F7F_7FFF]
      .map { Float(bitPattern: $0) }
    let expected: [UInt16] = [0x3F80, 0x3F82, 0x3F81, 0x3F80, 0xBF81, 0x7F7F]
    let checkpoint = try write(values, as: .bf16, folder)
    #expect(try stored16(checkpoint) == expected)
    let widened = expected.map { Float(bitPattern: UInt32($0) << 16) }
    #expect(try checkpoint.floats("x", shape: [6]) == widened)
    #expect(try checkpoint.doubles("x", shape: [6]) == widened.map { Double($0) })
  }

  @Test(
    arguments: [
      (.f16, 65_520, "65520.0"), (.f16, -1e10, "-1e+10"),
      (.bf16, .greatestFiniteMagnitude, "3.4028235e+38"),
    ] as [(ElementType, Float, String)])
  func overflowOnWritingIsRefused(type: ElementType, value: Float, name: String) throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/model.safetensors"
    #expect(
      throws: CheckpointError.notRepresentable(
        tensor: "x", file: path, index: 2, expected: type.rawValue, actual: name)
    ) { try write([0, 1, value], as: type, folder) }
    #expect(try folder.names == [])
  }

  @Test(arguments: [ElementType.f16, .bf16, .f32, .f64])
  func valuesThatAreNotFiniteAreNeitherWrittenNorRead(type: ElementType) throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/model.safetensors"
    let error = CheckpointError.nonFinite(tensor: "x", file: path, index: 1, actual: "nan")
    #expect(throws: error) { try write([0, .nan, .infinity], as: type, folder) }

    let nan: [UInt8] =
      switch type {
      case .f16: [0, 0x7E]
      case .bf16: [0xC0, 0x7F]
      case .f32: littleEndian(Float.nan.bitPattern)
      default: littleEndian(Double.nan.bitPattern)
      }
    let end = 2 * type.byteCount
    _ = try folder.write(
      safetensors(
        #"{"x":{"dtype":"\#(type.rawValue)","shape":[2],"data_offsets":[0,\#(end)]}}"#,
        data: zeros(type.byteCount) + nan))
    let checkpoint = try Checkpoint(path: path)
    #expect(throws: error) { try checkpoint.floats("x", shape: [2]) }
    #expect(throws: error) { try checkpoint.doubles("x", shape: [2]) }
    #expect(throws: error) { try checkpoint.stream("x").floats(rows: 0..<2) }
  }

  @Test func copyingIntoMemoryOfTheCallerEqualsReading() throws {
    let folder = try TemporaryFolder()
    let checkpoint = try write([1, -2, 0.5], as: .f16, folder)
    let output = UnsafeMutableBufferPointer<Float>.allocate(capacity: 3)
    defer { output.deallocate() }
    try checkpoint.copyFloats("x", shape: [3], into: output)
    #expect(Array(output) == [1, -2, 0.5])
  }
}
