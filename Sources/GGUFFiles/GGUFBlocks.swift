/// The values of quantised blocks.
///
/// Equation: w = step * code + offset, where a group of neighbours shares step and offset. All types that
/// are read have this form, so a block is a grid of values and a choice among them; the grid alone says
/// to what other weights would have been rounded.
/// Source: `dequantize_row_*` of llama.cpp's `ggml-quants.c`; the same bits as the `gguf` package.
public enum GGUFBlocks {
  /// The values that a group of neighbours can have.
  public struct Grid: Sendable, Hashable {
    /// The distance of two codes; 0 where all values are the same.
    public let step: Float
    /// The value of code 0.
    public let offset: Float

    /// A grid.
    public init(step: Float, offset: Float) {
      self.step = step
      self.offset = offset
    }
  }

  /// The values of whole blocks.
  ///
  /// - Precondition: `type` is quantised; there are whole blocks, and `values` has room for exactly them.
  public static func dequantize(
    _ type: GGUFTensorType, _ bytes: UnsafeRawBufferPointer,
    into values: UnsafeMutableBufferPointer<Float>
  ) {
    let length = type.groupLength
    forEachGroup(type, bytes) { group, grid, codes in
      let start = group * length
      for place in 0..<length {
        values[start + place] = grid.step * Float(codes[place]) + grid.offset
      }
    }
  }

  /// The grids of whole blocks, one for each group of ``GGUFTensorType/groupLength`` values.
  ///
  /// - Precondition: as for ``dequantize(_:_:into:)``.
  public static func grids(
    _ type: GGUFTensorType, _ bytes: UnsafeRawBufferPointer
  ) -> [Grid] {
    var grids: [Grid] = []
    grids.reserveCapacity(bytes.count / type.blockByteCount * type.blockLength / type.groupLength)
    forEachGroup(type, bytes) { _, grid, _ in grids.append(grid) }
    return grids
  }

  private static func forEachGroup(
    _ type: GGUFTensorType, _ bytes: UnsafeRawBufferPointer,
    _ body: (_ group: Int, Grid, _ codes: UnsafePointer<Int16>) -> Void
  ) {
    precondition(type.isQuantized && bytes.count % type.blockByteCount == 0, "whole blocks")
    let groups = type.blockLength / type.groupLength
    withUnsafeTemporaryAllocation(of: Int16.self, capacity: type.blockLength) { codes in
      withUnsafeTemporaryAllocation(of: Grid.self, capacity: groups) { grids in
        guard let first = codes.baseAddress else { return }
        for block in 0..<bytes.count / type.blockByteCount {
          let start = block * type.blockByteCount
          let part = UnsafeRawBufferPointer(
            rebasing: bytes[start..<start + type.blockByteCount])
          decode(type, part, codes, grids)
          for group in 0..<groups {
            body(block * groups + group, grids[group], first + group * type.groupLength)
          }
        }
      }
    }
  }

  private typealias Codes = UnsafeMutableBufferPointer<Int16>
  private typealias Grids = UnsafeMutableBufferPointer<Grid>

  private static func decode(
    _ type: GGUFTensorType, _ block: UnsafeRawBufferPointer, _ codes: Codes, _ grids: Grids
  ) {
    switch type {
    case .q4_0: nibbles(block, from: 2, high: nil, codes, minus: 8)
    case .q4_1: nibbles(block, from: 4, high: nil, codes, minus: 0)
    case .q5_0: nibbles(block, from: 6, high: 2, codes, minus: 16)
    case .q5_1: nibbles(block, from: 8, high: 4, codes, minus: 0)
    case .q8_0: for place in 0..<32 { codes[place] = Int16(Int8(bitPattern: block[2 + place])) }
    case .q2K: return decodeQ2K(block, codes, grids)
    case .q3K: return decodeQ3K(block, codes, grids)
    case .q4K: return decodeQ4K(block, codes, grids, high: nil)
    case .q5K: return decodeQ4K(block, codes, grids, high: 16)
    case .q6K: return decodeQ6K(block, codes, grids)
    case .f32, .f16, .f64, .bf16: return
    }
    let hasOffset = type == .q4_1 || type == .q5_1
    grids[0] = Grid(step: half(block, 0), offset: hasOffset ? half(block, 2) : 0)
  }

