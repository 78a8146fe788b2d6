extension StudyPlan {
  /// The test of calibrated attribution: nulls to calibrate with, innocents that are not among them, and
  /// experts that are reused in every way.
  public struct Calibration: Sendable, Hashable, Codable {
    /// Null experts of each task.
    public var nulls: Int
    /// How many merges of nulls the routing residual is calibrated with.
    public var merges: Int
    /// Images that each null, and each innocent of the same recipe, is trained on: as many as any
    /// innocent is, since p-values hold for those who trained as the nulls did.
    public var images: Int
    /// Seed of the pool; the innocents count on from it.
    public var seed: UInt64
    /// Innocents of each task that are trained as the nulls are.
    public var innocents: Int
    /// Innocents of each task that are trained by another recipe.
    public var otherInnocents: Int
    /// What the other recipe is drawn from.
    public var otherRecipe: Recipe
    /// How many merges of either kind of innocents are tried.
    public var innocentMerges: Int
    /// Probe images of each task that responses are taken on.
    public var responseProbes: Int
    /// Ways to reuse an expert.
    public var reused: [Variant]
    /// Ways that are expected to hide it, for the record.
    public var hidden: [Variant]
    /// Innocents of the study's own sets, whose recipe is one of the nulls'.
    public var independents: [Variant]
    /// Suspects of the study, with retrained routers, that the routing residual is tried on.
    public var routed: [String]
  }

  /// A distribution of training recipes.
  public struct Recipe: Sendable, Hashable, Codable {
    /// Images that an expert is trained on.
    public var images: Int
    /// Least and largest learning rate; the logarithm is uniform between them.
    public var rates: [Double]
    /// Batch sizes, equally likely.
    public var batches: [Int]
    /// Share of the target that is spread over all classes.
    public var labelSmoothing: Double
    /// AdamW's weight decay.
    public var weightDecay: Double
  }

  /// An expert of every task: one way to reuse it, or a set of others'.
  public struct Variant: Sendable, Hashable, Codable {
    /// A short name for files.
    public var name: String
    /// The name in the report.
    public var title: String
    /// The set that the experts come from; the victim's own when `nil`.
    public var set: String?
    /// Words of `routemark tamper`; `{calibration}` stands for the task's own training images.
    public var tamper: String?
    /// The study's suspect whose routing shows the same reuse, for the paper's own score.
    public var suspect: String?
  }
}

extension StudyPlan.Calibration {
  /// All variants: those to be found, those that may hide, and innocents.
  var variants: [StudyPlan.Variant] { reused + hidden + independents }

  /// Checks numbers and names.
  ///
  /// - Throws: ``StudyError/invalidPlan(key:expected:actual:)``.
  func validate(in plan: StudyPlan) throws(StudyError) {
    let counts = [
      ("nulls", nulls), ("images", images), ("otherRecipe.images", otherRecipe.images),
      ("responseProbes", responseProbes),
    ]
    for (key, count) in counts where count < 1 {
      throw .invalidPlan(key: "calibration.\(key)", expected: "1 or more", actual: "\(count)")
    }
    let bounds = [
      ("merges", merges, nulls), ("innocentMerges", innocentMerges, min(innocents, otherInnocents)),
    ]
    for (key, count, most) in bounds where !(0...most).contains(count) {
      throw .invalidPlan(
        key: "calibration.\(key)", expected: "0 to \(most), the experts there are of a task",
        actual: "\(count)")
    }
    for variant in variants {
      if let suspect = variant.suspect, !plan.suspects.contains(where: { $0.name == suspect }) {
        throw .invalidPlan(
          key: "calibration.reused.\(variant.name).suspect", expected: "a suspect of the plan",
          actual: suspect)
      }
    }
    guard otherRecipe.rates.count == 2 else {
      throw .invalidPlan(
        key: "calibration.otherRecipe.rates", expected: "least and largest",
        actual: "\(otherRecipe.rates)")
    }
    var seen: Set<String> = []
    for variant in variants {
      guard StudyPlan.isPlainName(variant.name), seen.insert(variant.name).inserted else {
        throw .invalidPlan(
          key: "calibration.reused",
          expected: "names of letters, digits, `-`, `_` and `.`, each once",
          actual: variant.name)
      }
      if let set = variant.set, !plan.expertSets.contains(where: { $0.name == set }) {
        throw .invalidPlan(
          key: "calibration.reused.\(variant.name).set", expected: "an expert set of the plan",
          actual: set)
      }
    }
    for name in routed where !plan.compared.contains(where: { $0.name == name }) {
      throw .invalidPlan(key: "calibration.routed", expected: "names of suspects", actual: name)
    }
  }

