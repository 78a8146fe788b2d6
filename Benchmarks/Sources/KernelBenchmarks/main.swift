// GFLOP/s of the matrix products on one thread, by shape and instruction set, beside the measured
// peak of independent fused multiply-adds in f32: bf16 may reach twice as much. Names of instruction sets as arguments limit the run.

import Measuring
import Tensors

func report(_ name: String, operations: Double, time: Double, peak: Double) {
  let rate = operations / time * 1e-9
  let share = Int((rate / peak * 100).rounded())
  print(
    padded(name, 44), padded("\(Int(rate.rounded()))", 6), "GFLOP/s", padded("\(share)", 4), "%")
}

/// Rows, outputs and inputs of the linear maps of a layer, for batches whose rows fit a cache or do not.
let shapes = [
  ("128 wide", [(1040, 512, 128), (1040, 128, 512), (1040, 384, 128)]),
  (
    "ViT-B/32",
    [50, 400, 1600].flatMap { [($0, 2304, 768), ($0, 3072, 768), ($0, 768, 3072)] } + [
      (1, 768, 768)
    ]
  ),
  ("ViT-L/14", [257, 2056].flatMap { [($0, 3072, 1024), ($0, 4096, 1024), ($0, 1024, 4096)] }),
]

func benchmarkPacked(_ kernels: Kernels, _ precision: Precision, peak: Double) {
  for (model, shapes) in shapes {
    for (m, n, k) in shapes {
      let a = random(m * k)
      let bias = random(n)
      let c = FloatStorage(count: m * n)
      let w = PackedMatrix(packing: random(n * k), rows: n, columns: k, precision: precision)
      for activation in [Activation.identity, .quickGELU] {
        let time = fastest {
          kernels.multiply(
            a, rows: m, stride: k, by: w, bias: bias, activation: activation,
            into: c.pointer, stride: n)
        }
        report(
          "\(precision) \(model) \(m) x \(n) x \(k) \(activation)",
          operations: 2.0 * Double(m * n * k), time: time, peak: peak)
      }
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

func benchmarkMerged(_ kernels: Kernels, _ precision: Precision, experts: Int, peak: Double) {
  let tokens = 50
  for (n, k) in [(3072, 768), (768, 3072)] {
    let matrices = (0...experts).map { _ in
      PackedMatrix(packing: random(n * k), rows: n, columns: k, precision: precision)
    }
    for samples in [1, 8, 32] {
      let x = random(samples * tokens * k)
      let weights = random(samples * experts)
      let c = FloatStorage(count: samples * tokens * n)
      let time = fastest {
        kernels.mergedMultiply(
          x, samples: samples, tokens: tokens, stride: k, base: matrices[0],
          taskVectors: Array(matrices.dropFirst()), baseBias: nil, taskVectorBiases: [],
          weights: weights, activation: .quickGELU, into: c.pointer, stride: n)
      }
      report(
        "\(precision) merged \(samples) x \(tokens) x \(n) x \(k), E \(experts)",
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
  let kernels = Kernels(instructionSet)
  let peak = kernels.measuredPeak()
  print("\n\(instructionSet): measured peak \(Int(peak.rounded())) GFLOP/s in f32, one thread")
  let multipliesBF16 = instructionSet == .avx512bf16
  let precision: Precision = multipliesBF16 ? .bf16 : .f32
  benchmarkPacked(kernels, precision, peak: peak)
  for experts in [5, 8] {
    benchmarkMerged(kernels, precision, experts: experts, peak: peak)
  }
  if multipliesBF16 { continue }  // Its other kernels are those of avx512.
  benchmarkGeneral(kernels, peak: peak)
  benchmarkRows(kernels)
}
