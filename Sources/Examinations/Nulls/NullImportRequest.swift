import Diagnostics
import ModelMerging
import NullPools
import RoutedModels
import VisionTransformers

/// Takes experts that were trained elsewhere into a pool, with a recipe in words.
///
/// The experts stay where they are; the pool knows them by path and digest. Whoever imports them states
/// that nobody of them was made from the victim: p-values rest on it.
public struct NullImportRequest: ExaminationRequest {
  /// The pool's folder.
  public var pool: String
  /// The pool's base model, which imported experts are compared with.
  public var base: String
  /// The task that the experts were trained on.
  public var task: String
  /// The experts' folders.
  public var experts: [String]
  /// How they were trained, in words that a case repeats.
  public var recipe: String

  /// A request.
  public init(pool: String, base: String, task: String, experts: [String], recipe: String) {
    self.pool = pool
    self.base = base
    self.task = task
    self.experts = experts
    self.recipe = recipe
  }

  /// Checks every expert, then adds all of them or none.
  ///
  /// - Throws: ``ExaminationError``, `NullPoolError`; what opening models throws. The pool stays as it
  ///   was then.
  public func run(_ examiner: Examiner) throws -> NullPoolResult {
    let inputs = OpenedInputs(examiner)
    let place = NullPoolFolder(path: pool)
    var manifest = try place.read()
    let base = try inputs.model(base)
    try manifest.require(base: base.digest(), in: place.path)
    guard manifest.tasks.contains(where: { $0.name == task }) else {
      throw NullPoolError.noExperts(
        pool: place.path, task: task, available: manifest.tasks.map(\.name))
    }
    guard !recipe.allSatisfy(\.isWhitespace) else {
      throw ExaminationError.recipeNeeded(pool: place.path)
    }
    try examiner.stage("checking experts") { stage in
      for (index, path) in experts.enumerated() {
        let digest = try checked(inputs.model(path), base: base, manifest)
        manifest.add(
          NullPool.Expert(
            task: task, index: manifest.nextIndex(of: task), path: place.relative(to: path),
            sha256: digest, statedRecipe: recipe))
        stage.update(index + 1, experts.count)
      }
    }
    try place.write(manifest)
    return NullPoolResult(path: place.path, pool: manifest)
  }

  /// The digest of an expert that can serve as a null.
  private func checked(
    _ model: ModelFolder, base: ModelFolder, _ pool: NullPool
  ) throws -> Digest {
    guard case .tower(let tensors) = model.form else {
      throw TrainingInputError.notAPlainTower(model: model.path)
    }
    try Merge.check(
      Merge.Expert(name: task, path: model.path), against: base.configuration)
    for tensor in model.configuration.towerTensors where tensors.contains(tensor.role) {
      _ = try tensors.tensor(tensor.role, shape: tensor.shape)
    }
    let digest = try model.digest()
    guard digest != pool.base else { throw ExaminationError.isTheBase(path: model.path) }
    if let known = pool.experts.first(where: { $0.sha256 == digest }) {
      throw ExaminationError.isInThePool(path: model.path, as: "\(known.task) \(known.index)")
    }
    return digest
  }
}