  /// The tasks that a variant has experts of.
  func tasks(of variant: StudyPlan.Variant, in plan: StudyPlan) -> [String] {
    let set = variant.set.flatMap { name in plan.expertSets.first { $0.name == name } }
    return set?.tasks ?? plan.tasks
  }
}

extension StudyPlan.Calibration {
  /// The standard suspects: what must be found, and what may hide.
  static func standard(
    nulls: Int, merges: Int, images: Int, otherImages: Int, innocents: Int, innocentMerges: Int,
    responseProbes: Int, stranger: String
  ) -> StudyPlan.Calibration {
    return StudyPlan.Calibration(
      nulls: nulls, merges: merges, images: images, seed: 500, innocents: innocents,
      otherInnocents: innocents,
      otherRecipe: StudyPlan.Recipe(
        images: otherImages, rates: [5e-5, 1e-3], batches: [24, 48], labelSmoothing: 0.1,
        weightDecay: 0),
      innocentMerges: innocentMerges, responseProbes: responseProbes, reused: reused(stranger),
      hidden: [
        StudyPlan.Variant(
          name: "tuned-2x-wanda-50", title: "fine-tuned 2x, WANDA 50 %", set: "tuned-2x",
          tamper: "prune --method wanda --sparsity 0.5 {calibration}"),
        StudyPlan.Variant(name: "tuned-5x", title: "fine-tuned 5x", set: "tuned-5x"),
        StudyPlan.Variant(
          name: "distilled", title: "distilled into the base model", set: "distilled"),
      ],
      independents: [
        StudyPlan.Variant(
          name: "independent", title: "independent, the study's own", set: "independent",
          suspect: "innocent")
      ],
      routed: ["same", "fine-tuned", "fine-tuned-2x", "wanda-50-retrained", "mixed", "disjoint"])
  }

  private static func reused(_ stranger: String) -> [StudyPlan.Variant] {
    func tampered(
      _ name: String, _ title: String, _ words: String, as suspect: String? = nil
    ) -> StudyPlan.Variant {
      StudyPlan.Variant(name: name, title: title, tamper: words, suspect: suspect)
    }
    let wanda = "prune --method wanda {calibration} --sparsity"
    return [
      StudyPlan.Variant(name: "same", title: "same expert", suspect: "same"),
      tampered("permuted", "permuted", "permute --seed 9", as: "permuted"),
      tampered("int8", "8 bits", "quantize --bits 8", as: "int8"),
      tampered("int4", "4 bits", "quantize --bits 4", as: "int4"),
      tampered(
        "blended", "blended 50 % with \(stranger)", "blend --with {zoo}/\(stranger) --ratio 0.5",
        as: "blended"),
      StudyPlan.Variant(
        name: "tuned-1x", title: "fine-tuned 1x", set: "tuned-1x", suspect: "fine-tuned"),
      StudyPlan.Variant(
        name: "tuned-2x", title: "fine-tuned 2x", set: "tuned-2x", suspect: "fine-tuned-2x"),
      tampered("magnitude-30", "magnitude 30 %", "prune --sparsity 0.3", as: "magnitude-30"),
      tampered("wanda-30", "WANDA 30 %", "\(wanda) 0.3", as: "wanda-30"),
      tampered("wanda-50", "WANDA 50 %", "\(wanda) 0.5", as: "wanda-50-retrained"),
      tampered("wanda-70", "WANDA 70 %", "\(wanda) 0.7"),
    ]
  }
}
