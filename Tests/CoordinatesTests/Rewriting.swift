import Coordinates
import ExpertResponses
import ModelMerging
import RoutedModels
import Tampering
import Tensors
import Testing
import VisionTransformers

/// An expert after several rewrites, one after the other.
func rewritten(
  _ expert: ExpertTower, by kinds: [TowerRewrite.Kind], count: Int = 8, seed: UInt64 = 7
) throws -> ExpertTower {
  var tensors = expert.tensors
  var configuration = expert.configuration
  for kind in kinds {
    let rewrite = try TowerRewrite(kind, count: kind.countsUnits ? count : nil, seed: seed)
    let shape = try rewrite.configuration(after: tensors, configuration)
    tensors = try TowerInMemory(
      rewrite.tampered(tensors, configuration, label: ""), shape)
    configuration = shape
  }
  return ExpertTower(name: expert.name, tensors: tensors, configuration: configuration)
}

extension TowerInMemory {
  /// A copy of all tensors of a tower.
  init(_ source: any TensorSource, _ configuration: VisionTowerConfiguration) throws {
    self.init(
      tensors: Dictionary(
        uniqueKeysWithValues: try configuration.towerTensors
          .filter { source.contains($0.role) }
          .map { ($0.role, try source.tensor($0.role, shape: $0.shape)) }))
  }
}

/// What a tower makes of random images.
func features(_ expert: ExpertTower, samples: Int = 3) throws -> [Float] {
  let shape = expert.configuration
  return try VisionTower(dense: expert.tensors, shape).forward(
    sampleCount: samples, request: .features, pool: WorkerPool(threads: 2), kernels: Kernels()
  ) { RandomTowers.write(shape, $0, $1) }.features
}

/// The largest difference, relative to the largest number.
func relativeDifference(_ first: [Float], _ second: [Float]) -> Double {
  guard first.count == second.count, !first.isEmpty else { return .infinity }
  let largest = first.reduce(Float(0)) { max($0, $1.magnitude) }
  let difference = zip(first, second).reduce(Float(0)) { max($0, ($1.0 - $1.1).magnitude) }
  return Double(difference / largest)
}

/// The largest difference of cosines and relative lengths of two pairs' Gram matrices, layer by layer.
func largestDifference(
  _ first: FunctionalResponses.PairProducts, _ second: FunctionalResponses.PairProducts
) -> Double {
  guard first.layers.map(\.count) == second.layers.map(\.count), !first.layers.isEmpty else {
    return .infinity
  }
  var largest = 0.0
  for (own, other) in zip(first.layers, second.layers) {
    let side = Int(Double(own.count).squareRoot())
    for index in own.indices {
      let (row, column) = (index / side, index % side)
      let scale = (own[row * side + row] * own[column * side + column]).squareRoot()
      let difference = abs(own[index] - other[index]) / max(scale, 1e-30)
      guard difference.isFinite else { return .infinity }
      largest = max(largest, difference)
    }
  }
  return largest
}

/// The inner products of several suspects with a victim and its nulls.
func products(
  of part: ExpertPart, base: RandomTowers.Base, victim: ExpertTower, nulls: [ExpertTower],
  suspects: [ExpertTower], samples: Int = 3
) throws -> [FunctionalResponses.PairProducts] {
  let reference = try ReferenceCoordinates(base.tensors, base.configuration)
  let responses = try FunctionalResponses(
    reference, victims: [FunctionalResponses.Victim(expert: victim, nulls: nulls)],
    suspects: suspects.map { try FunctionalResponses.Suspect($0, reference) })
  return try responses.products(
    of: part, sampleCount: samples, batch: 2, pool: WorkerPool(threads: 2)
  ) { RandomTowers.write(base.configuration, $0, $1) }[0]
}

extension RandomTowers {
  /// A base model's tensors and shape.
  struct Base {
    let tensors: any TensorSource
    let configuration: VisionTowerConfiguration
  }
}

/// Rewrites one after the other, of families that allow them.
struct Rewrites: Sendable, CustomTestStringConvertible {
  let kinds: [TowerRewrite.Kind]

  var testDescription: String { kinds.map(\.rawValue).joined(separator: ", ") }

  init(_ kinds: TowerRewrite.Kind...) { self.kinds = kinds }

  /// Every rewrite by itself but that of units that are dead, and combinations.
  static let all =
    TowerRewrite.Kind.allCases.filter { $0 != .dropUnits && $0 != .rotateStream }.map {
      Rewrites($0)
    } + [
      Rewrites(.flipNorms, .permuteChannels), Rewrites(.padUnits, .permuteUnits, .dropUnits),
      Rewrites(.splitUnits, .flipUnits, .permuteUnits), Rewrites(.turnHeads, .permuteHeads),
      Rewrites(.shiftMaps, .scaleStream, .permuteChannels, .moveBiases),
      Rewrites(
        .rescaleNorms, .shiftNorms, .permuteChannels, .splitUnits, .padUnits, .permuteUnits,
        .turnHeads, .permuteHeads, .scaleStream, .moveBiases, .splitLayers),
    ]
}
