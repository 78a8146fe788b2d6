import Tensors
import Testing

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#endif

@Suite struct GradientTests {
  @Test(
    "the layer norm's gradients are those of its definition, and are added",
    arguments: Reference.instructionSets, [1, 5, 16, 37, 192])
  func layerNorm(_ set: InstructionSet, width: Int) {
    var numbers = SeededNumbers(seed: UInt64(width))
    let (rows, stride) = (4, width + 1)
    let x = numbers.floats(rows * stride)
    let dy = numbers.floats(rows * stride)
    let gamma = numbers.floats(width)
    let beta = [Float](repeating: 0, count: width)
    var y = x
    var mean = [Float](repeating: 0, count: rows)
    var rstd = mean
    Kernels(set).layerNorm(
      x, rows: rows, width: width, stride: stride, gamma: gamma, beta: beta, epsilon: 0.01,
      into: &y, mean: &mean, rstd: &rstd)
    var dx = [Float](repeating: 1, count: rows * stride)
    var dgamma = [Float](repeating: 2, count: width)
    var dbeta = [Float](repeating: 3, count: width)
    Kernels(set).layerNormBackward(
      dy: dy, dyStride: stride, x: x, xStride: stride, rows: rows, width: width, mean: mean,
      rstd: rstd, gamma: gamma, dx: &dx, dxStride: stride, dgamma: &dgamma, dbeta: &dbeta)
    var expectedGamma = [Double](repeating: 2, count: width)
    var expectedBeta = [Double](repeating: 3, count: width)
    for row in 0..<rows {
      let values = Array(x[row * stride..<row * stride + width])
      let (_, mean, rstd) = Reference.layerNorm(values, gamma: gamma, beta: beta, epsilon: 0.01)
      // The Jacobian element by element: dy_i/dx_j = gamma_i rstd ((i == j) - 1/D - n_i n_j / D).
      let n = values.map { (Double($0) - mean) * rstd }
      var expected = [Double](repeating: 1, count: width)
      for i in 0..<width {
        let upstream = Double(dy[row * stride + i])
        expectedGamma[i] += upstream * n[i]
        expectedBeta[i] += upstream
        for j in 0..<width {
          let same = i == j ? 1.0 : 0.0
          expected[j] +=
            upstream * Double(gamma[i]) * rstd * (same - (1 + n[i] * n[j]) / Double(width))
        }
      }
      #expect(largestError(Array(dx[row * stride..<row * stride + width]), expected) < 2e-6)
      #expect(dx[row * stride + width] == 1, "wrote outside its columns")
    }
    #expect(largestError(dgamma, expectedGamma) < 1e-6)
    #expect(largestError(dbeta, expectedBeta) < 1e-6)
  }

  @Test(
    "the softmax's gradient is that of its definition", arguments: Reference.instructionSets,
    [1, 16, 50, 67])
  func softmax(_ set: InstructionSet, width: Int) {
    var numbers = SeededNumbers(seed: UInt64(width))
    let rows = 3
    var p = numbers.floats(rows * width, scale: 3)
    Kernels(set).softmax(&p, rows: rows, width: width, stride: width)
    let dp = numbers.floats(rows * width)
    var ds = dp
    Kernels(set).softmaxBackward(p: p, dp: ds, rows: rows, width: width, stride: width, ds: &ds)
    for row in 0..<rows {
      let range = row * width..<(row + 1) * width
      let inner = range.reduce(0.0) { $0 + Double(p[$1]) * Double(dp[$1]) }
      let expected = range.map { Double(p[$0]) * (Double(dp[$0]) - inner) }
      #expect(largestError(Array(ds[range]), expected) < 1e-6)
    }
  }

  @Test(
    "an activation's gradient is its difference quotient",
    arguments: Reference.instructionSets, Activation.allCases)
  func activation(_ set: InstructionSet, _ activation: Activation) {
    var numbers = SeededNumbers(seed: 8)
    let x = numbers.floats(1_003, scale: 6)
    let dy = numbers.floats(x.count)
    var dx = dy
    Kernels(set).activationBackward(activation, x: x, dy: dx, dx: &dx, count: x.count)
    let h = 1e-5
    let expected = x.indices.map { i in
      let at = Double(x[i])
      let slope =
        Reference.activation(activation, at + h) - Reference.activation(activation, at - h)
      return Double(dy[i]) * slope / (2 * h)
    }
    #expect(largestError(dx, expected) < 1e-6)
  }

  @Test("AdamW follows its definition for three steps", arguments: Reference.instructionSets)
  func adamW(_ set: InstructionSet) {
    let count = 37
    var numbers = SeededNumbers(seed: 10)
    var parameters = numbers.floats(count)
    var first = [Float](repeating: 0, count: count)
    var second = first
    var p = parameters.map(Double.init)
    var m = [Double](repeating: 0, count: count)
    var v = m
    let options = AdamWOptions(rate: 0.01, epsilon: 1e-6, decay: 0.1, gradientScale: 0.5)
    for step in 1...3 {
      let gradients = numbers.floats(count)
      Kernels(set).adamW(
        options, step: step, parameters: &parameters, gradients: gradients, firstMoments: &first,
        secondMoments: &second, count: count)
      for i in 0..<count {
        let g = 0.5 * Double(gradients[i])
        m[i] = 0.9 * m[i] + 0.1 * g
        v[i] = 0.999 * v[i] + 0.001 * g * g
        let mHat = m[i] / (1 - pow(0.9, Double(step)))
        let vHat = v[i] / (1 - pow(0.999, Double(step)))
        p[i] = p[i] * (1 - 0.01 * 0.1) - 0.01 * mHat / (vHat.squareRoot() + 1e-6)
      }
    }
    #expect(largestError(parameters, p) < 1e-6)
    #expect(largestError(first, m) < 1e-6)
    #expect(largestError(second, v) < 1e-6)
  }
}
