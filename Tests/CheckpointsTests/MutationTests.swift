import Checkpoints
import Diagnostics
import Testing

@Suite struct MutationTests {
  private static let header =
    #"{"__metadata__":{"format":"pt","\u00e9":"\ud83d\ude00"},"#
    + #""gate.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"#
    + #""gate.bias":{"dtype":"F16","shape":[3],"data_offsets":[24,30]},"#
    + #""task":{"dtype":"I64","shape":[2],"data_offsets":[30,46]},"#
    + #""empty":{"dtype":"BF16","shape":[0,7],"data_offsets":[46,46]}}"#

  /// 20 seeds with 100 mutations each: a mutated file is read or refused, never a crash.
  @Test(arguments: 0..<20 as Range<UInt64>)
  func mutatedFilesAreReadOrRefused(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let folder = try TemporaryFolder()
    let valid = safetensors(Self.header, data: zeros(46))
    var refused = 0
    for _ in 0..<100 {
      var bytes = valid
      for _ in 0..<Int.random(in: 1...4, using: &generator) { mutate(&bytes, &generator) }
      do {
        try readAll(try Checkpoint(path: try folder.write(bytes)))
      } catch let error as any DiagnosableError {
        refused += 1
        #expect(!error.what.isEmpty && error.location != nil && !error.hints.isEmpty)
      }
    }
    #expect(refused > 50, "seed \(seed): most mutations break a rule")
  }

  /// As above, for the JSON of an index whose shard is sound.
  @Test(arguments: 0..<5 as Range<UInt64>)
  func mutatedIndicesAreReadOrRefused(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let folder = try TemporaryFolder()
    try writeSafetensors(
      path: folder.path + "/s1.safetensors",
      tensors: [(.init(name: "a", elementType: .f32, shape: [1]), [1])])
    let valid = Array(#"{"metadata":{"n":[1.5e3]},"weight_map":{"a":"s1.safetensors"}}"#.utf8)
    for _ in 0..<100 {
      var bytes = valid
      for _ in 0..<Int.random(in: 0...2, using: &generator) { mutate(&bytes, &generator) }
      let path = try folder.write(bytes, "model.safetensors.index.json")
      do {
        #expect(try Checkpoint(path: path).tensorNames == ["a"])
      } catch let error as any DiagnosableError {
        #expect(!error.what.isEmpty && error.location != nil)
      }
    }
  }

  private func readAll(_ checkpoint: Checkpoint) throws {
    for name in checkpoint.tensorNames {
      let descriptor = try #require(checkpoint.descriptor(of: name))
      let stream = try checkpoint.stream(name)
      if descriptor.elementType.isFloatingPoint {
        _ = try checkpoint.doubles(name, shape: descriptor.shape)
        let floats = try checkpoint.floats(name, shape: descriptor.shape)
        #expect(try stream.floats(rows: 0..<stream.rowCount) == floats)
      } else if descriptor.elementType.isInteger {
        let integers = try checkpoint.integers(name, shape: descriptor.shape)
        #expect(try stream.integers(rows: 0..<stream.rowCount) == integers)
      }
    }
  }

  private func mutate(_ bytes: inout [UInt8], _ generator: inout SeededGenerator) {
    guard !bytes.isEmpty else { return }
    let position = Int.random(in: 0..<bytes.count, using: &generator)
    let length = min(bytes.count - position, Int.random(in: 1...12, using: &generator))
    switch Int.random(in: 0..<6, using: &generator) {
    case 0: bytes[position] = UInt8.random(in: 0...255, using: &generator)
    case 1: bytes[position] ^= 1 << UInt8.random(in: 0...7, using: &generator)
    case 2: bytes.removeSubrange(position..<(position + length))
    case 3: bytes.insert(contentsOf: bytes[position..<(position + length)], at: position)
    case 4:
      bytes[position] = Array(#"0123456789-,:{}[]"\"#.utf8).randomElement(using: &generator) ?? 0
    default: bytes.removeLast(length)
    }
  }
}
