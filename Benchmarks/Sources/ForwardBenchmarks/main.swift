// The forward pass of a tower, plain or a WEMoE, beside its matrix products alone, on one thread,
// alternating: how much of the time is not spent multiplying. Shapes: the 128-wide tower of the examples,
// ViT-B/32 and ViT-L/14.

import Measuring
import ModelFamilies
import ModelMerging
import RoutedModels
import Tensors
import VisionTransformers

/// Weights that need no file: small random numbers under any name.
struct RandomTensors: TensorSource {
  let path = "random"
  let gates: Bool
  func name(of role: TensorRole) -> String { role.component.rawValue }
  func contains(_ role: TensorRole) -> Bool { gates == role.isRouter }
  func tensor(_ role: TensorRole, shape: [Int]) throws -> [Float] {
    random(shape.reduce(1, *)).map { $0 * 0.05 }
  }
}

/// The products of one forward step, with plain weights in place of merged ones.
struct ProductsAlone {
  let shape: VisionTowerConfiguration
  let samples: Int
  let kernels = Kernels()
  let weights: [(matrix: PackedMatrix, calls: Int)]
  let input: FloatStorage
  let output: FloatStorage

  /// - Parameter isMixture: whether there are gates, whose first map is as large as attention's output.
  init(_ shape: VisionTowerConfiguration, isMixture: Bool, samples: Int) {
    self.shape = shape
    self.samples = samples
    let (D, F, L) = (shape.hiddenSize, shape.intermediateSize, shape.hiddenLayerCount)
    func packed(_ rows: Int, _ columns: Int) -> PackedMatrix {
      PackedMatrix(random(rows * columns), rows: rows, columns: columns)
    }
    weights = [
      (packed(D, shape.patchElementCount), 1), (packed(3 * D, D), L),
      (packed(D, D), isMixture ? 2 * L : L),
      (packed(F, D), L), (packed(D, F), L),
    ]
    let widest = max(3 * D, F, shape.patchElementCount)
    input = FloatStorage(random(samples * shape.tokenCount * widest))
    output = FloatStorage(count: samples * shape.tokenCount * widest)
  }

  var operations: Double {
    let rows = Double(samples * shape.tokenCount)
    let maps = weights.reduce(0.0) {
      $0 + 2 * Double($1.calls * $1.matrix.rows * $1.matrix.columns)
    }
    let attention = 4 * Double(shape.tokenCount * shape.hiddenSize * shape.hiddenLayerCount)
    return rows * (maps + attention)
  }

  func run() {
    let (T, D, H) = (shape.tokenCount, shape.hiddenSize, shape.attentionHeadCount)
    for (matrix, calls) in weights {
      for _ in 0..<calls {
        kernels.multiply(
          input.pointer, rows: samples * T, stride: matrix.columns, by: matrix, bias: nil,
          into: output.pointer, stride: matrix.rows)
      }
    }
    for _ in 0..<(shape.hiddenLayerCount * samples * H) {
      kernels.multiply(
        rows: T, columns: T, inner: D / H, input.pointer, rowStride: 3 * D, columnStride: 1,
        input.pointer, rowStride: 1, columnStride: 3 * D, into: output.pointer, stride: T)
      kernels.multiply(
        rows: T, columns: D / H, inner: T, input.pointer, rowStride: T, columnStride: 1,
        input.pointer, rowStride: 3 * D, columnStride: 1, into: output.pointer, stride: D)
    }
  }
}

func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

/// - Parameter experts: 0 for a plain tower.
func measure(_ name: String, _ shape: VisionTowerConfiguration, experts: Int, samples: Int) throws {
  let source = RandomTensors(gates: false)
  let tower = try VisionTower(shape, source) { layer in
    if experts == 0 {
      return DenseMLP(try MLPWeights(source, layer: layer, shape), activation: .quickGELU)
    }
    return WeightEnsemblingMLP(
      gate: try Gate(
        RandomTensors(gates: true), layer: layer, width: shape.hiddenSize,
        expertCount: experts),
      routing: .softmax, base: try MLPWeights(source, layer: layer, shape),
      taskVectors: try (0..<experts).map { _ in try MLPWeights(source, layer: layer, shape) },
      activation: .quickGELU)
  }
  let products = ProductsAlone(shape, isMixture: experts > 0, samples: min(samples, 16))
  let pixels = random(shape.pixelCount)
  let clock = ContinuousClock()
  var forward: [Double] = []
  var alone: [Double] = []
  for _ in 0..<9 {
    forward.append(
      try seconds(
        clock.measure {
          _ = try tower.forward(
            sampleCount: samples, request: .routing, pool: WorkerPool(threads: 1),
            kernels: Kernels()
          ) { _, destination in
            destination.update(from: pixels, count: pixels.count)
          }
        }) / Double(samples))
    alone.append(seconds(clock.measure { products.run() }) / Double(products.samples))
  }
  let ratio = median(zip(forward, alone).map { $0 / $1 })
  let rate = products.operations / Double(products.samples) / median(alone) * 1e-9
  print(
    padded(name, 28), padded("\((10 / median(forward)).rounded() / 10) images/s", 16),
    padded("products \(Int(rate)) GFLOP/s", 24),
    "forward / products \((ratio * 100).rounded() / 100)")
}

var small = CLIPFamily.defaults
small.hiddenSize = 128
small.intermediateSize = 512
small.attentionHeadCount = 4
small.imageSize = 64
small.patchSize = 8
try measure("width 128, plain", small, experts: 0, samples: 64)
try measure("width 128, E = 5", small, experts: 5, samples: 64)
let base = CLIPFamily.defaults
try measure("ViT-B/32, plain", base, experts: 0, samples: 16)
try measure("ViT-B/32, E = 5", base, experts: 5, samples: 16)
try measure("ViT-B/32, E = 8", base, experts: 8, samples: 16)
var large = CLIPFamily.defaults
large.hiddenSize = 1024
large.intermediateSize = 4096
large.hiddenLayerCount = 24
large.attentionHeadCount = 16
large.patchSize = 14
large.projectionSize = 768
try measure("ViT-L/14, plain", large, experts: 0, samples: 4)
