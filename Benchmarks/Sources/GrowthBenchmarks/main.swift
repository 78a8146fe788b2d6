// Time against size: experts, probes, layers and width of a WEMoE, one thread, and the exponent of
// each, the slope of a line through logarithms. A time that grows with a constant part has an
// exponent below that of its last doubling, so both are printed.

import Foundation
import Measuring
import ModelFamilies
import ModelMerging
import RoutedModels
import RoutingFingerprints
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

struct Size {
  var experts = 5
  var probes = 16
  var layers = 4
  var width = 256

  var configuration: VisionTowerConfiguration {
    var shape = CLIPFamily.defaults
    shape.hiddenSize = width
    shape.intermediateSize = 4 * width
    shape.attentionHeadCount = width / 64
    shape.hiddenLayerCount = layers
    shape.imageSize = 224
    shape.patchSize = 32
    return shape
  }

  func forwardSeconds() throws -> Double {
    let shape = configuration
    let source = RandomTensors(gates: false)
    let tower = try VisionTower(shape, source) { layer in
      WeightEnsemblingMLP(
        gate: try Gate(
          RandomTensors(gates: true), layer: layer, width: shape.hiddenSize,
          expertCount: experts),
        routing: .softmax, base: try MLPWeights(source, layer: layer, shape),
        taskVectors: try (0..<experts).map { _ in try MLPWeights(source, layer: layer, shape) },
        activation: .quickGELU)
    }
    let pixels = FloatStorage(random(shape.pixelCount))
    let memory = TowerMemory()
    let clock = ContinuousClock()
    // The first pass allocates.
    return try (0..<4).map { _ in
      try seconds(
        clock.measure {
          _ = try tower.forward(
            sampleCount: probes, request: .routing, pool: WorkerPool(threads: 1),
            kernels: Kernels(), memory: memory
          ) { _, destination in
            destination.update(from: pixels.pointer, count: pixels.count)
          }
        })
    }.min() ?? 0
  }
}

func attributionSeconds(registered: Int) -> Double {
  let numbers = random((registered + 1) * 60)
  func expert(_ index: Int) -> (RoutingScoreFingerprint, RoutingPreferenceFingerprint) {
    let values = (0..<5).map { task in
      (0..<12).map { Double(numbers[(index * 5 + task) * 12 + $0]) }
    }
    let scores = RoutingScoreFingerprint(values: values)
    return (scores, RoutingPreferenceFingerprint(scores, mode: .global))
  }
  var registry = ExpertRegistry()
  for index in 0..<registered {
    let (scores, preference) = expert(index)
    registry.register(scores, preference)
  }
  let (scores, preference) = expert(registered)
  return fastest { _ = registry.closest(2, to: scores, preference, base: .two) }
}

/// The slope of the least-squares line through (log size, log time).
func exponent(_ points: [(size: Int, time: Double)]) -> Double {
  let logs = points.map { (x: log(Double($0.size)), y: log($0.time)) }
  let count = Double(logs.count)
  let (meanX, meanY) = (
    logs.reduce(0) { $0 + $1.x } / count, logs.reduce(0) { $0 + $1.y } / count
  )
  let product = logs.reduce(0) { $0 + ($1.x - meanX) * ($1.y - meanY) }
  return product / logs.reduce(0) { $0 + ($1.x - meanX) * ($1.x - meanX) }
}

func report(_ name: String, _ sizes: [Int], _ measure: (Int) throws -> Double) rethrows {
  let points = try sizes.map { (size: $0, time: try measure($0)) }
  let cells = points.map { String(format: "%d: %.4g ms", $0.size, $0.time * 1e3) }
  print("\(name): \(cells.joined(separator: ", "))")
  print(
    String(
      format: "  exponent %.2f, of the last doubling %.2f", exponent(points),
      exponent(Array(points.suffix(2)))))
}

print("forward of a WEMoE, one thread, with E = 5, 16 probes, 4 layers, width 256 where not varied")
try report("experts", [1, 2, 4, 8, 16, 32, 64]) { try Size(experts: $0).forwardSeconds() }
try report("probes", [8, 16, 32, 64]) { try Size(probes: $0).forwardSeconds() }
try report("layers", [1, 2, 4, 8, 16]) { try Size(layers: $0).forwardSeconds() }
try report("width", [128, 256, 512, 1024]) { try Size(width: $0).forwardSeconds() }
report("registered experts, closest two of them", [1000, 10_000, 100_000]) {
  attributionSeconds(registered: $0)
}
