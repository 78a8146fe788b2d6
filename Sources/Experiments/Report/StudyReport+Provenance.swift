import Reports

extension StudyReport {
  /// Steps that belong together, with the place that links lead to.
  private struct Block {
    let title: String
    let anchor: String
    /// The file with the numbers.
    let caseFile: String?
    let steps: [StudyStep]
  }

  /// Where every number comes from.
  func writeProvenance(to section: inout MarkupWriter) {
    section.element(.dl) { list in
      list.entry("Study by") { $0.name(results.tool) }
      list.entry("Machine, commit, date") { $0.name(stamp ?? "not stated") }
      list.entry("Probe suite") { $0.element(.code, text: "\(results.suiteDigest)") }
      list.entry("All numbers") { $0.element(.code, text: "OUT/study.json") }
      list.entry("All of it again") { entry in
        entry.element(
          .code,
          text: results.plan.world == nil
            ? "routemark reproduce --zoo ZOO --data DATA -o OUT"
            : "routemark reproduce --embedded -o OUT")
      }
    }
    section.remark(
      "OUT is the study\u{2019}s folder, ZOO that of base model, experts and heads, DATA that of images. "
        + "A case file holds everything its verdicts were computed from; \u{201C}routemark "
        + "verify\u{201D} recomputes it.")
    section.element(.div, .classes("commands")) { list in
      for block in blocks { write(block, to: &list) }
    }
  }

  private func write(_ block: Block, to list: inout MarkupWriter) {
    list.element(.h3, .identifier(block.anchor)) { $0.name(block.title) }
    if let file = block.caseFile {
      list.element(.p, .classes("soft")) { line in
        line.text("Case: ")
        line.element(.span) { $0.name("OUT/\(file)") }
        line.text("; check it with: routemark verify ")
        line.element(.span) { $0.name("OUT/\(file)") }
      }
    }
    for step in block.steps {
      list.element(.code) { code in
        code.name(step.command)
        // Standard output is the file.
        if step.product == .printed { code.name(" > OUT/\(step.output)") }
      }
    }
    list.lineFeed()
  }

  private var blocks: [Block] {
    var rest = steps
    func take(_ isMine: (StudyStep) -> Bool) -> [StudyStep] {
      let mine = rest.filter(isMine)
      rest.removeAll(where: isMine)
      return mine
    }
    let suspects = results.suspects.map { suspect in
      let outputs = Self.outputs(of: suspect.name)
      return Block(
        title: suspect.title, anchor: Self.anchor(suspect.name),
        caseFile: StudySteps.Name.comparison(suspect.name),
        steps: take { outputs.contains($0.output) || Self.isPart($0.output, of: suspect.name) })
    }
    let samples = results.plan.figures.sampleSizes.map { count in
      let names = ["victim", results.plan.figures.sampled]
      let sampled = names.map { StudySteps.Name.sampled($0, count) }
      let outputs = ["suites/\(count).json"] + sampled.flatMap { Self.outputs(of: $0) }
      return Block(
        title: "\(count) samples a task", anchor: Self.sampleAnchor(count),
        caseFile: StudySteps.Name.comparison(
          StudySteps.Name.sampled(results.plan.figures.sampled, count)),
        steps: take { outputs.contains($0.output) })
    }
    let accuracies = Block(
      title: "Accuracies", anchor: Self.accuracyAnchor, caseFile: nil,
      steps: take {
        $0.output.hasPrefix("accuracy/") || $0.output == StudySteps.Name.model("task-arithmetic")
      })
    let shared = Block(
      title: "What all of it rests on: experts, victim, probes", anchor: Self.sharedAnchor,
      caseFile: nil, steps: rest)
    return [shared] + suspects + samples + [accuracies]
  }

  /// The place of the commands that everything rests on.
  static let sharedAnchor = "shared-commands"

  /// What a suspect's own steps write.
  private static func outputs(of suspect: String) -> Set<String> {
    Set(
      [
        StudySteps.Name.model(suspect), StudySteps.Name.trace(suspect),
        StudySteps.Name.comparison(suspect),
      ]
        + BaselineMethod.allCases.map { StudySteps.Name.baseline($0, suspect) })
  }

  /// Whether an output is a model on the way to a suspect.
  private static func isPart(_ output: String, of suspect: String) -> Bool {
    let prefix = "made/\(suspect)-"
    return output.hasPrefix(prefix) && Int(output.dropFirst(prefix.count)) != nil
  }
}
