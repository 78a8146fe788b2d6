import Checkpoints
import Documents
import RoutedModels
import Tensors
import VisionTransformers

/// Images from which WANDA learns how large the inputs of every linear map are.
public struct CalibrationImages: Sendable {
  /// Preprocessed pixels, `[S, 3, H, W]`.
  public let pixels: [Float]
  /// S, the number of images.
  public let count: Int
  /// Where they come from, for the record: names, paths and counts.
  public let origin: JSONValue
  /// The files that they come from.
  public let files: [String]

  /// S preprocessed images.
  ///
  /// - Throws: ``TamperingError/noCalibrationImages``,
  ///   ``TamperingError/calibrationMismatch(expected:actual:)``.
  public init(
    pixels: [Float], count: Int, configuration: VisionTowerConfiguration, origin: JSONValue,
    files: [String] = []
  ) throws(TamperingError) {
    guard count > 0 else { throw .noCalibrationImages }
    let expected = count * configuration.pixelCount
    guard pixels.count == expected else {
      throw .calibrationMismatch(expected: expected, actual: pixels.count)
    }
    self.pixels = pixels
    self.count = count
    self.origin = origin
    self.files = files
  }
}

/// Removes the weights that matter least to the outputs on given images (Sun et al., 2023,
/// arXiv:2306.11695).
///
/// Equation: the score of a weight is |W[i, j]| * ||x_j||_2, where the norm is over all tokens of all
/// calibration images. Within each output row the lowest scores are removed: int(K * sparsity) of K,
/// or all but N of every M weights in a row. Of equal scores the lower index goes first.
///
/// Layers are pruned in order. The inputs of a layer's six maps are those of the pruned layers before
/// it and of its own maps before pruning, as in the authors' code. On a mixture every expert is
/// calibrated on its own tower, and its task vector is taken again as pruned minus base.
public struct WandaPruning: TowerTampering {
  /// How many weights of a row are removed.
  public enum Pattern: Sendable, Hashable {
    /// A share of every row.
    case unstructured(sparsity: Double)
    /// All but `kept` of every `group` weights in a row.
    case structured(kept: Int, group: Int)
  }

  /// How many weights of a row are removed.
  public let pattern: Pattern
  private let images: CalibrationImages
  private let pool: WorkerPool
  private let kernels: Kernels

  /// Pruning calibrated on images.
  ///
  /// - Throws: ``TamperingError/valueOutOfRange(name:expected:actual:)``.
  public init(
    pattern: Pattern, images: CalibrationImages, pool: WorkerPool = WorkerPool(),
    kernels: Kernels = Kernels()
  ) throws(TamperingError) {
    switch pattern {
    case .unstructured(let sparsity): try OperationRanges.checkSparsity(sparsity)
    case .structured(let kept, let group):
      guard kept > 0, group > kept else {
        throw .valueOutOfRange(
          name: "nm", expected: "N:M with N at least 1 and below M", actual: "\(kept):\(group)")
      }
    }
    self.pattern = pattern
    self.images = images
    self.pool = pool
    self.kernels = kernels
  }

  /// `prune`.
  public var name: String { "prune" }
  /// Method, pattern and images.
  public var parameters: [String: JSONValue] {
    var parameters: [String: JSONValue] = [
      "method": .string("wanda"), "calibration": images.origin,
      "calibration_count": .integer(images.count),
    ]
    switch pattern {
    case .unstructured(let sparsity): parameters["sparsity"] = .number(sparsity)
    case .structured(let kept, let group): parameters["nm"] = .string("\(kept):\(group)")
    }
    return parameters
  }
  /// The images' files.
  public var inputFiles: [String] { images.files }

  /// The pruned tower; the forward passes run here, and of each matrix only the mask is kept.
  public func tampered(
    _ tower: any TensorSource, _ configuration: VisionTowerConfiguration, label: String
  ) throws -> any TensorSource {
    try checkGroups(tower, configuration)
    let pass = try CalibrationPass(
      tower, configuration, images: images, pool: pool, kernels: kernels)
    var masks: [TensorRole: [Bool]] = [:]
    for layer in 0..<configuration.hiddenLayerCount {
      let norms = pass.inputNorms(try CalibrationLayer(tower, layer: layer, configuration))
      for map in configuration.linearMaps(ofLayer: layer) {
        let weight = try tower.tensor(map.role, shape: map.shape)
        masks[map.role] = Self.removed(
          weight, inputNorms: norms.of(map.role), pattern: pattern)
      }
      let pruned = Self.masked(tower, masks)
      pass.advance(try CalibrationLayer(pruned, layer: layer, configuration))
    }
    return Self.masked(tower, masks)
  }

  private static func masked(
    _ tower: any TensorSource, _ masks: [TensorRole: [Bool]]
  ) -> any TensorSource {
    EditedTensors(source: tower) { role, _, values in
      guard let removed = masks[role] else { return values }
      return zip(values, removed).map { $1 ? 0 : $0 }
    }
  }

  private func checkGroups(
    _ tower: any TensorSource, _ configuration: VisionTowerConfiguration
  ) throws(TamperingError) {
    guard case .structured(_, let group) = pattern else { return }
    for map in configuration.linearMaps(ofLayer: 0)
    where map.shape[1] % group != 0 {
      throw .groupDoesNotDivideRow(
        tensor: tower.name(of: map.role), group: group, columns: map.shape[1])
    }
  }

  /// Which weights go; a row has as many as there are norms.
  package static func removed(
    _ weight: [Float], inputNorms: [Double], pattern: Pattern
  ) -> [Bool] {
    let K = inputNorms.count
    var removed = [Bool](repeating: false, count: weight.count)
    let (width, count) =
      switch pattern {
      case .unstructured(let sparsity): (K, Int(Double(K) * sparsity))
      case .structured(let kept, let group): (group, group - kept)
      }
    guard count > 0 else { return removed }
    for start in stride(from: 0, to: weight.count, by: width) {
      let scores = (start..<start + width).map {
        (score: Double(weight[$0].magnitude) * inputNorms[$0 % K], index: $0)
      }
      let lowest = scores.sorted { ($0.score, $0.index) < ($1.score, $1.index) }
      for entry in lowest.prefix(count) { removed[entry.index] = true }
    }
    return removed
  }
}
