import Coordinates
import Diagnostics
import ModelMerging
import RoutedModels
import Synchronization
import Tensors
import VisionTransformers

/// Inner products of experts' responses: what a functional residual is computed from.
///
/// Equation: R_e = f(theta_e)(X) - f(theta_0)(X) in every layer, with f the MLP or attention, norms folded
/// into it, and X the base model's own normalised tokens before it on probe images; the mean over channels
/// is taken away; G[a, b] = sum over images and tokens of R_a . R_b
/// Shapes: X is `[S, T, D]` a layer; G is `[K + 2, K + 2]` in the order victim, suspect, null 1...K.
/// Units: squared activations.
///
/// All experts are brought into the base's coordinates of the stream (`Realignment`) and see the same fixed
/// tokens, so a response depends on an expert's function alone: channels, units and heads may be renumbered,
/// units split or added, gains moved into weights, routers retrained. A pruned suspect is compared on the weights that it
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

  /// A suspect's expert in the base's coordinates, and what was found about its zeros.
  public struct Suspect: Sendable {
    /// The expert in the base's coordinates.
    public let realignment: Realignment
    /// Its zeros.
    public let zeros: ZeroPattern
    /// The expert with its hidden units in the base model's order, if zeros are to be laid over
    /// other experts; else with its own.
    let compared: ExpertTower

    /// Brings an expert into the base's coordinates and counts its zeros.
    ///
    /// - Throws: `CoordinateError`; the sources' errors.
    public init(_ expert: ExpertTower, _ reference: ReferenceCoordinates) throws {
      realignment = try Realignment(of: expert, to: reference)
      let folded = realignment.folded
      let base = reference.expert.configuration
      if folded.configuration.intermediateSize == base.intermediateSize {
        zeros = try ZeroPattern(folded.tensors, base)
        compared = zeros.isPruned ? try realignment.weights().tower : folded
      } else {
        // Units that do nothing are no zeros of a pruned expert.
        let matched = try realignment.weights().tower
        zeros = try ZeroPattern(matched.tensors, base)
        compared = zeros.isPruned ? matched : folded
      }
    }
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

    /// Whether every product is a finite number; they are not when the suspect's responses are not.
    public var isFinite: Bool { layers.allSatisfy { $0.allSatisfy(\.isFinite) } }
  }

  /// The victim's experts.
  public let victims: [Victim]
  /// The suspect's experts.
  public let suspects: [Suspect]
  let base: ExpertTower
  let configuration: VisionTowerConfiguration
  private let tower: VisionTower
  private let activation: Activation

  /// Opens the base model and brings all experts into its coordinates.
  ///
  /// - Throws: ``ResponseError``; `CoordinateError`; the sources' errors.
  public init(base: ModelFolder, victims: [Victim], suspects: [ExpertTower]) throws {
    let reference = try Self.reference(base)
    try self.init(
      reference, victims: victims, suspects: suspects.map { try Suspect($0, reference) })
  }

  /// The coordinates of a base model.
  ///
  /// - Throws: ``ResponseError/baseIsNoTower(path:)``; the source's errors.
  public static func reference(_ base: ModelFolder) throws -> ReferenceCoordinates {
    guard case .tower(let tensors) = base.form else {
      throw ResponseError.baseIsNoTower(path: base.path)
    }
    return try ReferenceCoordinates(tensors, base.configuration)
  }

  /// Brings victims and nulls into the coordinates of a base model.
  ///
  /// - Throws: ``ResponseError``; `CoordinateError`; the sources' errors.
  public init(
    _ reference: ReferenceCoordinates, victims: [Victim], suspects: [Suspect]
  ) throws {
    for victim in victims where victim.nulls.isEmpty {
      throw ResponseError.noNulls(victim: victim.expert.name)
    }
    func folded(_ expert: ExpertTower) throws -> ExpertTower {
      try Realignment(of: expert, to: reference).folded
    }
    configuration = reference.expert.configuration
    base = ExpertTower(
      name: "base", tensors: reference.folded, configuration: configuration)
    self.victims = try victims.map {
      Victim(expert: try folded($0.expert), nulls: try $0.nulls.map(folded))
    }
    self.suspects = suspects
    activation = try configuration.activation(file: base.tensors.path)
    tower = try VisionTower(dense: reference.folded, configuration)
  }

  /// Runs base and experts over probe images.
  ///
  /// - Parameters:
  ///   - part: what responds. Pruned suspects are masked where MLPs are compared.
  ///   - sampleCount: S.
  ///   - blockCount: how many blocks to keep sums of; an image belongs to the block of its place
  ///     modulo this number.
  ///   - batch: images that go through together; results do not depend on it.
  ///   - pixels: writes the preprocessed pixels `[3, H, W]` of one image; called from several threads.
  /// - Returns: for every victim expert and suspect expert their inner products.
  /// - Throws: ``ResponseError``, the sources' errors, and what `pixels` throws.
  public func products(
    of part: ExpertPart = .feedForward, sampleCount: Int, blockCount: Int = 1, batch: Int,
    pool: WorkerPool,
    kernels: Kernels = Kernels(),
    progress: ProgressHandler? = nil,
    pixels: @Sendable (_ sample: Int, _ destination: UnsafeMutablePointer<Float>) throws -> Void
  ) throws -> [[PairProducts]] {
    guard sampleCount > 0 else { throw ResponseError.noProbes }
    let comparisons = comparisons(of: part)
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
      let outputs = try tower.forward(
        sampleCount: count, request: part == .attention ? .attentionInputs : .mlpInputs,
        pool: pool, kernels: kernels
      ) { try pixels(start + $0, $1) }
      let tokens = part == .attention ? outputs.attentionInputs : outputs.mlpInputs  // [L, S, T, D]
      let stride = tokens.count / configuration.hiddenLayerCount
      for layer in 0..<configuration.hiddenLayerCount {
        let step = try ResponseStep(
          part, FloatStorage(Array(tokens[layer * stride..<(layer + 1) * stride])),
          samples: count, layer: layer, base: base, activation, pool: pool, kernels: kernels)
        for (index, comparison) in comparisons.enumerated() {
          try step.add(comparison, firstSample: start, to: &sums[index][layer])
        }
      }
      progress?(start + count, sampleCount)
    }
    try checkFinite(comparisons, sums)
    return pairs(comparisons, sums)
  }

  /// Responses that are compared with each other: those of all dense suspects with all victims and
  /// nulls, and for each pruned suspect those on its surviving weights.
  private func comparisons(of part: ExpertPart) -> [Comparison] {
    let dense = suspects.indices.filter { part == .attention || !suspects[$0].zeros.isPruned }
    var result = dense.isEmpty ? [] : [Comparison(self, part, suspects: dense, sparse: nil)]
    for index in suspects.indices where !dense.contains(index) {
      result.append(
        Comparison(self, part, suspects: [index], sparse: suspects[index].compared.tensors))
    }
    return result
  }

  /// Refuses victims and nulls that respond with something that is not finite.
  private func checkFinite(
    _ comparisons: [Comparison], _ sums: [[[[Double]]]]
  ) throws(ResponseError) {
    for (comparison, layers) in zip(comparisons, sums) {
      for (layer, blocks) in layers.enumerated() {
        for (index, pair) in comparison.set.pairs.enumerated() where pair.0 == pair.1 {
          guard !comparison.isSuspect[pair.0], blocks.contains(where: { !$0[index].isFinite })
          else { continue }
          throw .nonFiniteResponse(expert: comparison.members[pair.0].name, layer: layer)
        }
      }
    }
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
        let isMasked = comparisons.contains {
          $0.isMasked && $0.group(victim: victim, suspect: suspect) != nil
        }
        return PairProducts(
          blocks: blocks, maskedShare: isMasked ? suspects[suspect].zeros.share : 0)
      }
    }
  }
}

