// GFLOP/s of the matrix products on one thread, by shape and instruction set, beside the measured
// peak of independent fused multiply-adds. Names of instruction sets as arguments limit the run.

import Measuring
import Tensors

func report(_ name: String, operations: Double, time: Double, peak: Double) {
  let rate = operations / time * 1e-9
  let share = Int((rate / peak * 100).rounded())
  print(
    padded(name, 44), padded("\(Int(rate.rounded()))", 6), "GFLOP/s", padded("\(share)", 4), "%")
}

func benchmarkPacked(_ kernels: Kernels, peak: Double) {
  let shapes = [
    (1040, 512, 128), (1040, 128, 512), (1040, 384, 128), (50, 3072, 768), (400, 3072, 768),
    (1600, 3072, 768), (50, 768, 3072), (400, 768, 3072), (1600, 768, 3072), (1, 768, 768),
  ]
  for (m, n, k) in shapes {
    let a = random(m * k)
    let bias = random(n)
    let c = FloatStorage(count: m * n)
    let w = PackedMatrix(packing: random(n * k), rows: n, columns: k)
    for activation in [Activation.identity, .quickGELU] {
      let time = fastest {
        kernels.multiply(
          a, rows: m, stride: k, by: w, bias: bias, activation: activation,
          into: c.pointer, stride: n)
      }
      report(
        "packed \(m) x \(n) x \(k) \(activation)", operations: 2.0 * Double(m * n * k), time: time,
        peak: peak)
    }
  }
}

func benchmarkGeneral(_ kernels: Kernels, peak: Double) {
  // dX = dY W, dW = dY^T X (accumulated), q k^T and p v.
  let shapes = [
    ("dX", 1040, 128, 512, false, false), ("dX", 1040, 512, 128, false, false),
    ("dW", 512, 128, 1040, true, false), ("dW", 128, 512, 4160, true, false),
    ("qk", 50, 50, 64, false, true), ("pv", 50, 64, 50, false, false),
    ("qk", 65, 65, 64, false, true), ("pv", 65, 64, 65, false, false),
  ]
  for (name, m, n, k, aTransposed, bTransposed) in shapes {
    let a = random(m * k)
    let b = random(n * k)
    let c = FloatStorage(count: m * n)
    let time = fastest {
      kernels.multiply(
        rows: m, columns: n, inner: k,
        a, rowStride: aTransposed ? 1 : k, columnStride: aTransposed ? m : 1,
        b, rowStride: bTransposed ? 1 : n, columnStride: bTransposed ? k : 1,
        accumulate: aTransposed, into: c.pointer, stride: n)
    }
    report(
      "general \(name) \(m) x \(n) x \(k)", operations: 2.0 * Double(m * n * k), time: time,
      peak: peak)
  }
}

func benchmarkMerged(_ kernels: Kernels, peak: Double) {
  let (tokens, experts) = (50, 5)
  for (n, k) in [(3072, 768), (768, 3072)] {
    let base = PackedMatrix(packing: random(n * k), rows: n, columns: k)
    let taskVectors = (0..<experts).map { _ in
      PackedMatrix(packing: random(n * k), rows: n, columns: k)
    }
    for samples in [1, 8, 32] {
      let x = random(samples * tokens * k)
      let weights = random(samples * experts)
      let c = FloatStorage(count: samples * tokens * n)
      let time = fastest {
        kernels.mergedMultiply(
          x, samples: samples, tokens: tokens, stride: k, base: base,
          taskVectors: taskVectors, baseBias: nil, taskVectorBiases: [], weights: weights,
          activation: .quickGELU, into: c.pointer, stride: n)
      }
      report(
        "merged \(samples) samples \(tokens) x \(n) x \(k), E 5",
        operations: 2.0 * Double(samples * tokens * n * k), time: time, peak: peak)
    }
  }
}

func benchmarkRows(_ kernels: Kernels) {
  let (rows, width) = (1600, 768)
  let x = random(rows * width)
  let y = FloatStorage(count: rows * width)
  let gamma = random(width)
  func line(_ name: String, _ work: () -> Void) {
    let each = fastest(work) / Double(rows * width) * 1e9
    print(padded(name, 44), "\((each * 1000).rounded() / 1000) ns/element")
  }
  line("layer norm \(rows) x \(width)") {
    kernels.layerNorm(
      x, rows: rows, width: width, stride: width, gamma: gamma,
      beta: gamma, epsilon: 1e-5, into: y.pointer)
  }
  line("softmax of rows of 48, with a copy") {
    y.pointer.update(from: x, count: rows * width)
    kernels.softmax(y.pointer, rows: rows * width / 48, width: 48, stride: 48)
  }
  for activation in Activation.allCases where activation != .identity {
    line("\(activation), with a copy") {
      // Applied again and again in place, values would shrink to slow denormal numbers.
      y.pointer.update(from: x, count: rows * width)
      kernels.apply(activation, to: y.pointer, count: rows * width)
    }
  }
}

for instructionSet in InstructionSet.allCases where instructionSet.isAvailable {
  let names = CommandLine.arguments.dropFirst()
  guard names.isEmpty || names.contains(instructionSet.rawValue) else { continue }
  guard instructionSet != .avx512bf16 || !names.isEmpty else { continue }
  let kernels = Kernels(instructionSet)
  let peak = kernels.measuredPeak()
  print("\n\(instructionSet): measured peak \(Int(peak.rounded())) GFLOP/s, one thread")
  benchmarkPacked(kernels, peak: peak)
  benchmarkGeneral(kernels, peak: peak)
  benchmarkMerged(kernels, peak: peak)
  benchmarkRows(kernels)
}
