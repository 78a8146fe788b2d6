import Tensors
import Testing

struct ProductCase: Sendable, CustomStringConvertible {
  var rows, columns, inner: Int
  var activation = Activation.identity
  var biased = true
  var accumulate = false

  var description: String {
    "\(rows)x\(columns)x\(inner) \(activation) bias \(biased) accumulate \(accumulate)"
  }

  static let all: [ProductCase] = {
    var cases: [ProductCase] = []
    let sizes = [
      (1, 1, 1), (1, 33, 7), (2, 31, 255), (5, 64, 256), (7, 65, 257), (13, 32, 40), (14, 16, 3),
      (15, 17, 600), (29, 100, 129), (50, 48, 768), (97, 96, 31), (3, 5, 0),
    ]
    for (index, (m, n, k)) in sizes.enumerated() {
      for activation in Activation.allCases {
        for accumulate in [false, true] {
          cases.append(
            ProductCase(
              rows: m, columns: n, inner: k, activation: activation,
              biased: (index + (accumulate ? 1 : 0)) % 2 == 0, accumulate: accumulate))
        }
      }
    }
    cases.append(ProductCase(rows: 700, columns: 40, inner: 300))
    return cases
  }()
}

@Suite struct PackedProductTests {
  @Test(
    "the packed product is the product in Double within rounding",
    arguments: Reference.instructionSets)
  func matchesReference(_ set: InstructionSet) {
    for product in ProductCase.all { check(product, Kernels(set)) }
  }

  /// Operands have gaps between rows; what lies in the gaps of C must survive.
  func check(_ product: ProductCase, _ kernels: Kernels) {
    let (m, n, k) = (product.rows, product.columns, product.inner)
    var numbers = SeededNumbers(seed: UInt64(m * 1000 + n * 10 + k))
    let aStride = k + 3
    let cStride = n + 5
    let a = numbers.floats(m * aStride)
    let weights = numbers.floats(n * k)
    let bias = numbers.floats(n)
    let before = numbers.floats(m * cStride)
    var c = before
    let w = PackedMatrix(packing: weights, rows: n, columns: k)
    kernels.multiply(
      a, rows: m, stride: aStride, by: w, bias: product.biased ? bias : nil,
      activation: product.activation, accumulate: product.accumulate, into: &c, stride: cStride)
    var worst = 0.0
    for i in 0..<m {
      for j in 0..<cStride {
        let actual = c[i * cStride + j]
        let old = before[i * cStride + j]
        guard j < n else {
          #expect(actual == old, "\(product) \(kernels.instructionSet) wrote outside its columns")
          continue
        }
        let (sum, size) = Reference.dot(k) { (a[i * aStride + $0], weights[j * k + $0]) }
        let z = sum + (product.biased ? Double(bias[j]) : 0)
        let expected =
          Reference.activation(product.activation, z) + (product.accumulate ? Double(old) : 0)
        worst = max(worst, abs(Double(actual) - expected) / (2 + size))
      }
    }
    // One ulp of the sum of magnitudes; chains of K roundings stay below it in practice.
    #expect(worst < 2.4e-7, "\(product) \(kernels.instructionSet): \(worst)")
  }

  @Test(
    "a row's bits do not depend on the other rows, on its place or on the panels taken",
    arguments: Reference.instructionSets, [31, 256, 512, 700])
  func rowsAreIndependent(_ set: InstructionSet, inner k: Int) {
    let kernels = Kernels(set)
    // Five panels, and at 512 a stride whose rows the kernel copies apart first.
    let (m, n) = (381, 130)
    var numbers = SeededNumbers(seed: 7)
    let a = numbers.floats(m * k)
    let weights = numbers.floats(n * k)
    let bias = numbers.floats(n)
    let w = PackedMatrix(packing: weights, rows: n, columns: k)
    func product(_ rows: Range<Int>, panels: [Range<Int>], _ activation: Activation) -> [Float] {
      var c = [Float](repeating: 0, count: rows.count * n)
      a.withUnsafeBufferPointer { a in
        guard let first = a.baseAddress else { return }
        for range in panels {
          kernels.multiply(
            first + rows.lowerBound * k, rows: rows.count, stride: k, by: w, bias: bias,
            activation: activation, into: &c, stride: n, panels: range)
        }
      }
      return c
    }
    for activation in [Activation.identity, .quickGELU] {
      let all = product(0..<m, panels: [0..<5], activation)
      #expect(bits(product(0..<m, panels: [4..<5, 0..<1, 1..<4], activation)) == bits(all))
      for rows in [0..<1, 5..<6, 380..<381, 3..<20, 100..<113, 7..<379] {
        let expected = all[rows.lowerBound * n..<rows.upperBound * n]
        #expect(bits(product(rows, panels: [0..<5], activation)) == bits(expected), "rows \(rows)")
      }
    }
  }

  @Test("zero rows are no work and K = 0 leaves act(bias)")
  func emptySizes() {
    let w = PackedMatrix(packing: [], rows: 3, columns: 0)
    var c: [Float] = [9, 9, 9]
    Kernels().multiply(
      [], rows: 1, stride: 0, by: w, bias: [-1, 2, 3], activation: .relu, into: &c, stride: 3)
    #expect(c == [0, 2, 3])
    Kernels().multiply([], rows: 0, stride: 0, by: w, bias: nil, into: &c, stride: 3)
    #expect(c == [0, 2, 3])
  }
}
