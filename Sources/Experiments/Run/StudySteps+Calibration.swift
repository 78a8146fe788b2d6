extension StudySteps.Name {
  static let nulls = "nulls"
  static let innocents = "innocents/same-recipe"
  static let otherInnocents = "innocents/other-recipe"
  static func merges(_ pool: String) -> String { "\(pool)/merges" }
  static func reused(_ variant: String, _ task: String) -> String { "reused/\(variant)/\(task)" }
  static let residuals = "calibration/experts.json"
  static func calibrated(_ suspect: String) -> String { "calibration/\(suspect).case.json" }
  static func innocent(_ pool: String, _ index: Int) -> String {
    "\(pool == innocents ? "innocent" : "other-innocent")-\(index)"
  }
  /// A place in a pool, as `routemark null` numbers experts and merges.
  static func place(_ index: Int) -> String { (index < 10 ? "0" : "") + "\(index)" }
  static func tested(_ name: String, _ task: String) -> String { "\(name)/\(task)" }
}

extension StudySteps {
  /// Nulls, innocents, reused experts, and what calibrated attribution says of them.
  mutating func addCalibration(_ calibration: StudyPlan.Calibration) {
    addPool(Name.nulls, count: calibration.nulls, seed: calibration.seed, calibration)
    addPool(Name.innocents, count: calibration.innocents, seed: calibration.seed + 1, calibration)
    addPool(
      Name.otherInnocents, count: calibration.otherInnocents, seed: calibration.seed + 2,
      calibration, calibration.otherRecipe)
    for variant in calibration.variants { addVariant(variant, calibration) }
    // Merges lie in their pool, whose digest the results carry: they come first.
    if calibration.merges > 0 { addMerges(Name.nulls, calibration.merges) }
    addResiduals(calibration)
    guard calibration.merges > 0 else { return }
    for name in calibration.routed {
      addCalibratedCase(name, suspect: "{out}/\(Name.model(name))")
    }
    guard calibration.innocentMerges > 0 else { return }
    for pool in [Name.innocents, Name.otherInnocents] {
      addMerges(pool, calibration.innocentMerges)
      for index in 0..<calibration.innocentMerges {
        addCalibratedCase(
          Name.innocent(pool, index), suspect: "{out}/\(Name.merges(pool))/\(Name.place(index))")
      }
    }
  }

  private mutating func addPool(
    _ output: String, count: Int, seed: UInt64, _ calibration: StudyPlan.Calibration,
    _ recipe: StudyPlan.Recipe? = nil
  ) {
    var words = ["null", "train", "--base", "{zoo}/base"] + data(plan.tasks, "train")
    words += [
      "--head", "{zoo}/heads.safetensors", "--count", "\(count)", "--images",
      "\(recipe?.images ?? calibration.images)", "--seed", "\(seed)",
    ]
    if let recipe {
      words += [
        "--lr-range", recipe.rates.map { "\($0)" }.joined(separator: ","), "--batches",
        recipe.batches.map { "\($0)" }.joined(separator: ","), "--label-smoothing",
        "\(recipe.labelSmoothing)", "--weight-decay", "\(recipe.weightDecay)",
      ]
    }
    add(output, words, .resumed)
  }

  /// Merges of a pool's experts; they lie in the pool.
  private mutating func addMerges(_ pool: String, _ count: Int) {
    add(
      Name.merges(pool),
      [
        "null", "merge", "--pool", "{out}/\(pool)", "--base", "{zoo}/base", "--suite",
        "{out}/\(Name.suite)",
      ]
        + data(plan.tasks, "train") + [
          "--head", "{zoo}/heads.safetensors", "--count", "\(count)", "--steps",
          "\(plan.adaptation.steps)", "--lr", "\(plan.adaptation.rate)", "--batch",
          "\(plan.adaptation.batch)",
        ], .inPlace)
  }

  private mutating func addVariant(
    _ variant: StudyPlan.Variant, _ calibration: StudyPlan.Calibration
  ) {
    guard let tamper = variant.tamper else { return }
    for task in calibration.tasks(of: variant, in: plan) {
      let words = tamper.split(separator: " ").flatMap { word in
        word == "{calibration}" ? data([task], "train") : [String(word)]
      }
      add(
        Name.reused(variant.name, task),
        ["tamper"] + Self.seeded(words) + ["--model", origin(of: variant, task)])
    }
  }

  private func origin(of variant: StudyPlan.Variant, _ task: String) -> String {
    variant.set.map { "{out}/experts/\($0)/\(task)" } ?? "{zoo}/\(task)"
  }

  /// All experts in one command, which takes the responses of victim and nulls once.
  private mutating func addResiduals(_ calibration: StudyPlan.Calibration) {
    var suspects: [String] = []
    for variant in calibration.variants {
      for task in calibration.tasks(of: variant, in: plan) {
        let path =
          variant.tamper == nil
          ? origin(of: variant, task) : "{out}/\(Name.reused(variant.name, task))"
        suspects += ["--suspect", "\(Name.tested(variant.name, task))=\(path)"]
      }
    }
    for (pool, count) in [
      (Name.innocents, calibration.innocents), (Name.otherInnocents, calibration.otherInnocents),
    ] {
      for index in 0..<count {
        for task in plan.tasks {
          let expert = "\(task)-\(Name.place(index))"
          suspects += [
            "--suspect",
            "\(Name.tested(Name.innocent(pool, index), task))={out}/\(pool)/experts/\(expert)",
          ]
        }
      }
    }
    add(
      Name.residuals,
      ["residual", "--victim", "{out}/\(Name.model("victim"))"] + suspects + [
        "--nulls", "{out}/\(Name.nulls)", "--base", "{zoo}/base", "--suite",
        "{out}/\(Name.suite)", "--response-probes", "\(calibration.responseProbes)",
      ], .printed)
  }

  private mutating func addCalibratedCase(_ name: String, suspect: String) {
    add(
      Name.calibrated(name),
      [
        "attribute", "--victim", "{out}/\(Name.model("victim"))", "--suspect", suspect, "--suite",
        "{out}/\(Name.suite)", "--nulls", "{out}/\(Name.nulls)", "--base", "{zoo}/base",
      ])
  }
}
