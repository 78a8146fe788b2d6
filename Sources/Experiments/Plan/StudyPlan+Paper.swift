extension StudyPlan {
  /// The study of RouteMark's section 5, and what it leaves out, for any five tasks and three newcomers.
  ///
  /// - Precondition: there are 5 tasks and 3 newcomers.
  static func paper(
    title: String, tasks: [String], newcomers: [String], probes: Int, sampleSizes: [Int],
    adaptation: Adaptation, fineTuning: Training, independent: Training, world: World?,
    calibration: Calibration?
  ) -> StudyPlan {
    precondition(tasks.count == 5 && newcomers.count == 3, "the paper's five and three tasks")
    return StudyPlan(
      title: title, tasks: tasks, newcomers: newcomers, probes: probes, adaptation: adaptation,
      expertSets: [
        .tuned("tuned-1x", from: "experts", fineTuning, seed: 10),
        .tuned("tuned-2x", from: "tuned-1x", fineTuning, seed: 20),
        .tuned("independent", from: "base", independent, seed: 30),
      ] + (calibration == nil ? [] : hidden(tasks, fineTuning, independent)),
      suspects: retrained(tasks) + structural(tasks, newcomers) + parametric(tasks)
        + leftOut(tasks, newcomers),
      figures: Figures(
        matrices: ["victim", "fine-tuned", "wanda-50", "deleted-1", "added-2", "replaced-1"],
        parametric: ["magnitude-30", "wanda-30", "fine-tuned", "fine-tuned-2x", "permuted"],
        pruning: [Pruned(sparsity: 0, suspect: "victim")]
          + [10, 20, 30, 40, 50].map {
            Pruned(sparsity: Double($0) / 100, suspect: "wanda-\($0)")
          },
        replaced: (1...3).map { "replaced-\($0)" }, deleted: (1...3).map { "deleted-\($0)" },
        added: (1...3).map { "added-\($0)" }, sampled: "fine-tuned", sampleSizes: sampleSizes),
      world: world, calibration: calibration)
  }

  /// Ways to use an expert that may hide it from calibrated attribution.
  private static func hidden(
    _ tasks: [String], _ fineTuning: Training, _ independent: Training
  ) -> [ExpertSet] {
    var longer = fineTuning
    longer.steps *= 5
    var sets = [
      ExpertSet.tuned("tuned-5x", from: "experts", longer, seed: 40),
      ExpertSet.tuned("distilled", from: "base", independent, seed: 50),
    ]
    sets[0].tasks = [tasks[0], tasks[3]]
    sets[1].teacher = "experts"
    return sets
  }

  /// Reuse under a router that somebody trained anew.
  private static func retrained(_ tasks: [String]) -> [Suspect] {
    [
      Suspect(name: "same", title: "same experts", router: .retrained, experts: tasks),
      Suspect(
        name: "fine-tuned", title: "fine-tuned 1x", router: .retrained,
        experts: tasks.map { "tuned-1x/\($0)" }),
      Suspect(
        name: "wanda-50-retrained", title: "WANDA 50 %", router: .retrained,
        tamper: ["prune --method wanda --sparsity 0.5 {calibration}"]),
    ]
  }

  /// Section 5.4: built on the fine-tuned experts.
  private static func structural(_ tasks: [String], _ newcomers: [String]) -> [Suspect] {
    let tuned = tasks.map { "tuned-1x/\($0)" }
    let changes: [(verb: String, experts: (Int) -> [String])] = [
      ("replaced", { Array(newcomers.prefix($0) + tuned.dropFirst($0)) }),
      ("deleted", { Array(tuned.dropFirst($0)) }),
      ("added", { tuned + newcomers.prefix($0) }),
    ]
    return changes.flatMap { change in
      (1...3).map { count in
        Suspect(
          name: "\(change.verb)-\(count)", title: "\(count) \(change.verb)", router: .retrained,
          experts: change.experts(count))
      }
    }
  }

  /// Section 5.3: the router stays as it is.
  private static func parametric(_ tasks: [String]) -> [Suspect] {
    let wanda = [10, 20, 30, 40, 50].map { percent in
      Suspect(
        name: "wanda-\(percent)", title: "WANDA \(percent) %", router: .kept,
        tamper: ["prune --method wanda --sparsity 0.\(percent / 10) {calibration}"])
    }
    return wanda + [
      Suspect(
        name: "magnitude-30", title: "magnitude 30 %", router: .kept,
        tamper: ["prune --sparsity 0.3"]),
      Suspect(
        name: "fine-tuned-kept", title: "fine-tuned 1x, router kept", router: .kept,
        experts: tasks.map { "tuned-1x/\($0)" }),
      Suspect(
        name: "fine-tuned-2x", title: "fine-tuned 2x", router: .retrained,
        experts: tasks.map { "tuned-2x/\($0)" }),
      Suspect(
        name: "permuted", title: "permuted", router: .kept, tamper: ["permute --seed 9"]),
    ]
  }

  /// What the paper does not try.
  private static func leftOut(_ tasks: [String], _ newcomers: [String]) -> [Suspect] {
    let mixed =
      tasks.prefix(2).map { "tuned-1x/\($0)" }
      + tasks.dropFirst(2).map { "independent/\($0)" }
    return [
      Suspect(
        name: "innocent", title: "independent, same tasks", router: .retrained,
        experts: tasks.map { "independent/\($0)" }),
      Suspect(name: "disjoint", title: "other tasks", router: .retrained, experts: newcomers),
      Suspect(name: "mixed", title: "2 reused, 3 independent", router: .retrained, experts: mixed),
      Suspect(
        name: "int8", title: "8 bits", router: .kept, tamper: ["quantize --bits 8"]),
      Suspect(
        name: "int4", title: "4 bits", router: .kept, tamper: ["quantize --bits 4"]),
      Suspect(
        name: "blended", title: "blended with \(newcomers[0])", router: .kept,
        tamper: ["blend --with {zoo}/\(newcomers[0]) --ratio 0.5"]),
      Suspect(
        name: "cloned", title: "\(tasks[1]) cloned", router: .kept,
        tamper: ["clone --expert \(tasks[1]) --noise 0.01"],
        origins: ["\(tasks[1])-clone": tasks[1]]),
      Suspect(
        name: "tied", title: "\(tasks[0]) and \(tasks[1]) tied", router: .kept,
        tamper: ["tie --experts \(tasks[0]),\(tasks[1])"]),
      Suspect(
        name: "shuffled", title: "shuffled in every layer", router: .kept,
        tamper: ["shuffle --seed 9"],
        origins: Dictionary(uniqueKeysWithValues: tasks.indices.map { ("slot-\($0)", "") })),
      Suspect(
        name: "router-scaled", title: "router scaled by 3", router: .kept,
        tamper: ["scale-router --factor 3"]),
      Suspect(
        name: "router-shifted", title: "router shifted", router: .kept,
        tamper: ["shift-router --shift \(tasks[0])=2 --shift \(tasks[1])=-2"]),
    ]
  }

  /// The study on real images: the models and data sets that stand for the paper's.
  public static let real = paper(
    title: "RouteMark's study, repeated on real images",
    tasks: ["scene15", "cars", "rsscn7", "cifar10", "streetchars"],
    newcomers: ["gtsrb", "mnist", "dtd10"], probes: 200,
    sampleSizes: [5, 10, 20, 50, 100, 200, 400],
    adaptation: Adaptation(victimSteps: 300, steps: 240, rate: 1e-3, batch: 8),
    fineTuning: Training(steps: 100, rate: 1e-4, batch: 32),
    independent: Training(steps: 300, rate: 3e-4, batch: 32), world: nil,
    calibration: .standard(
      nulls: 8, merges: 8, images: 9_600, otherImages: 3_200, innocents: 4, innocentMerges: 2,
      responseProbes: 8, stranger: "gtsrb"))

  /// The same study in a world that the program makes itself.
  public static let embedded = paper(
    title: "RouteMark's study in a world of its own",
    tasks: ["stripes", "shapes", "digits", "colours", "textures"],
    newcomers: ["dots", "rings", "checks"], probes: 60, sampleSizes: [5, 10, 20, 50, 100, 200],
    adaptation: Adaptation(victimSteps: 120, steps: 120, rate: 3e-3, batch: 8),
    fineTuning: Training(steps: 30, rate: 3e-4, batch: 32),
    independent: Training(steps: 120, rate: 2e-3, batch: 32),
    world: World(
      seed: 1, trainCount: 240, testCount: 120,
      pretraining: Training(steps: 200, rate: 2e-3, batch: 64),
      experts: Training(steps: 120, rate: 1e-3, batch: 32)),
    calibration: .standard(
      nulls: 4, merges: 4, images: 3_840, otherImages: 1_920, innocents: 1, innocentMerges: 1,
      responseProbes: 20, stranger: "dots"))
}

extension StudyPlan.ExpertSet {
  fileprivate static func tuned(
    _ name: String, from origin: String, _ training: StudyPlan.Training, seed: UInt64
  ) -> StudyPlan.ExpertSet {
    StudyPlan.ExpertSet(
      name: name, origin: origin, steps: training.steps, rate: training.rate,
      batch: training.batch, weightDecay: 0.01, seed: seed)
  }
}
