import RoutedModels
import Tensors
import VisionTransformers

/// The dimensions of a tower with a class token and a projection, as its training needs them.
///
/// Shape letters: T = ``tokens``, D = ``width``, H = ``heads``, F = ``mlpWidth``, L = ``layers``.
public struct TrainableTowerShape: Sendable, Equatable {
  /// D: length of a token.
  public var width: Int
  /// F: hidden units of an MLP.
  public var mlpWidth: Int
  /// L: number of encoder layers.
  public var layers: Int
  /// H: attention heads a layer.
  public var heads: Int
  /// Side of a square patch in pixels.
  public var patch: Int
  /// Side of the square image in pixels.
  public var imageSize: Int
  /// Length of the projected feature.
  public var projection: Int
  /// The MLP's non-linearity.
  public var activation: Activation
  /// Added to the variance in layer norms.
  public var epsilon: Float
  /// What the family calls the tensors.
  public let names: TensorNames

  /// A checked shape.
  ///
  /// - Throws: ``TrainingError/invalidShape(dimension:value:requirement:)``.
  public init(
    width: Int, mlpWidth: Int, layers: Int, heads: Int, patch: Int, imageSize: Int,
    projection: Int, activation: Activation, epsilon: Float = 1e-5, names: TensorNames
  ) throws(TrainingError) {
    let dimensions = [
      ("width", width), ("mlpWidth", mlpWidth), ("layers", layers), ("heads", heads),
      ("patch", patch), ("imageSize", imageSize), ("projection", projection),
    ]
    for (name, value) in dimensions where value < 1 || value > 1 << 20 {
      throw .invalidShape(dimension: name, value: value, requirement: "1 to 1048576")
    }
    guard width % heads == 0 else {
      throw .invalidShape(
        dimension: "width", value: width, requirement: "a multiple of the `\(heads)` heads")
    }
    guard imageSize % patch == 0 else {
      throw .invalidShape(
        dimension: "imageSize", value: imageSize, requirement: "a multiple of the patch `\(patch)`")
    }
    self.width = width
    self.mlpWidth = mlpWidth
    self.layers = layers
    self.heads = heads
    self.patch = patch
    self.imageSize = imageSize
    self.projection = projection
    self.activation = activation
    self.epsilon = epsilon
    self.names = names
  }

  /// The numbers in one line, as saved states have had them from the first version on.
  ///
  /// Names of tensors are not part of it: a dictionary's order differs from process to process.
  package var stateText: String {
    "TrainableTowerShape(width: \(width), mlpWidth: \(mlpWidth), layers: \(layers), heads: \(heads), "
      + "patch: \(patch), imageSize: \(imageSize), projection: \(projection), "
      + "activation: \(String(reflecting: activation)), epsilon: \(epsilon))"
  }

  /// Patches along one side of the image.
  public var grid: Int { imageSize / patch }
  /// Patches an image.
  public var patches: Int { grid * grid }
  /// T: patches and the class token.
  public var tokens: Int { patches + 1 }
  /// Values in a patch: three channels of `patch` x `patch` pixels.
  public var patchValues: Int { 3 * patch * patch }
  /// Values in an image `[3, imageSize, imageSize]`.
  public var pixelCount: Int { 3 * imageSize * imageSize }
  /// Width of an attention head.
  public var headWidth: Int { width / heads }
}

extension TrainableTowerShape {
  /// The shape a configuration describes.
  ///
  /// - Parameter file: the configuration's file, for messages.
  /// - Throws: `VisionModelError.unknownActivation`;
  ///   ``TrainingError/unsupportedFamily(file:family:)`` for a tower that the backward pass does not know;
  ///   ``TrainingError/invalidShape(dimension:value:requirement:)``.
  public init(_ configuration: VisionTowerConfiguration, file: String) throws {
    guard configuration.pooling == .classToken, configuration.hasClassToken,
      configuration.hasEmbeddingNorm, !configuration.hasPatchBias
    else {
      throw TrainingError.unsupportedFamily(file: file, family: configuration.names.family)
    }
    guard configuration.channelCount == 3 else {
      throw TrainingError.invalidShape(
        dimension: "num_channels", value: configuration.channelCount, requirement: "`3`")
    }
    try self.init(
      width: configuration.hiddenSize, mlpWidth: configuration.intermediateSize,
      layers: configuration.hiddenLayerCount, heads: configuration.attentionHeadCount,
      patch: configuration.patchSize, imageSize: configuration.imageSize,
      projection: configuration.projectionSize, activation: configuration.activation(file: file),
      epsilon: configuration.layerNormEpsilon, names: configuration.names)
  }
}
