import Coordinates
import ExpertResponses
import ModelMerging
import RoutedModels
import Tampering
import Tensors
import Testing
import VisionTransformers

/// Rewrites that change no output change no number.
@Suite struct RealignmentTests {
  private static let families = [RandomTowers.clip, RandomTowers.siglip]

  private func check(_ kinds: [TowerRewrite.Kind], _ shape: VisionTowerConfiguration) throws {
    let towers = RandomTowers(shape)
    let base = RandomTowers.Base(tensors: towers.base, configuration: shape)
    let suspect = towers.expert("suspect", own: 20)
    let changed = try rewritten(suspect, by: kinds)
    #expect(relativeDifference(try features(suspect), try features(changed)) < 2e-4)
    let reference = try ReferenceCoordinates(towers.base, shape)
    let realignment = try Realignment(of: changed, to: reference)
    #expect(realignment.stream.isFound)
    #expect(relativeDifference(try features(suspect), try features(realignment.folded)) < 2e-4)
    for part in ExpertPart.allCases {
      let found = try products(
        of: part, base: base, victim: towers.expert("victim", own: 10),
        nulls: [towers.expert("n0", own: 11), towers.expert("n1", own: 12)],
        suspects: [suspect, changed])
      #expect(largestDifference(found[0], found[1]) < 1e-4, "\(part)")
    }
  }

  @Test(arguments: Rewrites.all, [0, 1])
  func aRewriteChangesNeitherOutputsNorProducts(_ rewrites: Rewrites, family: Int) throws {
    try check(rewrites.kinds, Self.families[family])
  }

