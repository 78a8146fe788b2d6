/// What a study does: a victim, the suspects that are made from it, and the figures that compare them.
///
/// A plan is JSON, schema `routemark.plan/1`. Adding a suspect is adding a line to ``suspects``; where a
/// figure shall show it, its name is added there.
public struct StudyPlan: Sendable, Hashable, Codable {
  /// The schema this version reads and writes.
  public static let schema = "routemark.plan/1"

  /// `routemark.plan/1`.
  public var schema = StudyPlan.schema
  /// The title of the report.
  public var title: String
  /// The victim's experts, each named as its task.
  public var tasks: [String]
  /// Experts of other tasks, which suspects may have.
  public var newcomers: [String]
  /// What routers' logits become: `softmax` or `raw`.
  public var routing = "softmax"
  /// Probe images of each task.
  public var probes: Int
  /// Decides gates and the order of images; every suspect counts on from it.
  public var seed: UInt64 = 1
  /// How routers are trained.
  public var adaptation: Adaptation
  /// Experts that the study trains itself.
  public var expertSets: [ExpertSet]
  /// The models to attribute.
  public var suspects: [Suspect]
  /// What is shown where.
  public var figures: Figures
  /// The world to make first; `nil` when models and images are there.
  public var world: World?
  /// The test of calibrated attribution; `nil` leaves it out.
  public var calibration: Calibration?

  /// Router training, by entropy minimisation.
  public struct Adaptation: Sendable, Hashable, Codable {
    /// Steps of the victim's router.
    public var victimSteps: Int
    /// Steps of every retrained router.
    public var steps: Int
    /// Learning rate.
    public var rate: Double
    /// Images of each task in a batch.
    public var batch: Int
  }

  /// One expert a task, trained alike.
  public struct ExpertSet: Sendable, Hashable, Codable {
    /// The name, as in `tuned-1x/cars`.
    public var name: String
    /// What training starts from: `base`, `experts`, or another set.
    public var origin: String
    /// Optimiser steps.
    public var steps: Int
    /// The highest learning rate; the schedule is a cosine after a warm-up of a tenth.
    public var rate: Double
    /// Images in a batch.
    public var batch: Int
    /// AdamW's weight decay.
    public var weightDecay: Double
    /// Seed of the first task; the others count on from it.
    public var seed: UInt64
    /// The tasks; the victim's when `nil`.
    public var tasks: [String]?
    /// Whose outputs are learned instead of labels: `experts`; `nil` learns labels.
    public var teacher: String?
  }

  /// A model to attribute.
  public struct Suspect: Sendable, Hashable, Codable {
    /// Where its gates come from.
    public enum Router: String, Sendable, Hashable, Codable {
      /// The victim's own.
      case kept
      /// Fresh ones, trained at the end.
      case retrained
    }

    /// A short name for files.
    public var name: String
    /// The name in the report.
    public var title: String
    /// Its gates.
    public var router: Router
    /// Experts by name (`cars`) or set and name (`tuned-1x/cars`); the victim itself when `nil`.
    public var experts: [String]?
    /// Words of `routemark tamper`, one operation a line, applied in order.
    ///
    /// `{calibration}` stands for
    /// the victim's training images, `{zoo}` for the folder of experts, `{out}` for the study's own.
    public var tamper: [String]?
    /// Where experts come from that an operation has named anew: the victim expert, or nothing.
    public var origins: [String: String]?

    /// A suspect.
    public init(
      name: String, title: String, router: Router, experts: [String]? = nil,
      tamper: [String]? = nil, origins: [String: String]? = nil
    ) {
      self.name = name
      self.title = title
      self.router = router
      self.experts = experts
      self.tamper = tamper
      self.origins = origins
    }
  }

  /// A pruned suspect of figure 4.
  public struct Pruned: Sendable, Hashable, Codable {
    /// The share of weights that are gone.
    public var sparsity: Double
    /// The suspect's name.
    public var suspect: String
  }

  /// Names of suspects, figure by figure.
  public struct Figures: Sendable, Hashable, Codable {
    /// Figure 3: matrices, in order (a) to (f).
    public var matrices: [String]
    /// Table 2: parametric tampering, in the paper's order.
    public var parametric: [String]
    /// Figure 4.
    public var pruning: [Pruned]
    /// Figure 5: one, two and three experts replaced.
    public var replaced: [String]
    /// Figure 5: one, two and three experts deleted.
    public var deleted: [String]
    /// Figure 5: one, two and three experts added.
    public var added: [String]
    /// Figure 6: the suspect.
    public var sampled: String
    /// Figure 6: numbers of samples a task.
    public var sampleSizes: [Int]
  }

  /// A world of procedural tasks, and how its models are trained.
  public struct World: Sendable, Hashable, Codable {
    /// Seed of images and of the untrained tower.
    public var seed: UInt64
    /// Images of each task to train on.
    public var trainCount: Int
    /// Images of each task to test on.
    public var testCount: Int
    /// How the base model is trained.
    public var pretraining: Training
    /// How the zoo's experts are trained from it.
    public var experts: Training
  }

