import Tensors
import Testing

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#endif

@Suite struct RowKernelTests {
  @Test(
    "e^x is within 2 ulp, and its ends are 0 and infinity", arguments: Reference.instructionSets)
  func exponential(_ set: InstructionSet) {
    var numbers = SeededNumbers(seed: 1)
    let x = numbers.floats(20_011, scale: 87) + numbers.floats(4_000, scale: 1) + [0, -0.0, 88.7]
    var y = x
    Kernels(set).exponential(&y, count: y.count)
    var worst = 0.0
    for (x, y) in zip(x, y) {
      let expected = exp(Double(x))
      worst = max(worst, abs(Double(y) - expected) / Double(Float(expected).ulp))
    }
    #expect(worst <= 2, "\(worst) ulp")
    var ends: [Float] = [-.infinity, -200, 100, .infinity, .nan, 0]
    Kernels(set).exponential(&ends, count: ends.count)
    #expect(ends[0] == 0 && ends[1] == 0 && ends[2] == .infinity && ends[3] == .infinity)
    #expect(ends[4].isNaN && ends[5] == 1)
  }

  @Test(
    "activations are within 1e-6 of their definitions",
    arguments: Reference.instructionSets, Activation.allCases)
  func activations(_ set: InstructionSet, _ activation: Activation) {
    var numbers = SeededNumbers(seed: 2)
    let x = numbers.floats(5_003, scale: 12) + numbers.floats(2_000) + [0, 1, -1, 40, -40]
    var y = x
    Kernels(set).apply(activation, to: &y, count: y.count)
    #expect(largestError(y, x.map { Reference.activation(activation, Double($0)) }) < 5e-7)
  }

  @Test("an activation keeps NaN", arguments: Reference.instructionSets, Activation.allCases)
  func activationsKeepNaN(_ set: InstructionSet, _ activation: Activation) {
    var y: [Float] = [.nan, 1]
    Kernels(set).apply(activation, to: &y, count: 2)
    #expect(y[0].isNaN && !y[1].isNaN)
  }

  @Test(
    "layer norm is its definition in Double, also far from zero",
    arguments: Reference.instructionSets, [1, 3, 16, 33, 768, 1001])
  func layerNorm(_ set: InstructionSet, width: Int) {
    var numbers = SeededNumbers(seed: UInt64(width))
    for offset in [Float(0), 100] {
      let (rows, stride) = (5, width + 2)
      let x = numbers.floats(rows * stride).map { $0 + offset }
      let gamma = numbers.floats(width)
      let beta = numbers.floats(width)
      var y = [Float](repeating: 7, count: rows * stride)
      var mean = [Float](repeating: 0, count: rows)
      var rstd = mean
      Kernels(set).layerNorm(
        x, rows: rows, width: width, stride: stride, gamma: gamma, beta: beta, epsilon: 1e-5,
        into: &y, mean: &mean, rstd: &rstd)
      for row in 0..<rows {
        let values = Array(x[row * stride..<row * stride + width])
        let expected = Reference.layerNorm(values, gamma: gamma, beta: beta, epsilon: 1e-5)
        // At an offset of 100 an ulp of x is 8e-6, and subtracting a rounded mean costs half of it.
        let bound = (offset == 0 ? 1e-6 : 1e-5) * max(1, width == 1 ? 300 : 1)
        #expect(largestError(Array(y[row * stride..<row * stride + width]), expected.y) < bound)
        #expect(abs(Double(mean[row]) - expected.mean) < 1e-7 * (1 + abs(expected.mean)))
        #expect(abs(Double(rstd[row]) / expected.rstd - 1) < 1e-6)
        #expect(y[row * stride + width] == 7, "wrote outside its columns")
      }
      var plain = x
      Kernels(set).layerNorm(
        plain, rows: rows, width: width, stride: stride, gamma: gamma, beta: beta, epsilon: 1e-5,
        into: &plain)
      #expect(bits(plain[0..<width]) == bits(y[0..<width]), "in place")
    }
  }

  @Test(
    "softmax is its definition, sums to one and survives large numbers",
    arguments: Reference.instructionSets, [1, 2, 15, 16, 50, 65, 197])
  func softmax(_ set: InstructionSet, width: Int) {
    var numbers = SeededNumbers(seed: UInt64(width))
    let (rows, stride) = (6, width + 1)
    var x = numbers.floats(rows * stride, scale: 8)
    for i in 0..<stride { x[i] += 1e4 }
    let before = x
    Kernels(set).softmax(&x, rows: rows, width: width, stride: stride)
    for row in 0..<rows {
      let range = row * stride..<row * stride + width
      let expected = Reference.softmax(before[range].map(Double.init))
      #expect(largestError(Array(x[range]), expected) < 1e-6)
      #expect(abs(x[range].reduce(0.0) { $0 + Double($1) } - 1) < 1e-6)
      #expect(x[range.upperBound] == before[range.upperBound], "wrote outside its columns")
    }
  }

  @Test(
    "dot and sum are sums in Double; scaled addition and sums of rows are exact on small integers",
    arguments: Reference.instructionSets, [0, 1, 15, 100, 1003])
  func reductions(_ set: InstructionSet, count: Int) {
    let kernels = Kernels(set)
    var numbers = SeededNumbers(seed: UInt64(count))
    let x = numbers.floats(count)
    let y = numbers.floats(count)
    let expected = zip(x, y).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    #expect(abs(kernels.dot(x, y, count: count) - expected) < 1e-12)
    #expect(abs(kernels.sum(x, count: count) - x.reduce(0.0) { $0 + Double($1) }) < 1e-12)
    let whole = (0..<count).map { Float($0 % 17) }
    var target = whole
    kernels.addScaled(whole, factor: 3, to: &target, count: count)
    #expect(target == whole.map { 4 * $0 })
    kernels.scale(&target, by: 0.5, count: count)
    #expect(target == whole.map { 2 * $0 })
    let twice = whole + [99] + whole + [99]
    var sums = whole
    kernels.addSumOfRows(twice, rows: 2, width: count, stride: count + 1, to: &sums)
    #expect(sums == whole.map { 3 * $0 })
  }

  @Test(
    "attention is its definition in Double", arguments: Reference.instructionSets,
    [(1, 4, 1), (17, 24, 3), (50, 128, 2), (65, 192, 3)])
  func attention(_ set: InstructionSet, _ shape: (Int, Int, Int)) {
    let (tokens, width, heads) = shape
    var numbers = SeededNumbers(seed: 4)
    let qkv = numbers.floats(tokens * 3 * width, scale: 2)
    var out = [Float](repeating: 0, count: tokens * width)
    let count = Kernels.attentionScratchCount(tokens: tokens, width: width, heads: heads)
    let scratch = FloatStorage(count: count)
    Kernels(set).attention(
      qkv: qkv, tokens: tokens, width: width, heads: heads, into: &out, scratch: scratch.pointer)
    let expected = Reference.attention(qkv, tokens: tokens, width: width, heads: heads)
    #expect(largestError(out, expected) < 1e-6)
  }
}
