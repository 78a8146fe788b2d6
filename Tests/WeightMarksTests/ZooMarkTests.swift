import Checkpoints
import ExactTests
import Foundation
import KeyedRandomness
import ModelMerging
import RoutedModels
import Tampering
import Testing
import VisionTransformers
import WeightMarks

/// Trained models that lie beside the project.
private enum SharedZoo {
  static let folder: String? = {
    let package = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let path = package.deletingLastPathComponent().appendingPathComponent("shared/zoo").path
    return FileManager.default.fileExists(atPath: path + "/base/config.json") ? path : nil
  }()
}

/// Marks on trained models that lie beside the project, in copies of all kinds.
@Suite(.enabled(if: SharedZoo.folder != nil)) struct ZooMarkTests {
  private struct World {
    let base: ModelFolder
    let unmarked: CheckpointTensors
    let marked: any TensorSource
    let strangers: [any TensorSource]
    let key: SecretKey
    var configuration: VisionTowerConfiguration { base.configuration }
    let origin: CheckpointTensors

    init(_ zoo: String) throws {
      func tower(_ name: String) throws -> CheckpointTensors {
        let folder = try ModelFolder(path: "\(zoo)/\(name)")
        guard case .tower(let tensors) = folder.form else {
          throw WeightMarkError.notAPlainTower(path: name)
        }
        return tensors
      }
      base = try ModelFolder(path: "\(zoo)/base")
      origin = try tower("base")
      unmarked = try tower("scene15")
      strangers = try ["cars", "rsscn7"].map { try tower($0) }
      key = SecretKey()
      let mark = try WeightMark(
        on: ModelFolder(path: "\(zoo)/scene15"), base: base,
        pattern: MarkPattern(key, licensee: nil, values: .normals), strength: 0.1, scope: .mlp)
      let scope = Set(MarkScope.mlp.tensors(of: base.configuration))
      marked = EditedTower(source: unmarked) { role, shape, values in
        let tensor = RoleShape(role, shape)
        return scope.contains(tensor) ? try mark.values(of: tensor, as: .f16).values : values
      }
    }

    func z(
      _ suspect: any TensorSource, key other: SecretKey? = nil, knowsBase: Bool = true
    ) throws -> Double {
      let pattern = MarkPattern(other ?? key, licensee: nil, values: .normals)
      let comparable = try ComparableSuspect(
        suspect, with: unmarked, base: knowsBase ? origin : nil, scope: .mlp, configuration)
      var mark = try KeyedMark(kind: .gaussian)
      for tensor in comparable.roles {
        let pair = try comparable.pair(tensor)
        try mark.add(
          suspect: pair.suspect, reference: pair.reference,
          key: pattern.values(over: pair.role, count: pair.suspect.count),
          leavingOutZeros: comparable.findings.isMasked)
      }
      return mark.z
    }

    func tampered(_ operation: any TowerTampering) throws -> any TensorSource {
      try operation.tampered(marked, configuration, label: "")
    }
  }

  @Test func everyCopyIsFoundAndNoStranger() throws {
    let world = try World(#require(SharedZoo.folder))
    var found: [(name: String, z: Double, least: Double)] = []
    func add(_ name: String, _ suspect: any TensorSource, atLeast least: Double) throws {
      found.append((name, try world.z(suspect), least))
    }
    try add("untouched", world.marked, atLeast: 1000)
    try add("noise of 0.5 %", world.tampered(WeightNoise(sigma: 0.005, seed: 3)), atLeast: 300)
    try add(
      "rounded to bf16",
      EditedTower(source: world.marked) { _, _, values in
        values.map { value in
          let bits = value.bitPattern
          return Float(bitPattern: (bits &+ 0x7FFF &+ (bits >> 16 & 1)) & 0xFFFF_0000)
        }
      }, atLeast: 150)
    for (bits, least) in [(8, 300.0), (4, 60), (3, 40)] {
      try add("\(bits) bits", world.tampered(Quantization(bits: bits)), atLeast: least)
    }
    for (sparsity, least) in [(0.5, 30.0), (0.7, 20)] {
      try add(
        "pruned \(sparsity)", world.tampered(MagnitudePruning(sparsity: sparsity)), atLeast: least)
    }
    let stranger = world.strangers[0]
    for (share, least) in [(0.5, 60.0), (0.7, 30)] {
      try add(
        "blended \(share)",
        EditedTower(source: world.marked) { role, shape, values in
          let other = try stranger.tensor(role, shape: shape)
          return zip(values, other).map { Float(1 - share) * $0 + Float(share) * $1 }
        }, atLeast: least)
    }
    try add(
      "task arithmetic of 3 at 0.3",
      TaskArithmetic(
        base: world.origin, experts: [world.marked] + world.strangers, scalingCoefficient: 0.3),
      atLeast: 40)
    try add(
      "units permuted", world.tampered(UnitPermutation(seed: 5)), atLeast: 1000)
    for (name, z, least) in found {
      print("mark z: \(name) \(z)")
      #expect(z >= least, "\(name): z = \(z)")
    }
    for (index, stranger) in (world.strangers + [world.origin]).enumerated() {
      let z = try world.z(stranger)
      print("mark z: stranger \(index) \(z)")
      #expect(abs(z) < 4.5, "stranger \(index)")
    }
    let otherKey = try world.z(world.marked, key: SecretKey())
    print("mark z: other key \(otherKey)")
    #expect(abs(otherKey) < 4.5)
  }
}