/// Experts whose responses to the same tokens are multiplied with each other.
struct Comparison: Sendable {
  /// The experts' names and tensors: victims, suspects, and all victims' nulls.
  let members: [ExpertTower]
  /// Whether weights are left out on all sides.
  let isMasked: Bool
  /// Which of them are suspects.
  let isSuspect: [Bool]
  let set: ResponseSet
  private let groups: [[Int: [Int]]]

  /// - Parameters:
  ///   - suspects: places of the suspects that take part.
  ///   - sparse: the model whose zeros are laid over all sides.
  init(
    _ responses: FunctionalResponses, _ part: ExpertPart, suspects: [Int],
    sparse: (any TensorSource)?
  ) {
    func member(_ expert: ExpertTower) -> ExpertTower {
      guard let sparse else { return expert }
      return ExpertTower(
        name: expert.name,
        tensors: SurvivingWeights(
          expert: expert.tensors, base: responses.base.tensors, sparse: sparse),
        configuration: expert.configuration)
    }
    var members = responses.victims.map { member($0.expert) }
    let places = Dictionary(
      uniqueKeysWithValues: suspects.enumerated().map { ($1, members.count + $0) })
    members += suspects.map { index in
      let suspect = responses.suspects[index]
      return part == .attention ? suspect.realignment.folded : member(suspect.compared)
    }
    var groups: [[Int: [Int]]] = []
    for (index, victim) in responses.victims.enumerated() {
      let nulls = Array(members.count..<members.count + victim.nulls.count)
      members += victim.nulls.map(member)
      groups.append(places.mapValues { [index, $0] + nulls })
    }
    self.members = members
    isMasked = sparse != nil
    isSuspect = members.indices.map(Set(places.values).contains)
    self.groups = groups
    set = ResponseSet(groups: groups.flatMap(\.values))
  }

  /// The places of victim, suspect and nulls; `nil` when the suspect takes no part.
  func group(victim: Int, suspect: Int) -> [Int]? { groups[victim][suspect] }
}
