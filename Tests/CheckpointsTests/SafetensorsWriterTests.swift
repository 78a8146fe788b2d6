import Checkpoints
import Files
import Foundation
import Testing

@Suite struct SafetensorsWriterTests {
  @Test func theFileIsTheOneThatUpstreamWrites() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/model.safetensors"
    let writer = try SafetensorsWriter(
      path: path,
      tensors: [
        .init(name: "a", elementType: .f16, shape: [1]),
        .init(name: "c", elementType: .i64, shape: [1]),
        .init(name: "b", elementType: .f32, shape: [2]),
        .init(name: "B", elementType: .f32, shape: [1]),
      ], metadata: ["z": "1", "format": "p\"t"])
    #expect(writer.order == ["c", "B", "b", "a"])
    try writer.write("c", integers: [7])
    try writer.write("B", floats: [1])
    try writer.write("b", floats: [2])
    try writer.write("b", floats: [])
    try writer.write("b", floats: [3])
    try littleEndian(UInt16(0x3C00)).withUnsafeBytes { try writer.write("a", bytes: $0) }
    #expect(try folder.names.count == 1)
    #expect(!FileManager.default.fileExists(atPath: path))
    try writer.commit()
    #expect(try folder.names == ["model.safetensors"])

    var header =
      #"{"__metadata__":{"format":"p\"t","z":"1"},"#
      + #""c":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},"#
      + #""B":{"dtype":"F32","shape":[1],"data_offsets":[8,12]},"#
      + #""b":{"dtype":"F32","shape":[2],"data_offsets":[12,20]},"#
      + #""a":{"dtype":"F16","shape":[1],"data_offsets":[20,22]}}"#
    while !header.utf8.count.isMultiple(of: 8) { header += " " }
    let data =
      littleEndian(Int64(7)) + [1, 2, 3].flatMap { littleEndian(Float($0).bitPattern) }
      + [0x00, 0x3C]
    #expect(try contents(of: path) == safetensors(header, data: data))
  }

  @Test(arguments: [8, 64, 4096])
  func dataStartWhereAskedFor(alignment: Int) throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/x"
    for nameLength in 1..<20 {
      let name = String(repeating: "n", count: nameLength)
      let writer = try SafetensorsWriter(
        path: path, tensors: [.init(name: name, elementType: .f32, shape: [2])],
        alignment: alignment, replacing: true)
      try writer.write(name, floats: [1, 2])
      try writer.commit()
      #expect((try contents(of: path).count - 8).isMultiple(of: alignment))
      #expect(try Checkpoint(path: path).floats(name, shape: [2]) == [1, 2])
    }
  }

  @Test func anUncommittedFileLeavesNothing() throws {
    let folder = try TemporaryFolder()
    do {
      let writer = try SafetensorsWriter(
        path: folder.path + "/x", tensors: [.init(name: "a", elementType: .f32, shape: [2])])
      try writer.write("a", floats: [1])
    }
    #expect(try folder.names == [])
  }

  @Test func aFileIsReplacedOnlyOnRequest() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/x"
    try writeSafetensors(path: path, tensors: [])
    #expect(throws: FileError.exists(path: path)) {
      try writeSafetensors(path: path, tensors: [])
    }
    try writeSafetensors(path: path, tensors: [], metadata: ["a": "b"], replacing: true)
    #expect(try Checkpoint(path: path).metadata == ["a": "b"])
  }

  @Test func specificationsAreHeldToTheRules() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/x"
    func expect(
      _ names: [String], _ shape: [Int], fails error: CheckpointError,
      sourceLocation: SourceLocation = #_sourceLocation
    ) {
      #expect(throws: error, sourceLocation: sourceLocation) {
        _ = try SafetensorsWriter(
          path: path,
          tensors: names.map { .init(name: $0, elementType: .f32, shape: shape) })
      }
    }
    expect([""], [1], fails: .emptyTensorName(file: path))
    expect(["a", "b", "a"], [1], fails: .duplicateTensor(tensor: "a", file: path))
    expect(["__metadata__"], [1], fails: .duplicateTensor(tensor: "__metadata__", file: path))
    expect(
      ["a"], [1, -1],
      fails: .negativeDimension(tensor: "a", file: path, dimension: 1, actual: -1))
    expect(
      ["a"], [1 << 40, 1 << 40],
      fails: .shapeOverflows(tensor: "a", file: path, shape: [1 << 40, 1 << 40]))
    expect(
      ["a", "b", "c"], [1 << 60],
      fails: .shapeOverflows(tensor: "b", file: path, shape: [1 << 60]))
    expect(
      ["a"], Array(repeating: 1, count: 33),
      fails: .tooManyDimensions(tensor: "a", file: path, limit: 32))
    #expect(try folder.names == [])
  }

  @Test(
    arguments: [
      (.bool, 2), (.u8, 256), (.i8, -129), (.i16, 40_000), (.u16, -1), (.i32, 1 << 31),
      (.u32, -1), (.u64, -1),
    ] as [(ElementType, Int)])
  func integersThatDoNotFitAreRefused(type: ElementType, value: Int) throws {
    let path = try TemporaryFolder().path + "/x"
    try FileManager.default.createDirectory(
      atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    let writer = try SafetensorsWriter(
      path: path, tensors: [.init(name: "a", elementType: type, shape: [2])])
    #expect(
      throws: CheckpointError.notRepresentable(
        tensor: "a", file: path, index: 1, expected: type.rawValue, actual: "\(value)")
    ) { try writer.write("a", integers: [1, value]) }
  }

  /// Random names, types, shapes, metadata and pieces: what is read is what was written, and
  /// writing it again gives the same bytes.
  @Test(arguments: 0..<40 as Range<UInt64>)
  func writingReadingWritingIsByteIdentical(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let folder = try TemporaryFolder()
    let (first, second) = (folder.path + "/first", folder.path + "/second")
    let alphabet = Array("ab.\"\\\n\u{1}é\u{1F600}/ ")
    var names: Set<String> = []
    for _ in 0..<Int.random(in: 0...9, using: &generator) {
      let length = Int.random(in: 1...8, using: &generator)
      names.insert(
        String((0..<length).map { _ in alphabet.randomElement(using: &generator) ?? "x" }))
    }
    let tensors = names.sorted().map { name in
      let rank = Int.random(in: 0...3, using: &generator)
      return TensorSpecification(
        name: name, elementType: ElementType.allCases.randomElement(using: &generator) ?? .f32,
        shape: (0..<rank).map { _ in Int.random(in: 0...5, using: &generator) })
    }
    let metadata = Dictionary(uniqueKeysWithValues: names.prefix(3).map { ($0, "\($0)!") })
    let writer = try SafetensorsWriter(
      path: first, tensors: tensors.shuffled(using: &generator), metadata: metadata)
    var written: [String: [UInt8]] = [:]
    for name in writer.order {
      let tensor = try #require(tensors.first { $0.name == name })
      let count = tensor.shape.reduce(1, *)
      let size = tensor.elementType.byteCount
      let bytes = (0..<(count * size)).map { _ in UInt8.random(in: 0...255, using: &generator) }
      written[name] = bytes
      let split = size * Int.random(in: 0...count, using: &generator)
      try bytes[..<split].withUnsafeBytes { try writer.write(name, bytes: $0) }
      try bytes[split...].withUnsafeBytes { try writer.write(name, bytes: $0) }
    }
    try writer.commit()

    let checkpoint = try Checkpoint(path: first)
    #expect(checkpoint.metadata == metadata)
    #expect(Set(checkpoint.tensorNames) == names)
    let read = checkpoint.tensorNames.compactMap { checkpoint.descriptor(of: $0) }
    let again = try SafetensorsWriter(
      path: second,
      tensors: read.map { .init(name: $0.name, elementType: $0.elementType, shape: $0.shape) },
      metadata: checkpoint.metadata)
    for name in again.order {
      try checkpoint.withBytes(of: name) { bytes in
        #expect(Array(bytes) == written[name])
        try again.write(name, bytes: bytes)
      }
    }
    try again.commit()
    #expect(try contents(of: first) == contents(of: second))
  }

  @Test(arguments: 0..<10 as Range<UInt64>)
  func floatsAndIntegersRoundTrip(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let path = try TemporaryFolder()
    let count = Int.random(in: 1...200_000, using: &generator)
    let floats = (0..<count).map { _ in Float.random(in: -100...100, using: &generator) }
    let integers = (0..<count).map { _ in Int.random(in: -128...127, using: &generator) }
    let file = path.path + "/x"
    let writer = try SafetensorsWriter(
      path: file,
      tensors: [
        .init(name: "f", elementType: .f32, shape: [count]),
        .init(name: "d", elementType: .f64, shape: [count]),
        .init(name: "i", elementType: .i8, shape: [count]),
      ])
    try writer.write("d", floats: floats)
    try writer.write("f", floats: floats)
    try writer.write("i", integers: integers)
    try writer.commit()
    let checkpoint = try Checkpoint(path: file)
    #expect(try checkpoint.floats("f", shape: [count]) == floats)
    #expect(try checkpoint.floats("d", shape: [count]) == floats)
    #expect(try checkpoint.integers("i", shape: [count]) == integers)
  }
}
