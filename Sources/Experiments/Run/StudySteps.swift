/// The commands of a plan, in an order in which each finds what it needs.
public struct StudySteps: Sendable {
  /// What files are called, relative to the study's folder.
  enum Name {
    static func model(_ suspect: String) -> String { "models/\(suspect)" }
    static func trace(_ suspect: String) -> String { "traces/\(suspect).trace.safetensors" }
    static func comparison(_ suspect: String) -> String { "cases/\(suspect).json" }
    static func baseline(_ method: BaselineMethod, _ suspect: String) -> String {
      "baselines/\(suspect).\(method.rawValue).json"
    }
    static func accuracy(_ model: String) -> String { "accuracy/\(model).json" }
    static func sampled(_ name: String, _ count: Int) -> String { "\(name)-\(count)" }
    static let victimInFull = "models/victim-in-full"
    static let suite = "suites/all.json"
    static let weights = "traces/victim.weights.json"
  }

  /// All steps.
  public private(set) var steps: [StudyStep] = []
  let plan: StudyPlan

  /// Expands a plan.
  ///
  /// - Throws: ``StudyError/invalidPlan(key:expected:actual:)``.
  public init(_ plan: StudyPlan) throws(StudyError) {
    try plan.validate()
    self.plan = plan
    if let world = plan.world { addWorld(world) }
    addVictim()
    for set in plan.expertSets { addExperts(set) }
    for suspect in plan.suspects { try addModel(suspect) }
    addSuite(Name.suite, count: plan.probes)
    for suspect in plan.compared { addComparison(suspect) }
    addRoutingWeights()
    addSampleSizes()
    addAccuracy()
    if let calibration = plan.calibration { addCalibration(calibration) }
  }

  mutating func add(
    _ output: String, _ arguments: [String], _ product: StudyStep.Product = .output
  ) {
    steps.append(StudyStep(output: output, arguments: arguments, product: product))
  }

  // MARK: Models

  private mutating func addWorld(_ world: StudyPlan.World) {
    add(
      "world",
      [
        "world", "--seed", "\(world.seed)", "--train", "\(world.trainCount)", "--test",
        "\(world.testCount)",
      ])
    func train(_ output: String, from start: String, task: String, _ how: StudyPlan.Training) {
      add(
        "world/zoo/\(output)",
        [
          "finetune", "--model", "{zoo}/\(start)", "--data", "\(task)={data}/\(task)/train.tar",
          "--head", "{zoo}/heads.safetensors", "--steps", "\(how.steps)", "--lr", "\(how.rate)",
          "--batch", "\(how.batch)", "--warmup", "\(how.steps / 10)", "--seed", "\(plan.seed)",
          "--resume",
        ])
    }
    train("base", from: "initial", task: "pretraining", world.pretraining)
    for task in plan.tasks + plan.newcomers { train(task, from: "base", task: task, world.experts) }
  }

  private mutating func addVictim() {
    merge(plan.tasks, to: "merged/victim", ["--seed", "\(plan.seed)"])
    adapt(
      "merged/victim", to: Name.model("victim"), tasks: plan.tasks,
      steps: plan.adaptation.victimSteps, seed: plan.seed)
    // What an attacker has who has downloaded the victim: tensors outside the MLPs are one sum.
    merge(
      plan.tasks, to: Name.victimInFull,
      ["--full", "--gates", "{out}/\(Name.model("victim"))/gates.safetensors"])
  }

  private mutating func addExperts(_ set: StudyPlan.ExpertSet) {
    for (index, task) in (set.tasks ?? plan.tasks).enumerated() {
      let start =
        switch set.origin {
        case "base": "{zoo}/base"
        case "experts": "{zoo}/\(task)"
        default: "{out}/experts/\(set.origin)/\(task)"
        }
      add(
        "experts/\(set.name)/\(task)",
        [
          "finetune", "--model", start, "--data", "\(task)={data}/\(task)/train.tar", "--head",
          "{zoo}/heads.safetensors", "--steps", "\(set.steps)", "--lr", "\(set.rate)", "--batch",
          "\(set.batch)", "--warmup", "\(set.steps / 10)", "--weight-decay", "\(set.weightDecay)",
          "--seed", "\(set.seed + UInt64(index))", "--resume",
        ] + (set.teacher == nil ? [] : ["--teacher", "{zoo}/\(task)"]))
    }
  }

