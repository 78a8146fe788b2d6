import Checkpoints
import Diagnostics
import Files
import Foundation
import ModelMerging
import OwnerFiles
import Probes
import VisionTransformers

/// Where the losses of models and files on a secret's pool come from.
public struct PoolSettings: Sendable {
  /// The secret.
  public var secret: String
  /// The file of zero-shot heads; not needed for files of losses.
  public var head: String?
  /// Where the pool's images lie; where the secret says when `nil`.
  public var data: String?
  /// The task's name in the file of heads; what the secret says when `nil`.
  public var task: String?
  /// How much of the machine is used.
  public var compute: ComputeSettings

  /// Settings.
  public init(
    secret: String, head: String? = nil, data: String? = nil, task: String? = nil,
    compute: ComputeSettings = ComputeSettings()
  ) {
    self.secret = secret
    self.head = head
    self.data = data
    self.task = task
    self.compute = compute
  }
}

/// Takes models, or files of losses, through a secret's pool.
final class PoolAnswering {
  let subset: SubsetSecret
  let subsetFile: Digest
  let heads: HeadFile?
  private let settings: PoolSettings
  private let inputs: OpenedInputs
  private let examiner: Examiner
  /// The digests of the pool's images in the source's order, once they are known.
  private var digests: [Digest]?

  init(_ settings: PoolSettings, _ examiner: Examiner) throws {
    self.settings = settings
    self.examiner = examiner
    inputs = OpenedInputs(examiner)
    subset = try SubsetSecret.read(at: settings.secret)
    subsetFile = try Digest.sha256(ofFile: settings.secret)
    heads = try settings.head.map { try HeadFile(path: $0) }
  }

  /// The losses of a model, or those that a file gives.
  ///
  /// - Throws: ``OwnerRequestError``, `OwnerFileError`; what running a model throws.
  func answers(_ named: NamedPath) throws -> PoolAnswers {
    if LossFile.isNamed(by: named.path) {
      return PoolAnswers(
        name: named.name, form: .losses, digest: try Digest.sha256(ofFile: named.path),
        losses: try LossFile.losses(at: named.path, of: subset.items))
    }
    guard subset.kind == .images else {
      throw OwnerRequestError.answersNeeded(model: named.path)
    }
    let model = try inputs.model(named.path)
    return PoolAnswers(
      name: named.name, form: .weights, digest: try model.digest(),
      losses: try losses(of: model, named))
  }

  private func losses(of model: ModelFolder, _ named: NamedPath) throws -> [Double] {
    guard let heads else { throw OwnerRequestError.headNeeded(model: named.path) }
    guard let task = settings.task ?? subset.task else {
      throw OwnerRequestError.taskNeeded(secret: settings.secret)
    }
    let folder = URL(fileURLWithPath: settings.secret).deletingLastPathComponent().path
    guard let path = settings.data ?? subset.data.map({ RelativePath.resolve($0, in: folder) })
    else { throw OwnerRequestError.poolNeeded(secret: settings.secret) }
    let images = try TaskImages.open([NamedPath(name: task, path: path)], for: model)[0]
    let rows = try rows(of: images.source)
    let head = try heads.head(of: task, width: model.configuration.projectionSize)
    let labels = try images.labels(for: head)
    let tower = try model.tower()
    let count = images.source.samples.count
    var losses = [Double](repeating: 0, count: count)
    try examiner.stage("asking \(named.name)") { stage in
      try ZeroShotFeatures(model: named.path, images: images, width: head.width).forEach(
        count, of: tower, batch: settings.compute.batch, pool: settings.compute.pool,
        progress: stage.handler
      ) { sample, feature in losses[sample] = head.loss(feature, label: labels[sample]) }
    }
    return rows.map { losses[$0] }
  }

  /// The source's row of each item of the pool.
  private func rows(of source: ProbeSource) throws -> [Int] {
    let known = try digests ?? PoolImages.digests(of: source, examiner)
    digests = known
    let places = Dictionary(known.enumerated().map { ($0.element, $0.offset) }) { first, _ in
      first
    }
    let rows = subset.items.compactMap { places[$0.item] }
    guard rows.count == subset.items.count else {
      let missing = subset.items.filter { places[$0.item] == nil }
      throw OwnerRequestError.anotherPool(
        path: source.path, missing: missing.count,
        first: missing.first.map { "\($0.item)" } ?? "none")
    }
    return rows
  }
}
