import Checkpoints
import Documents
import RoutedModels
import VisionTransformers

/// Something that is done to a model to hide where it comes from, or that changes it like that.
public protocol TamperingOperation: Sendable {
  /// The word for it on the command line and in records.
  var name: String { get }
  /// Everything needed to do it again, besides the seed.
  var parameters: [String: JSONValue] { get }
  /// The seed of its random numbers, if it uses any.
  var seed: UInt64? { get }
  /// Files that it reads besides the model; the output must not replace them.
  var inputFiles: [String] { get }
}

extension TamperingOperation {
  /// No random numbers.
  public var seed: UInt64? { nil }
  /// No files.
  public var inputFiles: [String] { [] }
}

/// An operation on the weights of one dense tower; on a mixture it is done expert by expert.
public protocol TowerTampering: TamperingOperation {
  /// The tower after the operation. Tensors are computed when they are asked for.
  ///
  /// - Parameter label: tells towers of one mixture apart, so that each has random numbers of its
  ///   own; empty for a plain tower.
  /// - Throws: ``TamperingError``; the source's errors.
  func tampered(
    _ tower: any TensorSource, _ configuration: VisionTowerConfiguration, label: String
  ) throws -> any TensorSource
  /// The shape of the tower after the operation; the same unless the operation says otherwise.
  ///
  /// - Throws: ``TamperingError``; the source's errors.
  func configuration(
    after tower: any TensorSource, _ configuration: VisionTowerConfiguration
  ) throws -> VisionTowerConfiguration
}

extension TowerTampering {
  /// The same shape.
  public func configuration(
    after tower: any TensorSource, _ configuration: VisionTowerConfiguration
  ) throws -> VisionTowerConfiguration { configuration }
}

/// An operation on the experts and gates of a mixture.
public protocol MixtureTampering: TamperingOperation {
  /// Changes the mixture.
  ///
  /// - Throws: ``TamperingError``; the sources' errors.
  func tamper(_ mixture: inout EditableMixture) throws
}
