import Diagnostics

extension NullPool {
  /// Decodes and checks schema, tasks, experts and merges.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let schema = try container.decode(String.self, forKey: .schema)
    guard schema == Self.schema else {
      throw NullPoolError.unknownSchema(expected: Self.schema, actual: schema)
    }
    base = try container.decode(Digest.self, forKey: .base)
    head = try container.decode(Digest.self, forKey: .head)
    tasks = try container.decode([Task].self, forKey: .tasks)
    distribution = try container.decode(RecipeDistribution.self, forKey: .distribution)
    seed = try container.decode(UInt64.self, forKey: .seed)
    experts = try container.decode([Expert].self, forKey: .experts)
    merges = try container.decodeIfPresent(NullMerges.self, forKey: .merges)
    try check()
  }

  /// Encodes the manifest with its schema.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(Self.schema, forKey: .schema)
    try container.encode(base, forKey: .base)
    try container.encode(head, forKey: .head)
    try container.encode(tasks, forKey: .tasks)
    try container.encode(distribution, forKey: .distribution)
    try container.encode(seed, forKey: .seed)
    try container.encode(experts, forKey: .experts)
    try container.encodeIfPresent(merges, forKey: .merges)
  }

  private func check() throws(NullPoolError) {
    let names = tasks.map(\.name)
    guard !names.isEmpty, Set(names).count == names.count else {
      throw .malformedManifest(
        place: "tasks", expected: "one or more tasks of different names", actual: "\(names)")
    }
    var seen: Set<String> = []
    for expert in experts {
      let place = "expert \(expert.index) of task `\(expert.task)`"
      guard let task = names.firstIndex(of: expert.task), expert.index >= 0 else {
        throw .malformedManifest(place: place, expected: "one of \(names)", actual: expert.task)
      }
      guard seen.insert(place).inserted else {
        throw .malformedManifest(place: place, expected: "one entry", actual: "two")
      }
      guard let recipe = expert.recipe else {
        guard expert.statedRecipe?.isEmpty == false else {
          throw .malformedManifest(
            place: place, expected: "a recipe, or a stated recipe", actual: "neither")
        }
        continue
      }
      // An expert with another recipe would not be a draw from the stated distribution.
      let drawn = self.recipe(task: task, index: expert.index)
      guard expert.statedRecipe == nil, recipe.isClose(to: drawn) else {
        throw .malformedManifest(
          place: place, expected: "the recipe that the seed draws, \(drawn)",
          actual: "\(recipe)")
      }
    }
    for merge in merges?.entries ?? [] {
      for task in names where expert(task, merge.index) == nil {
        throw .malformedManifest(
          place: "merge \(merge.index)", expected: "an expert of every task",
          actual: "none of task `\(task)`")
      }
    }
  }
}

extension TrainingRecipe {
  /// Whether two recipes are the same but for the last digits of the learning rate, which the
  /// platforms' logarithms decide.
  func isClose(to other: TrainingRecipe) -> Bool {
    var same = self
    same.learningRate = other.learningRate
    return same == other
      && abs(learningRate - other.learningRate) <= 1e-12 * abs(other.learningRate)
  }
}
