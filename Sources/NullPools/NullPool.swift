import Diagnostics

/// The manifest of a pool: independently trained experts that show how alike innocent work is.
///
/// A pool belongs to a base model, to heads and to tasks with their images; its merges belong to a
/// probe suite as well. Paths are relative to the pool's folder. Schema `routemark.nulls/1`.
public struct NullPool: Sendable, Hashable, Codable {
  /// The schema this version writes and reads.
  public static let schema = "routemark.nulls/1"

  /// A task and the images its experts are trained on.
  public struct Task: Sendable, Hashable, Codable {
    /// The task's name, as heads and suites call it.
    public var name: String
    /// Number of images.
    public var samples: Int
    /// Digest over the images' names, labels and bytes.
    public var sha256: Digest

    /// A task.
    public init(name: String, samples: Int, sha256: Digest) {
      self.name = name
      self.samples = samples
      self.sha256 = sha256
    }
  }

  /// One finished expert.
  public struct Expert: Sendable, Hashable, Codable {
    /// The name of its task.
    public var task: String
    /// Its place among the experts of its task, from 0.
    public var index: Int
    /// Its folder, relative to the pool's.
    public var path: String
    /// The model's digest.
    public var sha256: Digest
    /// How it was trained; `nil` for an expert that was trained elsewhere.
    public var recipe: TrainingRecipe?
    /// How it was trained, in the words of who has imported it; `nil` for an expert of the
    /// distribution.
    public var statedRecipe: String?

    enum CodingKeys: String, CodingKey {
      case task, index, path, sha256, recipe
      case statedRecipe = "stated_recipe"
    }

    /// An expert that was trained elsewhere.
    public init(task: String, index: Int, path: String, sha256: Digest, statedRecipe: String) {
      self.task = task
      self.index = index
      self.path = path
      self.sha256 = sha256
      self.statedRecipe = statedRecipe
    }

    /// An expert of the distribution.
    public init(task: String, index: Int, path: String, sha256: Digest, recipe: TrainingRecipe) {
      self.task = task
      self.index = index
      self.path = path
      self.sha256 = sha256
      self.recipe = recipe
    }
  }

  /// The model that all experts start from.
  public var base: Digest
  /// The file of zero-shot heads.
  public var head: Digest
  /// Tasks in order.
  public var tasks: [Task]
  /// What the recipes are drawn from.
  public var distribution: RecipeDistribution
  /// The seed they are drawn with.
  public var seed: UInt64
  /// Finished experts, sorted by index and then in the order of the tasks.
  public var experts: [Expert]
  /// Merges of the experts, when there are any.
  public var merges: NullMerges?

  enum CodingKeys: String, CodingKey {
    case schema, base, head, tasks, distribution, seed, experts, merges
  }

  /// A pool without experts.
  public init(
    base: Digest, head: Digest, tasks: [Task], distribution: RecipeDistribution, seed: UInt64
  ) {
    self.base = base
    self.head = head
    self.tasks = tasks
    self.distribution = distribution
    self.seed = seed
    experts = []
  }

  /// The recipe of expert `index` of task number `task`.
  public func recipe(task: Int, index: Int) -> TrainingRecipe {
    distribution.recipe(seed: seed, task: task, index: index)
  }

  /// The finished expert of that place.
  public func expert(_ task: String, _ index: Int) -> Expert? {
    experts.first { $0.task == task && $0.index == index }
  }

  /// The finished experts of a task, by index.
  ///
  /// - Throws: ``NullPoolError/noExperts(pool:task:available:)``; `pool` names the pool there.
  public func experts(of task: String, in pool: String) throws(NullPoolError) -> [Expert] {
    let found = experts.filter { $0.task == task }.sorted { $0.index < $1.index }
    guard !found.isEmpty else {
      throw .noExperts(pool: pool, task: task, available: tasks.map(\.name))
    }
    return found
  }

  /// The first place of a task that no expert has.
  public func nextIndex(of task: String) -> Int {
    (experts.filter { $0.task == task }.map(\.index).max() ?? -1) + 1
  }

  /// What a p-value speaks of: the distribution of recipes, and what is stated of imported experts.
  ///
  /// - Parameter count: how many experts of every task are used, from the first.
  public func recipeWords(usingFirst count: Int) -> String {
    let experts = experts.filter { $0.index < count }
    var stated: [(words: String, count: Int)] = []
    for words in experts.compactMap(\.statedRecipe) {
      if let place = stated.firstIndex(where: { $0.words == words }) {
        stated[place].count += 1
      } else {
        stated.append((words, 1))
      }
    }
    guard !stated.isEmpty else { return distribution.words }
    let imported = stated.map { "\($0.count) trained elsewhere, as stated: \($0.words)" }
    let own = experts.contains { $0.recipe != nil } ? [distribution.words] : []
    return (own + imported).joined(separator: "; ")
  }

  /// Adds a finished expert.
  public mutating func add(_ expert: Expert) {
    let order = Dictionary(uniqueKeysWithValues: tasks.map(\.name).enumerated().map { ($1, $0) })
    experts.append(expert)
    experts.sort { ($0.index, order[$0.task] ?? 0) < ($1.index, order[$1.task] ?? 0) }
  }

  /// Refuses a base model that is not the pool's.
  ///
  /// - Throws: ``NullPoolError/otherBase(pool:expected:actual:)``.
  public func require(base actual: Digest, in pool: String) throws(NullPoolError) {
    guard actual == base else { throw .otherBase(pool: pool, expected: base, actual: actual) }
  }

  /// Refuses heads that are not the pool's.
  ///
  /// - Throws: ``NullPoolError/otherHead(pool:expected:actual:)``.
  public func require(head actual: Digest, in pool: String) throws(NullPoolError) {
    guard actual == head else { throw .otherHead(pool: pool, expected: head, actual: actual) }
  }

  /// Refuses tasks or images that are not the pool's.
  ///
  /// - Throws: ``NullPoolError/otherTasks(pool:expected:actual:)``.
  public func require(tasks actual: [Task], in pool: String) throws(NullPoolError) {
    guard actual == tasks else {
      func text(_ tasks: [Task]) -> String {
        tasks.map { "`\($0.name)` \($0.sha256.abbreviated)" }.joined(separator: ", ")
      }
      throw .otherTasks(pool: pool, expected: text(tasks), actual: text(actual))
    }
  }

  /// Refuses to continue a pool that was begun otherwise than the command line states.
  ///
  /// - Throws: ``NullPoolError``: base, heads, tasks, distribution or seed.
  public func require(sameAs stated: NullPool, in pool: String) throws(NullPoolError) {
    try require(base: stated.base, in: pool)
    try require(head: stated.head, in: pool)
    try require(tasks: stated.tasks, in: pool)
    let settings = [
      ("distribution", "\(distribution)", "\(stated.distribution)"),
      ("seed", "\(seed)", "\(stated.seed)"),
    ]
    for (name, expected, actual) in settings where expected != actual {
      throw .otherSetting(pool: pool, name: name, expected: expected, actual: actual)
    }
  }

  /// How many experts every task has, counted from the first.
  ///
  /// - Throws: ``NullPoolError/tooFewExperts(pool:task:expected:actual:)`` when a task has none.
  public func completeCount(in pool: String) throws(NullPoolError) -> Int {
    var complete = Int.max
    for task in tasks {
      var count = 0
      while expert(task.name, count) != nil { count += 1 }
      guard count > 0 else {
        throw .tooFewExperts(pool: pool, task: task.name, expected: 1, actual: 0)
      }
      complete = min(complete, count)
    }
    return complete
  }
}
