import Foundation
import GGUFFiles
import Testing

@Suite struct GGUFBlocksTests {
  static let quantized = GGUFTensorType.allCases.filter(\.isQuantized)

  private func golden(_ name: String) throws -> Data {
    let folder = try #require(Bundle.module.url(forResource: "Goldens", withExtension: nil))
    return try Data(contentsOf: folder.appendingPathComponent(name))
  }

  @Test(arguments: quantized)
  func `blocks have the values that the gguf package gives them, bit by bit`(
    _ type: GGUFTensorType
  ) throws {
    let blocks = try golden("\(type.name).blocks")
    let expected = try golden("\(type.name).values")
    var values = [Float](
      repeating: .nan, count: blocks.count / type.blockByteCount * type.blockLength)
    #expect(values.count * 4 == expected.count)
    blocks.withUnsafeBytes { bytes in
      values.withUnsafeMutableBufferPointer { GGUFBlocks.dequantize(type, bytes, into: $0) }
    }
    let differing = values.indices.count { index in
      let bits = expected.withUnsafeBytes {
        UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self))
      }
      // Zeros of either sign are one value.
      return values[index] != Float(bitPattern: bits)
    }
    #expect(differing == 0)
  }

  @Test(arguments: quantized)
  func `every value lies on the grid of its group`(_ type: GGUFTensorType) throws {
    let blocks = try golden("\(type.name).blocks")
    var values = [Float](
      repeating: .nan, count: blocks.count / type.blockByteCount * type.blockLength)
    let grids = blocks.withUnsafeBytes { bytes in
      values.withUnsafeMutableBufferPointer { GGUFBlocks.dequantize(type, bytes, into: $0) }
      return GGUFBlocks.grids(type, bytes)
    }
    #expect(grids.count * type.groupLength == values.count)
    for (group, grid) in grids.enumerated() {
      for value in values[group * type.groupLength..<(group + 1) * type.groupLength] {
        let reachable = type.codes.contains { grid.step * Float($0) + grid.offset == value }
        #expect(reachable)
      }
    }
  }
}
