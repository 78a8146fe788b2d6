import Checkpoints
import Coordinates
import Documents
import ExpertResponses
import ModelMerging
import RoutedModels
import Tampering
import Tensors
import Testing
import VisionTransformers

@Suite struct WeightDiagnosisTests {
  private func diagnosis(
    _ name: String, of victim: String = "v", in world: TinyExperts
  ) throws -> WeightDiagnosis {
    try WeightDiagnosis(
      of: world.expert(name), from: world.expert(victim),
      reference: world.reference())
  }

  @Test func aCopyShowsNothing() throws {
    let world = try TinyExperts()
    let copy = try diagnosis("v", in: world)
    #expect(copy.findings == [])
    #expect(copy.relation.coefficient == 1)
    #expect(copy.relation.remainder < 1e-6)
    #expect(copy.zeros.share == 0)
  }

  @Test(arguments: [0.3, 0.5, 0.7]) func magnitudePruningIsFoundWithItsShare(
    sparsity: Double
  ) throws {
    let world = try TinyExperts()
    try world.tamper("v", by: MagnitudePruning(sparsity: sparsity), to: "pruned")
    let found = try diagnosis("pruned", in: world)
    #expect(found.findings == [.pruned])
    #expect(abs(found.zeros.share - sparsity) < 0.01)
    #expect(!found.zeros.isRowWise)
  }

  @Test func wandaPruningLeavesRowsOfEqualZeros() throws {
    let world = try TinyExperts()
    let images = try CalibrationImages(
      pixels: (0..<4).flatMap(TinyExperts.pixels), count: 4,
      configuration: TinyExperts.configuration, origin: .string("test"))
    let pruning = try WandaPruning(
      pattern: .unstructured(sparsity: 0.5), images: images, pool: WorkerPool(threads: 1))
    try world.tamper("v", by: pruning, to: "pruned")
    let found = try diagnosis("pruned", in: world)
    #expect(found.findings == [.pruned])
    #expect(found.zeros.isRowWise)
    #expect(abs(found.zeros.share - 0.5) < 0.01)
  }

  @Test(arguments: [8, 4, 3]) func quantisationIsFoundWithItsBits(bits: Int) throws {
    let world = try TinyExperts()
    try world.tamper("v", by: Quantization(bits: bits), to: "rounded")
    let found = try diagnosis("rounded", in: world)
    #expect(found.findings.contains(.quantised))
    #expect(!found.findings.contains(.pruned))
    #expect(!found.findings.contains(.fineTuned))
    #expect(found.grid?.bits == bits)
  }

  @Test func quantisationIsFoundInAMixtureThatHoldsTaskVectors() throws {
    let world = try TinyExperts()
    try world.tamper("v", by: Quantization(bits: 4), to: "rounded")
    try world.merge(["rounded", "x"], to: "mixture", full: true)
    let experts = try world.model("mixture").expertTowers
    #expect(try GridRounding(experts[0].tensors, TinyExperts.configuration)?.bits == 4)
    #expect(try GridRounding(experts[1].tensors, TinyExperts.configuration) == nil)
  }

  @Test func aPermutationIsFoundAndUndone() throws {
    let world = try TinyExperts()
    try world.tamper("v", by: UnitPermutation(seed: 3), to: "permuted")
    let found = try diagnosis("permuted", in: world)
    #expect(found.findings == [.permuted])
    #expect(found.units.movedCount > 60)
    #expect(found.units.unitCount == 80)
    #expect(found.relation.remainder < 1e-6)
    #expect(found.units.meanCosine > 0.999)
  }

  @Test func aBlendIsFoundWithItsShare() throws {
    let world = try TinyExperts()
    try world.tamper(
      "v", by: Blending(with: world.model("x"), ratio: 0.5), to: "blended")
    let found = try diagnosis("blended", in: world)
    #expect(found.findings == [.blended])
    // Norms are folded in, which makes a blend of towers a blend of weights up to their product.
    #expect(abs(found.relation.coefficient - 0.5) < 0.1)
  }

  @Test func furtherTrainingIsFound() throws {
    let world = try TinyExperts()
    try world.tamper("v", by: WeightNoise(sigma: 0.03, seed: 1), to: "trained")
    let found = try diagnosis("trained", in: world)
    #expect(found.findings == [.fineTuned])
    #expect(abs(found.relation.coefficient - 1) < 0.1)
    #expect(found.relation.remainder > 0.05)
  }

  @Test func severalOperationsAreFoundTogether() throws {
    let world = try TinyExperts()
    try world.tamper("v", by: MagnitudePruning(sparsity: 0.4), to: "pruned")
    try world.tamper("pruned", by: UnitPermutation(seed: 8), to: "both")
    #expect(try diagnosis("both", in: world).findings == [.pruned, .permuted])
  }

  @Test func aCloneIsFoundAndIndependentExpertsAreNot() throws {
    let world = try TinyExperts()
    try world.merge(["v", "n0", "x"], to: "mixture", full: true)
    try world.tamper(
      "mixture", by: ExpertCloning(expert: "n0", sigma: 0.1, seed: 2), to: "cloned")
    let reference = try world.reference()
    let experts = try world.model("cloned").expertTowers.map {
      try Realignment(of: $0, to: reference).weights().tower
    }
    let search = try CloneSearch(among: experts, base: reference.folded)
    #expect(search.pairs.map { [$0.first, $0.second] } == [[1, 3]])
    #expect(search.pairs.allSatisfy { $0.cosine > 0.98 })
  }
}
