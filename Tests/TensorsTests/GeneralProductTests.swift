import Tensors
import Testing

/// One choice of transpositions and sizes.
struct Transposition: Sendable { var a: Bool, b: Bool, accumulate: Bool, scale: Float }

@Suite struct GeneralProductTests {
  static let transpositions = [
    Transposition(a: false, b: false, accumulate: false, scale: 1),
    Transposition(a: true, b: false, accumulate: true, scale: 1),
    Transposition(a: false, b: true, accumulate: false, scale: 0.125),
    Transposition(a: true, b: true, accumulate: true, scale: -2),
  ]

  @Test(
    "every transposition is the product in Double within rounding",
    arguments: Reference.instructionSets, transpositions)
  func matchesReference(_ set: InstructionSet, _ form: Transposition) {
    let sizes = [
      (1, 1, 1), (50, 50, 64), (65, 32, 65), (17, 33, 500), (5, 1100, 3), (40, 7, 1040), (3, 2, 0),
      (400, 20, 30),
    ]
    for (m, n, k) in sizes {
      var numbers = SeededNumbers(seed: UInt64(m + n + k))
      let pad = 3
      // A is [m, k] or its transpose, each with a gap after every row; B likewise.
      let (aRow, aColumn) = form.a ? (1, m + pad) : (k + pad, 1)
      let (bRow, bColumn) = form.b ? (1, k + pad) : (n + pad, 1)
      let a = numbers.floats((m + pad) * (k + pad))
      let b = numbers.floats((n + pad) * (k + pad))
      let before = numbers.floats(m * (n + pad))
      var c = before
      Kernels(set).multiply(
        rows: m, columns: n, inner: k, a, rowStride: aRow, columnStride: aColumn,
        b, rowStride: bRow, columnStride: bColumn, scale: form.scale, accumulate: form.accumulate,
        into: &c, stride: n + pad)
      var worst = 0.0
      for i in 0..<m {
        for j in 0..<n + pad {
          let old = before[i * (n + pad) + j]
          let actual = c[i * (n + pad) + j]
          guard j < n else {
            #expect(actual == old, "\(form) wrote outside its columns")
            continue
          }
          let (sum, size) = Reference.dot(k) {
            (a[i * aRow + $0 * aColumn], b[$0 * bRow + j * bColumn])
          }
          let factor = Double(form.scale)
          let expected = factor * sum + (form.accumulate ? Double(old) : 0)
          worst = max(worst, abs(Double(actual) - expected) / (2 + abs(factor) * size))
        }
      }
      #expect(worst < 2.4e-7, "\(set) \(form) \(m) x \(n) x \(k): \(worst)")
    }
  }

  @Test("strides that no layout has still work", arguments: Reference.instructionSets)
  func oddStrides(_ set: InstructionSet) {
    // Every second column of A and every third of B.
    let a: [Float] = [1, 0, 2, 0, 3, 0, 4, 0]
    let b: [Float] = [5, 9, 9, 6, 9, 9, 7, 9, 9, 8, 9, 9]
    var c = [Float](repeating: 0, count: 4)
    Kernels(set).multiply(
      rows: 2, columns: 2, inner: 2, a, rowStride: 4, columnStride: 2,
      b, rowStride: 6, columnStride: 3, into: &c, stride: 2)
    #expect(c == [19, 22, 43, 50])
  }

  @Test(
    "packed and general products have the same bits up to one block of K",
    arguments: Reference.instructionSets)
  func agreesWithPacked(_ set: InstructionSet) {
    let (m, n, k) = (37, 45, 256)
    var numbers = SeededNumbers(seed: 11)
    let a = numbers.floats(m * k)
    let weights = numbers.floats(n * k)
    var packed = [Float](repeating: 0, count: m * n)
    var general = packed
    let w = PackedMatrix(packing: weights, rows: n, columns: k)
    Kernels(set).multiply(a, rows: m, stride: k, by: w, bias: nil, into: &packed, stride: n)
    Kernels(set).multiply(
      rows: m, columns: n, inner: k, a, rowStride: k, columnStride: 1,
      weights, rowStride: 1, columnStride: k, into: &general, stride: n)
    #expect(bits(packed) == bits(general))
  }
}