  @Test func aRotatedStreamIsTurnedBack() throws {
    try check([.rotateStream], RandomTowers.siglip)
    try check([.rotateStream, .permuteChannels, .scaleStream, .flipNorms], RandomTowers.siglip)
    let towers = RandomTowers(RandomTowers.clip)
    #expect(throws: TamperingError.self) {
      try rewritten(towers.expert("x", own: 1), by: [.rotateStream])
    }
  }

  @Test(arguments: [0, 1]) func theRestOfTheWeightsIsWhereItWas(family: Int) throws {
    let towers = RandomTowers(Self.families[family])
    let reference = try ReferenceCoordinates(towers.base, towers.configuration)
    let suspect = towers.expert("suspect", own: 20)
    let before = try Realignment(of: suspect, to: reference).weights()
    #expect(before.units.isIdentity && before.heads?.isIdentity == true)
    let changed = try rewritten(
      suspect,
      by: [
        .rescaleNorms, .permuteChannels, .splitUnits, .padUnits, .permuteUnits, .turnHeads,
        .permuteHeads, .splitLayers,
      ])
    let after = try Realignment(of: changed, to: reference).weights()
    #expect(after.units.idleCount == 2 * 16)
    #expect(after.units.unmatchedCount == 0 && after.units.missingCount == 0)
    #expect(after.heads?.turnedCount == 8)
    #expect(after.heads.map { $0.meanCosine > 0.9 } == true)
    for tensor in towers.configuration.mlpTensors() {
      let first = try before.tower.tensors.tensor(tensor.role, shape: tensor.shape)
      let second = try after.tower.tensors.tensor(tensor.role, shape: tensor.shape)
      #expect(relativeDifference(first, second) < 1e-4, "\(tensor.role)")
    }
    // Queries were doubled and keys halved besides; axes are the base's up to what training turns.
    for layer in 0..<towers.configuration.hiddenLayerCount {
      func map(_ tower: ExpertTower, _ component: TensorRole.Component) throws -> [Float] {
        try tower.tensors.tensor(TensorRole(component, .weight, layer: layer), shape: [16, 16])
      }
      for (component, factor) in [
        (TensorRole.Component.query, Float(2)), (.key, 0.5), (.value, 2), (.attentionOutput, 0.5),
      ] {
        let first = try map(before.tower, component).map { $0 * factor }
        #expect(relativeDifference(first, try map(after.tower, component)) < 0.1)
      }
    }
  }

  @Test func whatWasFoundIsCounted() throws {
    let towers = RandomTowers(RandomTowers.clip)
    let reference = try ReferenceCoordinates(towers.base, towers.configuration)
    let suspect = towers.expert("suspect", own: 20)
    let untouched = try Realignment(of: suspect, to: reference)
    #expect(untouched.stream.movedCount == 0 && untouched.rewrittenNormCount == 0)
    #expect(abs(untouched.stream.scale - 1) < 0.05)
    let changed = try Realignment(
      of: rewritten(suspect, by: [.rescaleNorms, .permuteChannels, .scaleStream, .splitLayers]),
      to: reference)
    #expect(changed.stream.movedCount > 10 && changed.stream.leastCosine > 0.9)
    #expect(abs(changed.stream.scale + 2) < 0.1)
    #expect(changed.rewrittenNormCount == changed.normCount && changed.normCount == 4)
    #expect(changed.idleLayerCount == 2)
  }

  /// Who changes the preprocessing and the patch map with it keeps all features.
  @Test(arguments: [0, 1]) func pixelsThatWereMultipliedChangeNothing(family: Int) throws {
    let towers = RandomTowers(Self.families[family])
    let reference = try ReferenceCoordinates(towers.base, towers.configuration)
    let suspect = towers.expert("suspect", own: 20)
    var tensors = try TowerInMemory(suspect.tensors, towers.configuration)
    let patches = TensorRole(.patchEmbedding)
    tensors.tensors[patches] = tensors.tensors[patches]?.map { $0 / 8 }
    let scaled = ExpertTower(
      name: "scaled", tensors: tensors, configuration: towers.configuration)
    let plain = try Realignment(of: suspect, to: reference).stream
    let turned = try Realignment(
      of: rewritten(scaled, by: [.permuteChannels, .scaleStream]), to: reference
    ).stream
    #expect(turned.isFound && abs(turned.leastCosine - plain.leastCosine) < 1e-5)
    #expect(abs(turned.scale.magnitude - 2 * plain.scale) < 1e-4)
  }

  @Test(arguments: [0, 1]) func anotherBaseIsNotGuessedAt(family: Int) throws {
    let towers = RandomTowers(Self.families[family])
    let reference = try ReferenceCoordinates(towers.base, towers.configuration)
    let other = RandomTowers(Self.families[family], seed: 99).expert("other", own: 1)
    let realignment = try Realignment(of: other, to: reference)
    #expect(!realignment.stream.isFound)
    #expect(realignment.stream.meanCosine < StreamCoordinates.leastMeanCosine)
    #expect(realignment.stream.movedCount == 0)
    #expect(relativeDifference(try features(other), try features(realignment.folded)) < 2e-4)
  }

  @Test func towersOfAnotherShapeAreRefused() throws {
    let towers = RandomTowers(RandomTowers.clip)
    let reference = try ReferenceCoordinates(towers.base, towers.configuration)
    var shape = RandomTowers.clip
    shape.hiddenLayerCount = 1
    let expert = ExpertTower(name: "x", tensors: towers.base, configuration: shape)
    #expect(
      throws: CoordinateError.otherShape(
        path: "memory", key: "num_hidden_layers", expected: "2", actual: "1")
    ) { try Realignment(of: expert, to: reference) }
  }

  /// A prune is found on the weights that are left, whatever was rewritten beside it.
  @Test(arguments: [
    Rewrites(.permuteChannels), Rewrites(.flipNorms), Rewrites(.padUnits, .permuteUnits),
  ])
  func aPrunedCopyIsMaskedAsBefore(_ rewrites: Rewrites) throws {
    let towers = RandomTowers(RandomTowers.clip)
    let base = RandomTowers.Base(tensors: towers.base, configuration: towers.configuration)
    let victim = towers.expert("victim", own: 10)
    let pruned = ExpertTower(
      name: "pruned",
      tensors: try MagnitudePruning(sparsity: 0.5).tampered(
        victim.tensors, towers.configuration, label: ""), configuration: towers.configuration)
    let found = try products(
      of: .feedForward, base: base, victim: victim, nulls: [towers.expert("n0", own: 11)],
      suspects: [pruned, rewritten(pruned, by: rewrites.kinds)])
    #expect(found[0].maskedShare > 0.4)
    #expect(abs(found[0].maskedShare - found[1].maskedShare) < 1e-9)
    #expect(largestDifference(found[0], found[1]) < 1e-4)
  }
}