  private mutating func addModel(_ suspect: StudyPlan.Suspect) throws(StudyError) {
    let operations = suspect.tamper ?? []
    let model = Name.model(suspect.name)
    let seed = plan.seed(of: suspect)
    var current = Name.victimInFull
    var next = 0
    func place(last isLast: Bool) -> String {
      next += 1
      return isLast && suspect.router == .kept ? model : "made/\(suspect.name)-\(next)"
    }
    if let experts = suspect.experts {
      current = place(last: operations.isEmpty)
      let gates =
        suspect.router == .kept
        ? ["--gates", "{out}/\(Name.model("victim"))/gates.safetensors"] : ["--seed", "\(seed)"]
      merge(experts, to: current, gates + (operations.isEmpty ? [] : ["--full"]))
    } else if operations.isEmpty {
      throw .invalidPlan(
        key: "suspects.\(suspect.name)", expected: "experts, or words of `routemark tamper`",
        actual: "neither")
    }
    for (index, words) in operations.enumerated() {
      let output = place(last: index == operations.count - 1)
      add(output, ["tamper"] + Self.seeded(self.words(words)) + ["--model", "{out}/\(current)"])
      current = output
    }
    if suspect.router == .retrained {
      let tasks = suspect.experts?.map { StudyPlan.parts($0).task } ?? plan.tasks
      adapt(current, to: model, tasks: tasks, steps: plan.adaptation.steps, seed: seed)
    }
  }

  /// The words of an operation; `{calibration}` becomes the victim's training images.
  private func words(_ text: String) -> [String] {
    text.split(separator: " ").flatMap { word in
      word == "{calibration}" ? data(plan.tasks, "train") : [String(word)]
    }
  }

  /// The words of an operation that draws, with a seed: a plan repeats to the last bit.
  static func seeded(_ words: [String]) -> [String] {
    let drawing: Set = ["replace", "add", "delete", "clone", "shuffle", "permute", "noise"]
    guard let operation = words.first, drawing.contains(operation), !words.contains("--seed") else {
      return words
    }
    return words + ["--seed", "0"]
  }

  private mutating func merge(_ experts: [String], to output: String, _ rest: [String]) {
    let parts = experts.flatMap { expert -> [String] in
      let (set, task) = StudyPlan.parts(expert)
      return ["--expert", "\(task)=" + (set == nil ? "{zoo}/\(task)" : "{out}/experts/\(expert)")]
    }
    add(output, ["merge", "--base", "{zoo}/base"] + parts + ["--routing", plan.routing] + rest)
  }

  private mutating func adapt(
    _ model: String, to output: String, tasks: [String], steps: Int, seed: UInt64
  ) {
    add(
      output,
      ["adapt", "--model", "{out}/\(model)"] + data(tasks, "train") + [
        "--head", "{zoo}/heads.safetensors", "--steps", "\(steps)", "--lr",
        "\(plan.adaptation.rate)", "--batch", "\(plan.adaptation.batch)", "--from-scratch",
        "--seed", "\(seed)", "--resume",
      ])
  }

  func data(_ tasks: [String], _ split: String) -> [String] {
    tasks.flatMap { ["--data", "\($0)={data}/\($0)/\(split).tar"] }
  }

  // MARK: Comparisons

  private mutating func addSuite(_ output: String, count: Int) {
    add(
      output,
      ["suite", "create", "--count", "\(count)"]
        + plan.tasks.flatMap { ["--task", "\($0)={data}/\($0)/train.tar"] })
  }

