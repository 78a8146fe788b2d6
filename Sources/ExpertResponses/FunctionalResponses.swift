import Diagnostics
import ModelMerging
import RoutedModels
import Synchronization
import Tensors
import VisionTransformers

/// Inner products of experts' responses: what a functional residual is computed from.
///
/// Equation: R_e = MLP(theta_e)(X) - MLP(theta_0)(X) in every layer, with X the base model's own MLP
/// inputs on probe images; G[a, b] = sum over images and tokens of R_a . R_b
/// Shapes: X is `[S, T, D]` a layer; G is `[K + 2, K + 2]` in the order victim, suspect, null 1...K.
/// Units: squared activations.
///
/// All experts see the same fixed tokens, so a response depends on an expert's function alone: hidden
/// units may be renumbered, routers retrained. A pruned suspect is compared on the weights that it
/// still has: all sides' task vectors are set to 0 where its weights are 0.
///
/// Memory: one batch of tokens and responses, however many images there are. Numerics: responses in
/// Float, sums in Double, sample after sample; results depend on neither batch nor threads.
public struct FunctionalResponses: Sendable {
  /// A victim's expert and the independent experts of its task.
  public struct Victim: Sendable {
    /// The expert.
    public let expert: ExpertTower
    /// Experts of the same task and base that others trained.
    public let nulls: [ExpertTower]

    /// An expert and its nulls.
    public init(expert: ExpertTower, nulls: [ExpertTower]) {
      self.expert = expert
      self.nulls = nulls
    }
  }

  /// A suspect's expert and what was found about its zeros.
  public struct Suspect: Sendable {
    /// The expert.
    public let expert: ExpertTower
    /// Its zeros.
    public let zeros: ZeroPattern
    /// The expert with its hidden units in the base model's order, if zeros are to be laid over
    /// other experts; else as it is.
    let aligned: any TensorSource
  }

  /// The inner products of one victim expert and one suspect expert.
  public struct PairProducts: Sendable {
    /// `[L][(K + 2) * (K + 2)]`.
    public let layers: [[Double]]
    /// The same by blocks of images, `[blocks]`, which add up to `layers`.
    public let blocks: [[[Double]]]
    /// The share of weights that were left out on all sides; 0 unless the suspect is pruned.
    public let maskedShare: Double

    init(blocks: [[[Double]]], maskedShare: Double) {
      self.blocks = blocks
      self.maskedShare = maskedShare
      layers = (blocks.first ?? []).indices.map { layer in
        blocks.dropFirst().reduce(blocks[0][layer]) { zip($0, $1[layer]).map(+) }
      }
    }
  }

  /// The victim's experts.
  public let victims: [Victim]
  /// The suspect's experts.
  public let suspects: [Suspect]
  let base: any TensorSource
  let configuration: VisionTowerConfiguration
  private let tower: VisionTower
  private let activation: Activation

  /// Opens the base model and looks at the suspects' zeros.
  ///
  /// - Throws: ``ResponseError``; the sources' errors.
  public init(base: ModelFolder, victims: [Victim], suspects: [ExpertTower]) throws {
    guard case .tower(let tensors) = base.form else {
      throw ResponseError.baseIsNoTower(path: base.path)
    }
    for expert in victims.flatMap({ [$0.expert] + $0.nulls }) + suspects {
      try Self.check(expert, against: base.configuration)
    }
    for victim in victims where victim.nulls.isEmpty {
      throw ResponseError.noNulls(victim: victim.expert.name)
    }
    self.base = tensors
    self.victims = victims
    configuration = base.configuration
    activation = try base.configuration.activation(file: base.path)
    tower = try base.tower()
    let configuration = base.configuration
    self.suspects = try suspects.map { expert in
      let zeros = try ZeroPattern(expert.tensors, configuration)
      let aligned =
        zeros.isPruned
        ? try UnitMatching(of: expert.tensors, with: tensors, configuration)
          .aligned(expert.tensors)
        : expert.tensors
      return Suspect(expert: expert, zeros: zeros, aligned: aligned)
    }
  }

  private static func check(
    _ expert: ExpertTower, against base: VisionTowerConfiguration
  ) throws(ResponseError) {
    let other = expert.configuration
    let pairs: [(String, String, String)] = [
      ("hidden_size", "\(base.hiddenSize)", "\(other.hiddenSize)"),
      ("intermediate_size", "\(base.intermediateSize)", "\(other.intermediateSize)"),
      ("num_hidden_layers", "\(base.hiddenLayerCount)", "\(other.hiddenLayerCount)"),
      ("hidden_act", base.hiddenActivation, other.hiddenActivation),
    ]
    for (key, expected, actual) in pairs where expected != actual {
      throw .otherShape(path: expert.tensors.path, key: key, expected: expected, actual: actual)
    }
  }

