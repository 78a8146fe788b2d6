import Checkpoints
import DecoderModels
import Foundation
import GGUFFiles

/// The values to which a matrix was rounded, group by group along its rows.
///
/// Equation: w = step * code + offset, code a whole number of a range
/// A suspect of few bits hides what it was made of in its rounding: at four bits a fine-tuned model and its
/// base differ in two weights of a hundred. Rounding base and candidates to the *suspect's own* grid makes
/// a copy equal again, bit by bit. It is a function of the suspect alone, the same for all candidates.
struct ValueGrid: Sendable, Hashable {
  /// How groups get their step and offset.
  enum Rule: Sendable, Hashable {
    /// From the blocks of a GGUF file.
    case blocks(GGUFTensorType)
    /// step = max|w| / (2^(bits-1) - 1)
    case symmetric(bits: Int)
    /// step = w / -2^(bits-1) for the w of largest magnitude, as Q4_0 has it.
    case signed(bits: Int)
    /// step = (max - min) / (2^bits - 1), offset = min
    case affine(bits: Int)
  }

  let rule: Rule
  /// Neighbours that share step and offset.
  let groupLength: Int

  /// What it is called in findings.
  var name: String {
    switch rule {
    case .blocks(let type): type.name
    case .symmetric(let bits), .signed(let bits): "int\(bits), groups of \(groupLength)"
    case .affine(let bits): "int\(bits) with offsets, groups of \(groupLength)"
    }
  }

  private var codes: ClosedRange<Float> {
    switch rule {
    case .blocks(let type): Float(type.codes.lowerBound)...Float(type.codes.upperBound)
    case .symmetric(let bits): -Float((1 << (bits - 1)) - 1)...Float((1 << (bits - 1)) - 1)
    case .signed(let bits): -Float(1 << (bits - 1))...Float((1 << (bits - 1)) - 1)
    case .affine(let bits): 0...Float((1 << bits) - 1)
    }
  }

  /// The grids of some values of whole rows; `nil` blocks are those of floats.
  func steps(
    _ values: UnsafeBufferPointer<Float>, blocks: [GGUFBlocks.Grid]?
  ) -> [GGUFBlocks.Grid] {
    if let blocks { return blocks }
    return stride(from: 0, to: values.count, by: groupLength).map { start in
      step(UnsafeBufferPointer(rebasing: values[start..<min(start + groupLength, values.count)]))
    }
  }

  /// The grids of whole rows of floats.
  func steps(_ values: [Float], blocks: [GGUFBlocks.Grid]?) -> [GGUFBlocks.Grid] {
    values.withUnsafeBufferPointer { steps($0, blocks: blocks) }
  }

  private func step(_ group: UnsafeBufferPointer<Float>) -> GGUFBlocks.Grid {
    var (least, most) = (Float.infinity, -Float.infinity)
    for value in group {
      least = min(least, value)
      most = max(most, value)
    }
    switch rule {
    case .blocks: return GGUFBlocks.Grid(step: 0, offset: 0)
    case .symmetric(let bits):
      return GGUFBlocks.Grid(
        step: max(-least, most, 0) / Float((1 << (bits - 1)) - 1), offset: 0)
    case .signed(let bits):
      return GGUFBlocks.Grid(
        step: (most > -least ? most : least) / -Float(1 << (bits - 1)), offset: 0)
    case .affine(let bits):
      return GGUFBlocks.Grid(step: (most - least) / Float((1 << bits) - 1), offset: least)
    }
  }

  /// Moves values to the nearest on their grid.
  func snap(_ values: UnsafeMutableBufferPointer<Float>, to grids: [GGUFBlocks.Grid]) {
    let (lowest, highest) = (codes.lowerBound, codes.upperBound)
    for (group, grid) in grids.enumerated() {
      let range = group * groupLength..<min((group + 1) * groupLength, values.count)
      guard grid.step != 0 else {
        for index in range { values[index] = grid.offset }
        continue
      }
      for index in range {
        let code = ((values[index] - grid.offset) / grid.step).rounded()
        values[index] = grid.step * min(max(code, lowest), highest) + grid.offset
      }
    }
  }

  // MARK: Rounding others by their own values

