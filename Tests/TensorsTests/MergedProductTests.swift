import Tensors
import Testing

/// A layer with experts and its inputs.
struct MergedCase: Sendable {
  let samples, tokens, rows, columns, experts: Int
  let base: [Float]
  let taskVectors: [[Float]]
  let baseBias: [Float]
  let biases: [[Float]]
  let weights: [Float]
  let x: [Float]

  init(samples: Int, tokens: Int, rows: Int, columns: Int, experts: Int, seed: UInt64) {
    var numbers = SeededNumbers(seed: seed)
    (self.samples, self.tokens, self.rows, self.columns) = (samples, tokens, rows, columns)
    self.experts = experts
    base = numbers.floats(rows * columns)
    taskVectors = (0..<experts).map { _ in numbers.floats(rows * columns, scale: 0.1) }
    baseBias = numbers.floats(rows)
    biases = (0..<experts).map { _ in numbers.floats(rows, scale: 0.1) }
    weights = numbers.floats(samples * experts)
    x = numbers.floats(samples * tokens * columns)
  }

  func run(
    _ kernels: Kernels, samples range: Range<Int>? = nil, panels: Range<Int>? = nil,
    accumulate: Bool = false, precision: Precision = .f32
  ) -> [Float] {
    let range = range ?? 0..<samples
    let perSample = tokens * rows
    let input = FloatStorage(x)
    let gates = FloatStorage(weights)
    let storages = biases.map { FloatStorage($0) }
    var c = [Float](repeating: accumulate ? 0.5 : 0, count: range.count * perSample)
    withExtendedLifetime((input, gates, storages)) {
      kernels.mergedMultiply(
        input.pointer + range.lowerBound * tokens * columns, samples: range.count, tokens: tokens,
        stride: columns,
        base: PackedMatrix(packing: base, rows: rows, columns: columns, precision: precision),
        taskVectors: taskVectors.map {
          PackedMatrix(packing: $0, rows: rows, columns: columns, precision: precision)
        },
        baseBias: baseBias, taskVectorBiases: storages.map { UnsafePointer($0.pointer) },
        weights: gates.pointer + range.lowerBound * experts, activation: .quickGELU,
        accumulate: accumulate, into: &c, stride: rows, panels: panels)
    }
    return c
  }
}

@Suite struct MergedProductTests {
  static let sizes = [
    (1, 1, 1, 1, 1), (3, 5, 33, 40, 2), (9, 7, 40, 300, 5), (17, 3, 64, 257, 8), (2, 50, 31, 96, 0),
    (10, 3, 130, 512, 2),
  ]

  static func cases() -> [MergedCase] {
    sizes.map {
      MergedCase(samples: $0.0, tokens: $0.1, rows: $0.2, columns: $0.3, experts: $0.4, seed: 5)
    }
  }

  @Test(
    "the merged product is the product with merged weights in Double",
    arguments: Reference.instructionSets)
  func matchesReference(_ set: InstructionSet) {
    for layer in Self.cases() {
      for accumulate in [false, true] {
        let c = layer.run(Kernels(set), accumulate: accumulate)
        var worst = 0.0
        for s in 0..<layer.samples {
          let gate = (0..<layer.experts).map { Double(layer.weights[s * layer.experts + $0]) }
          for n in 0..<layer.rows {
            let merged = (0..<layer.columns).map { k in
              let i = n * layer.columns + k
              return gate.indices.reduce(Double(layer.base[i])) {
                $0 + gate[$1] * Double(layer.taskVectors[$1][i])
              }
            }
            let bias = gate.indices.reduce(Double(layer.baseBias[n])) {
              $0 + gate[$1] * Double(layer.biases[$1][n])
            }
            for t in 0..<layer.tokens {
              let row = s * layer.tokens + t
              let z = (0..<layer.columns).reduce(bias) {
                $0 + Double(layer.x[row * layer.columns + $1]) * merged[$1]
              }
              let expected = Reference.activation(.quickGELU, z) + (accumulate ? 0.5 : 0)
              let size = 1 + Double(layer.columns) / 2
              worst = max(worst, abs(Double(c[row * layer.rows + n]) - expected) / size)
            }
          }
        }
        #expect(worst < 2.4e-7, "\(set) \(layer.samples) samples: \(worst)")
      }
    }
  }

  @Test(
    "merging samples together or one at a time, or panel by panel, gives the same bits",
    arguments: Reference.instructionSets)
  func samplesAreIndependent(_ set: InstructionSet) {
    for layer in Self.cases() {
      let together = layer.run(Kernels(set))
      let perSample = layer.tokens * layer.rows
      for s in 0..<layer.samples {
        let alone = layer.run(Kernels(set), samples: s..<s + 1)
        #expect(bits(alone) == bits(together[s * perSample..<(s + 1) * perSample]), "sample \(s)")
      }
      let panels = (layer.rows + 31) / 32
      let last = layer.run(Kernels(set), panels: panels - 1..<panels)
      for (index, value) in last.enumerated() where index % layer.rows / 32 == panels - 1 {
        #expect(value.bitPattern == together[index].bitPattern)
      }
    }
  }

  @Test(
    "the merged product has the bits of the packed product with weights merged beforehand",
    arguments: Reference.instructionSets)
  func agreesWithPacked(_ set: InstructionSet) {
    let layer = MergedCase(samples: 1, tokens: 20, rows: 70, columns: 300, experts: 3, seed: 9)
    func merged(_ base: [Float], _ experts: [[Float]]) -> [Float] {
      base.indices.map { i in
        var value = base[i]
        for (expert, weight) in zip(experts, layer.weights) {
          // The portable kernels round the product; all others fuse it.
          let product = weight * expert[i]
          value = set == .portable ? value + product : value.addingProduct(weight, expert[i])
        }
        return value
      }
    }
    let weights = merged(layer.base, layer.taskVectors)
    let w = PackedMatrix(packing: weights, rows: 70, columns: 300)
    var c = [Float](repeating: 0, count: 20 * 70)
    Kernels(set).multiply(
      layer.x, rows: 20, stride: 300, by: w, bias: merged(layer.baseBias, layer.biases),
      activation: .quickGELU, into: &c, stride: 70)
    #expect(bits(layer.run(Kernels(set))) == bits(c))
  }
}
