import Diagnostics
import Documents
import ExactTests
import Files
import ModelMerging

/// Takes re-runs that were trained elsewhere into a set, with a recipe in words.
///
/// The models stay where they are; the set knows them by path and digest. Whoever imports them states
/// that each repeats the victim's whole recipe with a seed of its own: the p-value rests on it.
public struct RerunImportRequest: ExaminationRequest {
  /// The expert whose recipe was repeated.
  public var expert: String
  /// The tower that all were trained from.
  public var base: String
  /// The task.
  public var task: String
  /// The re-runs' folders.
  public var runs: [String]
  /// How all were trained, in words that a case repeats.
  public var recipe: String
  /// The folder of the set.
  public var output: String

  /// A request.
  public init(
    expert: String, base: String, task: String, runs: [String], recipe: String, output: String
  ) {
    self.expert = expert
    self.base = base
    self.task = task
    self.runs = runs
    self.recipe = recipe
    self.output = output
  }

  /// Checks every run, then adds all of them or none.
  ///
  /// - Throws: ``RerunError``, ``ExaminationError``; what opening models throws.
  public func run(_ examiner: Examiner) throws -> RerunResult {
    guard !recipe.allSatisfy(\.isWhitespace) else {
      throw ExaminationError.recipeNeeded(pool: output)
    }
    let inputs = OpenedInputs(examiner)
    let expert = try inputs.model(self.expert)
    let base = try inputs.model(self.base)
    let place = RerunFolder(path: output)
    let seed = try TrainingRecord.all(of: expert).last?.seed
    var set = RerunSet(
      schema: RerunSet.schema, victim: try expert.digest(), base: try base.digest(), task: task,
      recipe: .string(recipe), hasPopularSeed: seed.map(SecretSeed.isPopular) ?? false,
      sequential: nil, runs: [])
    if place.exists {
      let known = try place.read()
      for (key, expected, actual) in [
        ("victim", "\(set.victim)", "\(known.victim)"), ("base", "\(set.base)", "\(known.base)"),
        (
          "recipe", "as stated", set.recipe == known.recipe ? "as stated" : "another"
        ),
      ] where expected != actual {
        throw RerunError.otherSet(
          folder: place.path, key: key, expected: expected, actual: actual)
      }
      set = known
    }
    for path in runs {
      let run = try inputs.model(path)
      guard case .tower = run.form else { throw TrainingInputError.notAPlainTower(model: path) }
      try Merge.check(Merge.Expert(name: task, path: path), against: base.configuration)
      let digest = try run.digest()
      if digest == set.base { throw ExaminationError.isTheBase(path: path) }
      if digest == set.victim { throw RerunError.sameWeights(path: path, as: "the victim") }
      if let other = set.runs.first(where: { $0.sha256 == digest }) {
        throw RerunError.sameWeights(path: path, as: "the run `\(other.path)`")
      }
      let record = try TrainingRecord.all(of: run).last
      set.runs.append(
        RerunSet.Run(
          path: RelativePath.from(folder: place.path, to: path), seed: record?.seed,
          sha256: digest))
    }
    try Folder.make(place.path)
    try place.write(set)
    return RerunResult(path: place.path, set: set, rank: nil)
  }
}