  /// The rule by which others would get steps of their own; `nil` for K-quants, whose steps are searched for.
  private var ownRule: Rule? {
    switch rule {
    case .blocks(.q4_0): .signed(bits: 4)
    case .blocks(.q4_1): .affine(bits: 4)
    case .blocks(.q5_0): .signed(bits: 5)
    case .blocks(.q5_1): .affine(bits: 5)
    case .blocks(.q8_0): .symmetric(bits: 8)
    case .blocks: nil
    case .symmetric, .signed, .affine: rule
    }
  }

  /// Whether others can be rounded by their own values.
  var canRequantize: Bool { ownRule != nil }

  /// Rounds whole rows as the suspect's were, with steps from the values themselves.
  func requantize(_ values: inout [Float]) {
    guard let ownRule else { return }
    let own = ValueGrid(rule: ownRule, groupLength: groupLength)
    let (lowest, highest) = (own.codes.lowerBound, own.codes.upperBound)
    var isGGUF = false
    if case .blocks = rule { isGGUF = true }
    for (group, grid) in own.steps(values, blocks: nil).enumerated() {
      let step = isGGUF ? Self.half(grid.step) : grid.step
      let offset = isGGUF ? Self.half(grid.offset) : grid.offset
      for index in group * groupLength..<min((group + 1) * groupLength, values.count) {
        let code = grid.step == 0 ? 0 : ((values[index] - grid.offset) / grid.step).rounded()
        values[index] = step * min(max(code, lowest), highest) + offset
      }
    }
  }

  /// The nearest half precision number.
  private static func half(_ value: Float) -> Float {
    guard abs(value) >= 0x1p-14 else { return (value * 0x1p24).rounded() * 0x1p-24 }
    let bits = value.bitPattern
    return Float(bitPattern: (bits &+ 0x0FFF &+ (bits >> 13 & 1)) & ~0x1FFF)
  }

  // MARK: Finding one

  private static let sampledRows = 48

  /// The grid that a matrix lies on; `nil` where its values are as fine as their type.
  ///
  /// - Throws: what reading rows throws.
  static func find(in slice: MatrixSlice) throws -> ValueGrid? {
    if case .blocks(let type) = slice.stored.storage {
      return ValueGrid(rule: .blocks(type), groupLength: type.groupLength)
    }
    guard case .elements(let type) = slice.stored.storage, slice.rows > 0, slice.columns >= 8
    else { return nil }
    // Half the distance of neighbouring values of the type, relative to them.
    let rounding: Float
    switch type {
    case .bf16: rounding = 0x1p-9
    case .f16: rounding = 0x1p-12
    default: rounding = 0x1p-24
    }
    var sample: [[Float]] = []
    let step = max(1, slice.rows / sampledRows)
    for row in stride(from: 0, to: slice.rows, by: step) {
      sample.append(try slice.floats(rows: row..<row + 1))
    }
    let lengths = [32, 64, 128, 16, 256, slice.columns].filter {
      slice.columns % $0 == 0 && $0 >= 8
    }
    for bits in 2...8 {
      for rule in [Rule.symmetric(bits: bits), .signed(bits: bits), .affine(bits: bits)] {
        for length in lengths {
          let grid = ValueGrid(rule: rule, groupLength: length)
          if grid.holds(sample, rounding: rounding) { return grid }
        }
      }
    }
    return nil
  }

  /// Whether nearly all groups lie on the grid, up to the rounding of the type they are stored in.
  private func holds(_ rows: [[Float]], rounding: Float) -> Bool {
    let reach = max(-codes.lowerBound, codes.upperBound)
    let tolerance = 1e-3 + 3 * reach * rounding
    guard tolerance < 0.2 else { return false }
    var (hits, misses, limit) = (0, 0, 2)
    limit += rows.count * max(1, (rows.first?.count ?? 0) / groupLength) / 100
    for row in rows {
      let grids = row.withUnsafeBufferPointer { steps($0, blocks: nil) }
      for (group, grid) in grids.enumerated() where grid.step != 0 {
        let fits = (group * groupLength..<min((group + 1) * groupLength, row.count)).allSatisfy {
          let code = (row[$0] - grid.offset) / grid.step
          return abs(code - code.rounded()) <= tolerance
        }
        if fits { hits += 1 } else { misses += 1 }
        if misses > limit { return false }
      }
    }
    return hits > 8 * misses && hits > 0
  }
}