  /// Runs base and experts over probe images.
  ///
  /// - Parameters:
  ///   - sampleCount: S.
  ///   - blockCount: how many blocks to keep sums of; an image belongs to the block of its place
  ///     modulo this number.
  ///   - batch: images that go through together; results do not depend on it.
  ///   - pixels: writes the preprocessed pixels `[3, H, W]` of one image; called from several threads.
  /// - Returns: for every victim expert and suspect expert their inner products.
  /// - Throws: ``ResponseError``, the sources' errors, and what `pixels` throws.
  public func products(
    sampleCount: Int, blockCount: Int = 1, batch: Int, pool: WorkerPool,
    kernels: Kernels = Kernels(),
    progress: ProgressHandler? = nil,
    pixels: @Sendable (_ sample: Int, _ destination: UnsafeMutablePointer<Float>) throws -> Void
  ) throws -> [[PairProducts]] {
    guard sampleCount > 0 else { throw ResponseError.noProbes }
    let comparisons = self.comparisons
    // A block without images adds nothing.
    let blockCount = min(max(blockCount, 1), sampleCount)
    var sums = comparisons.map { comparison in
      [[[Double]]](
        repeating: [[Double]](
          repeating: [Double](repeating: 0, count: comparison.set.pairs.count),
          count: blockCount),
        count: configuration.hiddenLayerCount)
    }  // [comparisons][L][blocks][pairs]
    for start in stride(from: 0, to: sampleCount, by: batch) {
      let count = min(batch, sampleCount - start)
      let tokens = try tower.forward(
        sampleCount: count, request: .mlpInputs, pool: pool, kernels: kernels
      ) { try pixels(start + $0, $1) }.mlpInputs  // [L, S, T, D]
      let stride = tokens.count / configuration.hiddenLayerCount
      for layer in 0..<configuration.hiddenLayerCount {
        let step = try ResponseStep(
          FloatStorage(Array(tokens[layer * stride..<(layer + 1) * stride])), samples: count,
          layer: layer, base: base, configuration, activation, pool: pool, kernels: kernels)
        for (index, comparison) in comparisons.enumerated() {
          try step.add(comparison, firstSample: start, to: &sums[index][layer])
        }
      }
      progress?(start + count, sampleCount)
    }
    return pairs(comparisons, sums)
  }

  /// Responses that are compared with each other: those of all dense suspects with all victims and
  /// nulls, and for each pruned suspect those on its surviving weights.
  private var comparisons: [Comparison] {
    let dense = suspects.indices.filter { !suspects[$0].zeros.isPruned }
    var result = dense.isEmpty ? [] : [Comparison(self, suspects: dense, sparse: nil)]
    for index in suspects.indices where suspects[index].zeros.isPruned {
      result.append(Comparison(self, suspects: [index], sparse: suspects[index].aligned))
    }
    return result
  }

  private func pairs(_ comparisons: [Comparison], _ sums: [[[[Double]]]]) -> [[PairProducts]] {
    victims.indices.map { victim in
      suspects.indices.map { suspect in
        var blocks: [[[Double]]] = []
        for (comparison, sums) in zip(comparisons, sums) {
          guard let group = comparison.group(victim: victim, suspect: suspect) else { continue }
          blocks = (sums.first ?? []).indices.map { block in
            sums.map { comparison.set.gram(of: group, $0[block]) }
          }
        }
        let zeros = suspects[suspect].zeros
        return PairProducts(blocks: blocks, maskedShare: zeros.isPruned ? zeros.share : 0)
      }
    }
  }
}

/// Experts whose responses to the same tokens are multiplied with each other.
struct Comparison: Sendable {
  /// The experts' names and tensors: victims, suspects, and all victims' nulls.
  let members: [ExpertTower]
  let set: ResponseSet
  private let groups: [[Int: [Int]]]

  /// - Parameters:
  ///   - suspects: places of the suspects that take part.
  ///   - sparse: the model whose zeros are laid over all sides.
  init(_ responses: FunctionalResponses, suspects: [Int], sparse: (any TensorSource)?) {
    func member(_ expert: ExpertTower, _ tensors: any TensorSource) -> ExpertTower {
      guard let sparse else { return expert }
      return ExpertTower(
        name: expert.name,
        tensors: SurvivingWeights(expert: tensors, base: responses.base, sparse: sparse),
        configuration: expert.configuration)
    }
    var members = responses.victims.map { member($0.expert, $0.expert.tensors) }
    let places = Dictionary(
      uniqueKeysWithValues: suspects.enumerated().map { ($1, members.count + $0) })
    members += suspects.map {
      member(responses.suspects[$0].expert, responses.suspects[$0].aligned)
    }
    var groups: [[Int: [Int]]] = []
    for (index, victim) in responses.victims.enumerated() {
      let nulls = Array(members.count..<members.count + victim.nulls.count)
      members += victim.nulls.map { member($0, $0.tensors) }
      groups.append(places.mapValues { [index, $0] + nulls })
    }
    self.members = members
    self.groups = groups
    set = ResponseSet(groups: groups.flatMap(\.values))
  }

  /// The places of victim, suspect and nulls; `nil` when the suspect takes no part.
  func group(victim: Int, suspect: Int) -> [Int]? { groups[victim][suspect] }
}
