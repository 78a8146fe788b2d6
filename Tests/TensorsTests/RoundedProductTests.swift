import Tensors
import Testing

/// To the nearest bf16, ties to even.
private func rounded(_ x: Float) -> Float {
  let low = x.bitPattern & 0xffff
  let down = Float(bitPattern: x.bitPattern & 0xffff_0000)
  let up = Float(bitPattern: (x.bitPattern & 0xffff_0000) &+ 0x1_0000)
  if low == 0x8000 { return x.bitPattern & 0x1_0000 == 0 ? down : up }
  return low > 0x8000 ? up : down
}

@Suite struct RoundedProductTests {
  @Test("packing rounds every element to the nearest bf16, ties to even")
  func packingRounds() {
    var numbers = SeededNumbers(seed: 3)
    for (rows, columns) in [(1, 1), (33, 7), (64, 256), (70, 255), (5, 17)] {
      var weights = numbers.floats(rows * columns)
      weights[0] = Float(bitPattern: 0x3f80_8000)  // a tie, to even is down
      weights[weights.count - 1] = Float(bitPattern: 0xbf81_8000)  // a tie, to even is up
      let packed = PackedMatrix(
        packing: weights, rows: rows, columns: columns, precision: .bf16)
      #expect(packed.precision == .bf16)
      for row in 0..<rows {
        for column in 0..<columns {
          #expect(packed[row, column] == rounded(weights[row * columns + column]))
        }
      }
    }
  }

  @Test(
    "the bf16 product is the product of rounded operands in Double, within f32 rounding",
    arguments: Reference.instructionSets)
  func matchesReference(_ set: InstructionSet) {
    for product in ProductCase.all { check(product, Kernels(set)) }
  }

  func check(_ product: ProductCase, _ kernels: Kernels) {
    let (m, n, k) = (product.rows, product.columns, product.inner)
    var numbers = SeededNumbers(seed: UInt64(m * 1000 + n * 10 + k))
    let (aStride, cStride) = (k + 3, n + 5)
    let a = numbers.floats(m * aStride)
    let weights = numbers.floats(n * k)
    let bias = numbers.floats(n)
    let before = numbers.floats(m * cStride)
    var c = before
    let w = PackedMatrix(packing: weights, rows: n, columns: k, precision: .bf16)
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
        let (sum, size) = Reference.dot(k) {
          (rounded(a[i * aStride + $0]), rounded(weights[j * k + $0]))
        }
        let z = sum + (product.biased ? Double(bias[j]) : 0)
        let expected =
          Reference.activation(product.activation, z) + (product.accumulate ? Double(old) : 0)
        worst = max(worst, abs(Double(actual) - expected) / (2 + size))
      }
    }
    #expect(worst < 2.4e-7, "\(product) \(kernels.instructionSet): \(worst)")
  }

  @Test(
    "a NaN among the activations is not lost in rounding", arguments: Reference.instructionSets)
  func keepsNaN(_ set: InstructionSet) {
    let w = PackedMatrix(
      packing: [Float](repeating: 1, count: 40), rows: 2, columns: 20, precision: .bf16)
    for column in [0, 7, 19] {
      for pattern: UInt32 in [0x7fff_ffff, 0x7f80_0001, 0xffff_ffff] {
        var a = [Float](repeating: 1, count: 20)
        a[column] = Float(bitPattern: pattern)
        var c: [Float] = [0, 0]
        Kernels(set).multiply(a, rows: 1, stride: 20, by: w, bias: nil, into: &c, stride: 2)
        #expect(c.filter(\.isNaN).count == 2)
      }
    }
  }

  @Test(
    "rows, panels and samples are independent to the last bit in bf16 too",
    arguments: Reference.instructionSets)
  func partsAreIndependent(_ set: InstructionSet) {
    for layer in MergedProductTests.cases() {
      let together = layer.run(Kernels(set), precision: .bf16)
      let perSample = layer.tokens * layer.rows
      for s in 0..<layer.samples {
        let alone = layer.run(Kernels(set), samples: s..<s + 1, precision: .bf16)
        #expect(bits(alone) == bits(together[s * perSample..<(s + 1) * perSample]), "sample \(s)")
      }
      let panels = (layer.rows + 31) / 32
      let last = layer.run(Kernels(set), panels: panels - 1..<panels, precision: .bf16)
      for (index, value) in last.enumerated() where index % layer.rows / 32 == panels - 1 {
        #expect(value.bitPattern == together[index].bitPattern)
      }
    }
  }

  @Test(
    "the merged bf16 product has the bits of the packed one with weights merged in f32 and rounded",
    arguments: Reference.instructionSets, [300, 301])
  func mergedAgreesWithPacked(_ set: InstructionSet, inner: Int) {
    let layer = MergedCase(samples: 1, tokens: 20, rows: 70, columns: inner, experts: 3, seed: 9)
    func merged(_ base: [Float], _ experts: [[Float]]) -> [Float] {
      base.indices.map { i in
        zip(experts, layer.weights).reduce(base[i]) { value, pair in
          let product = pair.1 * pair.0[i]
          // The portable kernels round the product; all others fuse it.
          return set == .portable ? value + product : value.addingProduct(pair.1, pair.0[i])
        }
      }
    }
    let weights = merged(
      layer.base.map(rounded), layer.taskVectors.map { $0.map(rounded) })
    let w = PackedMatrix(packing: weights, rows: 70, columns: inner, precision: .bf16)
    var c = [Float](repeating: 0, count: 20 * 70)
    Kernels(set).multiply(
      layer.x, rows: 20, stride: inner, by: w, bias: merged(layer.baseBias, layer.biases),
      activation: .quickGELU, into: &c, stride: 70)
    #expect(bits(layer.run(Kernels(set), precision: .bf16)) == bits(c))
  }

  @Test(
    "threads that share the columns of a product give the bits of one thread",
    arguments: Reference.instructionSets, Precision.allCases)
  func columnsSplit(_ set: InstructionSet, precision: Precision) {
    let layer = MergedCase(samples: 1, tokens: 9, rows: 333, columns: 300, experts: 2, seed: 4)
    let w = PackedMatrix(packing: layer.base, rows: 333, columns: 300, precision: precision)
    func product(_ kernels: Kernels) -> [Float] {
      var c = [Float](repeating: 0, count: 9 * 333)
      kernels.multiply(
        layer.x, rows: 9, stride: 300, by: w, bias: layer.baseBias, activation: .gelu, into: &c,
        stride: 333)
      return c
    }
    for threads in [2, 3, 16] {
      let split = Kernels(set).splittingColumns(over: WorkerPool(threads: threads))
      #expect(bits(product(split)) == bits(product(Kernels(set))))
      #expect(
        bits(layer.run(split, precision: precision))
          == bits(layer.run(Kernels(set), precision: precision)))
    }
  }
}
