import Checkpoints
import DecoderModels
import Synchronization
import Tensors

/// A slot's weights beside a candidate's, value by value.
struct WeightComparison: Sendable {
  let form: SuspectForm
  let base: ExpertSlices
  let candidate: ExpertSlices
  let pool: WorkerPool

  private struct Sums: Sendable {
    var compared = 0
    var equal = 0
    var own = 0.0
    var other = 0.0
    var product = 0.0

    mutating func add(_ sums: Sums) {
      compared += sums.compared
      equal += sums.equal
      own += sums.own
      other += sums.other
      product += sums.product
    }
  }

  func result() throws -> (compared: Int, equal: Int, multiples: [Double?]) {
    var (compared, equal) = (0, 0)
    var multiples: [Double?] = []
    for matrix in 0..<3 {
      let sums = try sums(matrix)
      compared += sums.compared
      equal += sums.equal
      multiples.append(form.changesValues ? nil : try multiple(matrix, sums))
    }
    return (compared, equal, multiples)
  }

  /// Suspect, base and candidate of one block, each in the suspect's form.
  private func values(
    _ matrix: Int, _ rows: Range<Int>
  ) throws -> (own: [Float], base: [Float], candidate: [Float], suspect: [Float]) {
    let slice = form.expert.all[matrix]
    let suspect = try slice.floats(rows: rows)
    slice.giveBack(rows: rows)
    let steps = form.steps(matrix: matrix, rows: rows, suspect)
    let plain = try form.read(
      base.all[matrix], matrix: matrix, rows: rows, like: suspect, steps: steps, base: nil)
    var other = try form.read(
      candidate.all[matrix], matrix: matrix, rows: rows, like: suspect, steps: steps, base: plain)
    var own = suspect
    form.finish(&own, matrix: matrix, like: suspect, steps: steps, base: plain)
    var rounded = plain
    if form.grids[matrix] == nil, case .elements(.bf16) = slice.stored.storage {
      Self.roundToBrain(&other)
      Self.roundToBrain(&rounded)
    }
    return (own, rounded, other, suspect)
  }

  private func sums(_ matrix: Int) throws -> Sums {
    let slice = form.expert.all[matrix]
    let blocks = ExpertResponder.blocks(rows: slice.rows, columns: slice.columns)
    let parts = try pool.map(blocks.count) { index in
      let (own, base, other, suspect) = try values(matrix, blocks[index])
      var sums = Sums()
      for place in own.indices where !(form.isMasked && suspect[place] == 0) {
        let (s, v) = (own[place], other[place])
        if v != base[place] {
          sums.compared += 1
          if s == v { sums.equal += 1 }
        }
        sums.own += Double(s) * Double(s)
        sums.other += Double(v) * Double(v)
        sums.product += Double(s) * Double(v)
      }
      return sums
    }
    return parts.reduce(into: Sums()) { $0.add($1) }
  }

  /// The factor by which the suspect's matrix is the candidate's, every weight within one rounding of the
  /// type that it is stored in.
  private func multiple(_ matrix: Int, _ sums: Sums) throws -> Double? {
    guard sums.other > 0, sums.own > 0,
      case .elements(let type) = form.expert.all[matrix].stored.storage
    else { return nil }
    let rounding: Double
    switch type {
    case .bf16: rounding = 0x1p-8
    case .f16: rounding = 0x1p-11
    default: rounding = 0x1p-22
    }
    let factor = sums.product / sums.other
    let left = 1 - sums.product / sums.own * factor
    // Sums of many products are this inexact themselves.
    guard left <= max(rounding * rounding, 1e-10) else { return nil }
    let slice = form.expert.all[matrix]
    let blocks = ExpertResponder.blocks(rows: slice.rows, columns: slice.columns)
    let isMultiple = try pool.map(blocks.count) { index in
      let (own, _, other, _) = try values(matrix, blocks[index])
      return own.indices.allSatisfy {
        let (s, v) = (Double(own[$0]), factor * Double(other[$0]))
        return abs(s - v) <= rounding * max(abs(s), abs(v)) + 1e-38
      }
    }.allSatisfy { $0 }
    guard isMultiple else { return nil }
    return abs(factor - 1) <= rounding / 16 ? 1 : factor
  }

  /// Rounds to the nearest bfloat16, ties to even.
  private static func roundToBrain(_ values: inout [Float]) {
    for index in values.indices {
      let bits = values[index].bitPattern
      values[index] = Float(bitPattern: (bits &+ 0x7FFF &+ (bits >> 16 & 1)) & 0xFFFF_0000)
    }
  }
}