  /// 32 codes of four bits, the lower halves of 16 bytes first, and a fifth bit where there is one.
  private static func nibbles(
    _ block: UnsafeRawBufferPointer, from start: Int, high: Int?, _ codes: Codes, minus: Int16
  ) {
    let bits =
      high.map { UInt32(littleEndian: block.loadUnaligned(fromByteOffset: $0, as: UInt32.self)) }
      ?? 0
    for place in 0..<16 {
      let byte = block[start + place]
      codes[place] = Int16(byte & 15) + Int16(bits >> UInt32(place) & 1) * 16 - minus
      codes[place + 16] = Int16(byte >> 4) + Int16(bits >> UInt32(place + 16) & 1) * 16 - minus
    }
  }

  // K-quants: 256 values, groups of 16 or 32 with scales of four or six bits.

  private static func decodeQ2K(
    _ block: UnsafeRawBufferPointer, _ codes: Codes, _ grids: Grids
  ) {
    let (d, dmin) = (half(block, 80), half(block, 82))
    for group in 0..<16 {
      let scale = block[group]
      grids[group] = Grid(step: d * Float(scale & 15), offset: -(dmin * Float(scale >> 4)))
      let first = 16 + group / 8 * 32 + group % 2 * 16
      let shift = UInt8(group % 8 / 2 * 2)
      for place in 0..<16 {
        codes[group * 16 + place] = Int16(block[first + place] >> shift & 3)
      }
    }
  }

  private static func decodeQ3K(
    _ block: UnsafeRawBufferPointer, _ codes: Codes, _ grids: Grids
  ) {
    let d = half(block, 108)
    for group in 0..<16 {
      let low = group < 8 ? block[96 + group] & 15 : block[96 + group - 8] >> 4
      let high = block[104 + group % 4] >> UInt8(group / 4 * 2) & 3
      grids[group] = Grid(step: d * Float(Int(low) + Int(high) * 16 - 32), offset: 0)
      let first = 32 + group / 8 * 32 + group % 2 * 16
      let shift = UInt8(group % 8 / 2 * 2)
      for place in 0..<16 {
        let isHigh = block[group % 2 * 16 + place] >> UInt8(group / 2) & 1 == 1
        codes[group * 16 + place] =
          Int16(block[first + place] >> shift & 3) - (isHigh ? 0 : 4)
      }
    }
  }

  private static func decodeQ4K(
    _ block: UnsafeRawBufferPointer, _ codes: Codes, _ grids: Grids, high: Int?
  ) {
    let (d, dmin) = (half(block, 0), half(block, 2))
    let values = 16 + (high == nil ? 0 : 32)
    for group in 0..<8 {
      let (scale, minimum): (UInt8, UInt8) =
        group < 4
        ? (block[4 + group] & 63, block[8 + group] & 63)
        : (
          block[8 + group] & 15 | (block[group] >> 6) << 4,
          block[8 + group] >> 4 | (block[4 + group] >> 6) << 4
        )
      grids[group] = Grid(step: d * Float(scale), offset: -(dmin * Float(minimum)))
      let first = values + group / 2 * 32
      for place in 0..<32 {
        let byte = block[first + place]
        let nibble = group % 2 == 0 ? byte & 15 : byte >> 4
        let fifth = high.map { block[$0 + place] >> UInt8(group) & 1 } ?? 0
        codes[group * 32 + place] = Int16(nibble) + Int16(fifth) * 16
      }
    }
  }

  private static func decodeQ6K(
    _ block: UnsafeRawBufferPointer, _ codes: Codes, _ grids: Grids
  ) {
    let d = half(block, 208)
    for group in 0..<16 {
      grids[group] = Grid(
        step: d * Float(Int8(bitPattern: block[192 + group])), offset: 0)
      let (part, quarter, side) = (group / 8, group % 8 / 2, group % 2)
      for place in 0..<16 {
        let column = side * 16 + place
        let low = block[part * 64 + quarter % 2 * 32 + column]
        let nibble = quarter < 2 ? low & 15 : low >> 4
        let high = block[128 + part * 32 + column] >> UInt8(quarter * 2) & 3
        codes[group * 16 + place] = Int16(nibble) + Int16(high) * 16 - 32
      }
    }
  }

  /// A half precision number, whose values `Float` all has.
  private static func half(_ block: UnsafeRawBufferPointer, _ offset: Int) -> Float {
    let bits = UInt16(littleEndian: block.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
    let magnitude = UInt32(bits & 0x7FFF)
    let sign = UInt32(bits & 0x8000) << 16
    if magnitude >= 0x7C00 {
      return Float(bitPattern: sign | 0x7F80_0000 | (magnitude & 0x3FF) << 13)
    }
    // A half's exponent is biased by 15, a single's by 127; the product is exact, subnormal or not.
    let value = Float(bitPattern: magnitude << 13) * 0x1p112
    return Float(bitPattern: value.bitPattern | sign)
  }
}