  /// The length and rate of a training.
  public struct Training: Sendable, Hashable, Codable {
    /// Optimiser steps.
    public var steps: Int
    /// The highest learning rate.
    public var rate: Double
    /// Images in a batch.
    public var batch: Int
  }
}

extension StudyPlan {
  /// The victim itself, which every study compares first, and the suspects.
  var compared: [Suspect] {
    [Suspect(name: "victim", title: "the victim itself", router: .kept)] + suspects
  }

  /// The seed of a suspect's gates, which does not depend on its place in the list (FNV-1a).
  func seed(of suspect: Suspect) -> UInt64 {
    let hash = suspect.name.utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
    return seed + UInt64(hash)
  }

  /// Where a suspect's expert comes from: what a verdict about it should say.
  public enum Origin: Sendable, Hashable {
    /// The victim's expert of this name, or a descendant of it.
    case reuse(of: String)
    /// A victim expert, which one cannot be said: its parts lie in several places.
    case scattered
    /// Trained from the base model on a task that the victim has an expert for.
    case independent(task: String)
    /// An expert of a task that the victim knows nothing of.
    case stranger
  }

  /// The origin of a suspect's expert.
  public func origin(of expert: String, in suspect: Suspect) -> Origin {
    if let origins = suspect.origins {
      if let own = origins[expert] { return own.isEmpty ? .scattered : .reuse(of: own) }
    }
    guard let source = suspect.experts?.first(where: { Self.parts($0).task == expert }) else {
      return tasks.contains(expert) ? .reuse(of: expert) : .stranger
    }
    guard tasks.contains(expert) else { return .stranger }
    var set = Self.parts(source).set
    while let name = set, name != "experts" {
      if name == "base" { return .independent(task: expert) }
      set = expertSets.first { $0.name == name }?.origin
    }
    return .reuse(of: expert)
  }

  /// `set/task`, or a task of the zoo.
  static func parts(_ expert: String) -> (set: String?, task: String) {
    guard let slash = expert.lastIndex(of: "/") else { return (nil, expert) }
    return (String(expert[..<slash]), String(expert[expert.index(after: slash)...]))
  }

  /// Checks that every name leads somewhere.
  ///
  /// - Throws: ``StudyError``.
  public func validate() throws(StudyError) {
    guard schema == Self.schema else {
      throw .unknownSchema(expected: Self.schema, actual: schema)
    }
    guard tasks.count >= 2 else {
      throw .invalidPlan(key: "tasks", expected: "at least 2 tasks", actual: "\(tasks.count)")
    }
    try checkNames("expertSets", expertSets.map(\.name), reserved: ["base", "experts"])
    try checkNames("suspects", suspects.map(\.name), reserved: ["victim", "task-arithmetic"])
    try checkNames("tasks and newcomers", tasks + newcomers, reserved: [])
    var origins: Set<String> = ["base", "experts"]
    for set in expertSets {
      guard origins.contains(set.origin) else {
        throw .invalidPlan(
          key: "expertSets.\(set.name).origin",
          expected: "`base`, `experts` or a set that is listed before", actual: set.origin)
      }
      if let teacher = set.teacher, teacher != "experts" {
        throw .invalidPlan(
          key: "expertSets.\(set.name).teacher", expected: "`experts`", actual: teacher)
      }
      origins.insert(set.name)
    }
    for suspect in suspects {
      for expert in suspect.experts ?? [] {
        let (set, task) = Self.parts(expert)
        let known = set.map { name in
          (expertSets.first { $0.name == name }).map { $0.tasks ?? tasks } ?? []
        }
        guard (known ?? tasks + newcomers).contains(task) else {
          throw .invalidPlan(
            key: "suspects.\(suspect.name).experts", expected: "TASK or SET/TASK of the plan",
            actual: expert)
        }
      }
    }
    let shown =
      figures.matrices + figures.parametric + figures.pruning.map(\.suspect) + figures.replaced
      + figures.deleted + figures.added + [figures.sampled]
    for name in shown where !compared.contains(where: { $0.name == name }) {
      throw .invalidPlan(key: "figures", expected: "names of suspects", actual: name)
    }
    try calibration?.validate(in: self)
  }

  private func checkNames(
    _ key: String, _ names: [String], reserved: Set<String>
  ) throws(StudyError) {
    var seen = reserved
    for name in names {
      guard Self.isPlainName(name), seen.insert(name).inserted else {
        throw .invalidPlan(
          key: key, expected: "names of letters, digits, `-`, `_` and `.`, each once", actual: name)
      }
    }
  }

  /// Whether a name can be part of a path and of a command.
  static func isPlainName(_ name: String) -> Bool {
    !name.isEmpty && !name.hasPrefix(".") && !name.hasPrefix("-")
      && name.utf8.allSatisfy { byte in
        let character = Character(UnicodeScalar(byte))
        return character.isLetter || character.isNumber || "-_.".contains(character)
      }
  }
}