  private mutating func addComparison(_ suspect: StudyPlan.Suspect) {
    let name = suspect.name
    capture(name, suite: Name.suite, to: Name.trace(name))
    attribute(victim: Name.trace("victim"), suspect: Name.trace(name), to: Name.comparison(name))
    for method in BaselineMethod.allCases {
      add(
        Name.baseline(method, name),
        ["baseline"] + method.words + models(name)
          + (method == .reef ? ["--suite", "{out}/\(Name.suite)"] : []), .printed)
    }
  }

  private mutating func capture(_ model: String, suite: String, to output: String) {
    add(
      output,
      ["capture", "--model", "{out}/\(Name.model(model))", "--suite", "{out}/\(suite)"])
  }

  private mutating func attribute(victim: String, suspect: String, to output: String) {
    add(output, ["attribute", "--victim", "{out}/\(victim)", "--suspect", "{out}/\(suspect)"])
  }

  private func models(_ suspect: String) -> [String] {
    ["--victim", "{out}/\(Name.model("victim"))", "--suspect", "{out}/\(Name.model(suspect))"]
  }

  private mutating func addRoutingWeights() {
    let trace = "traces/victim.weights.trace.safetensors"
    add(
      trace,
      [
        "capture", "--model", "{out}/\(Name.model("victim"))", "--suite", "{out}/\(Name.suite)",
        "--signal", "weights",
      ])
    add(Name.weights, ["fingerprint", "--trace", "{out}/\(trace)"])
  }

  private mutating func addSampleSizes() {
    for count in plan.figures.sampleSizes {
      let suite = "suites/\(count).json"
      addSuite(suite, count: count)
      let names = ["victim", plan.figures.sampled]
      let traces = names.map { Name.trace(Name.sampled($0, count)) }
      for (name, trace) in zip(names, traces) { capture(name, suite: suite, to: trace) }
      let sampled = Name.sampled(plan.figures.sampled, count)
      attribute(victim: traces[0], suspect: traces[1], to: Name.comparison(sampled))
      add(
        Name.baseline(.reef, sampled),
        ["baseline"] + BaselineMethod.reef.words + models(plan.figures.sampled)
          + ["--suite", "{out}/\(suite)"], .printed)
    }
  }

  private mutating func addAccuracy() {
    let parts = plan.tasks.flatMap { ["--expert", "\($0)={zoo}/\($0)"] }
    add(
      Name.model("task-arithmetic"),
      ["merge", "--method", "task-arithmetic", "--base", "{zoo}/base"] + parts)
    let models = [
      "base": "{zoo}/base", "task-arithmetic": "{out}/\(Name.model("task-arithmetic"))",
      "victim": "{out}/\(Name.model("victim"))",
    ]
    for (name, model) in models.sorted(by: { $0.key < $1.key }) {
      add(
        Name.accuracy(name),
        ["evaluate", "--model", model] + data(plan.tasks, "test")
          + ["--head", "{zoo}/heads.safetensors"], .printed)
    }
  }
}

/// The methods that RouteMark is compared with.
public enum BaselineMethod: String, Sendable, Hashable, CaseIterable, Codable {
  case modelPCS = "pcs-m"
  case modelICS = "ics-m"
  case reef
  case expertPCS = "pcs-e"
  case expertICS = "ics-e"

  /// The words after `routemark baseline`.
  var words: [String] {
    switch self {
    case .modelPCS: ["pcs"]
    case .modelICS: ["ics"]
    case .reef: ["reef"]
    case .expertPCS: ["pcs", "--level", "expert"]
    case .expertICS: ["ics", "--level", "expert"]
    }
  }

  /// The name in the paper.
  public var title: String {
    switch self {
    case .modelPCS: "PCS-M"
    case .modelICS: "ICS-M"
    case .reef: "REEF"
    case .expertPCS: "PCS-E"
    case .expertICS: "ICS-E"
    }
  }
}
