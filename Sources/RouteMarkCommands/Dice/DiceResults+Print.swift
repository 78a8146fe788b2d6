import ExactTests
import Examinations
import Foundation
import OwnerFiles
import Reports
import WeightMarks

/// What the commands of the owner's dice print at their end.

extension SubsetDrawSummary {
  func print(_ options: CommonOptions) throws {
    if options.json { return try JSONOutput.print(self) }
    let console = Console.current
    let items = kind == .images ? "images" : "windows"
    console.line("used     \(used)  \(usedCount) of \(itemCount) \(items)")
    if leftOutCount > 0 {
      console.line("left out \(leftOutCount) \(items) with the bytes of an earlier one")
    }
    console.line("pool     \(pool)")
    console.line("secret   \(secret), only you may read it")
    console.note("next: train on \(used), and keep \(secret) until the day of the test")
  }
}

extension SubsetPowerReport {
  func print(_ options: CommonOptions) throws {
    if options.json { return try JSONOutput.print(self) }
    let console = Console.current
    console.line(
      "victim   z = \(FixedDigits.text(z, digits: 1)), \(usedCount) of \(itemCount) items used")
    console.line(
      "a copy that keeps this much of z is found at p <= \(PValueText.of(level)) so often:")
    for row in rows {
      let more =
        row.power < 0.9 ? row.itemsNeeded.map { "  (90 % would need about \($0) items)" } ?? "" : ""
      console.line(
        "  \(FixedDigits.text(100 * row.share, digits: 0)) %  \(FixedDigits.text(100 * row.power, digits: 0)) %\(more)"
      )
    }
  }
}

extension SubsetCase {
  func print(_ options: CommonOptions) throws {
    if options.json { return try JSONOutput.print(SubsetTestReport(self)) }
    let console = Console.current
    var table = TextTable([
      .leading("suspect"), .trailing("z"), .trailing("p"), .trailing("floor"), .trailing("Holm"),
      .leading("verdict", canShrink: false),
    ])
    for (suspect, verdict) in zip(suspects, verdicts) {
      table.append([
        .init(suspect.answers.name), .init(FixedDigits.text(suspect.result.statistic, digits: 1)),
        .init(PValueText.of(suspect.result.pValue)), .init(PValueText.of(suspect.result.floor)),
        .init(verdict.adjustedPValue.map(PValueText.of) ?? ""), .init(verdict.words),
      ])
    }
    console.out(table.render(width: console.width))
    console.line()
    console.line(
      "test     secret subset, \(subset.used.count { $0 }) of \(subset.items.count) items used")
    if let first = suspects.first { console.line("assumes  \(first.result.assumption.sentence)") }
    console.line(powerLine)
    Self.printSteps(verdicts)
  }

  private var powerLine: String {
    guard let power else {
      return "power    not known; name the victim to see how well a copy would be found"
    }
    return
      "power    victim z = \(FixedDigits.text(power.z, digits: 1)); a copy that keeps half of it is found "
      + "\(FixedDigits.text(100 * power.ofHalfCopy, digits: 0)) % of the time"
  }

  /// What would decide what was left open, once each.
  static func printSteps(_ verdicts: [ExactVerdict]) {
    var seen: Set<String> = []
    for verdict in verdicts {
      for step in verdict.wouldDecide where seen.insert(step.words()).inserted {
        Console.current.line("decides  \(step.words())")
      }
    }
  }
}

extension MarkKeySummary {
  func print(_ options: CommonOptions) throws {
    if options.json { return try JSONOutput.print(self) }
    Console.current.line("key      \(path), only you may read it")
    Console.current.line("file     \(digest)")
  }
}

extension MarkSummary {
  func print(_ options: CommonOptions) throws {
    if options.json { return try JSONOutput.print(self) }
    let console = Console.current
    var table = TextTable([
      .leading("tensor"), .trailing("pattern"), .trailing("largest change"),
      .trailing("relative change"),
    ])
    for tensor in tensors {
      table.append([
        .init(tensor.name), .init(String(format: "%.2e", tensor.amplitude)),
        .init(String(format: "%.2e", tensor.largestChange)),
        .init(String(format: "%.3f %%", 100 * tensor.relativeChange)),
      ])
    }
    console.out(table.render(width: console.width))
    console.line()
    console.line("marked   \(path)\(licensee.map { ", for \($0)" } ?? "")")
    console.line("digest   \(digest)")
    for (old, new) in zip(before ?? [], after ?? []) {
      console.line(
        "answers  \(old.name): \(old.correct) of \(old.samples) right before, \(new.correct) after")
    }
    console.note(
      "the copy's config.json does not have the record of the training, which states its seed")
  }
}

extension MarkCase {
  func print(_ options: CommonOptions) throws {
    if options.json { return try JSONOutput.print(self) }
    let console = Console.current
    let hasLicensees = experts.contains { $0.readings.contains { $0.licensee != nil } }
    var columns: [TextTable.Column] = [.leading("suspect expert", canShrink: false)]
    if hasLicensees { columns.append(.leading("licensee")) }
    columns += [
      .trailing("z"), .trailing("p"), .trailing("Holm"), .leading("verdict"),
    ]
    var table = TextTable(columns)
    let readings = experts.flatMap { expert in expert.readings.map { (expert, $0) } }
    for ((expert, reading), verdict) in zip(readings, verdicts) {
      var cells: [TextTable.Cell] = [.init(expert.name)]
      if hasLicensees { cells.append(.init(reading.licensee ?? "")) }
      cells += [
        .init(FixedDigits.text(reading.result.statistic, digits: 1)),
        .init(PValueText.of(reading.result.pValue)),
        .init(verdict.adjustedPValue.map(PValueText.of) ?? ""),
        .init(verdict.words),
      ]
      table.append(cells)
    }
    console.out(table.render(width: console.width))
    console.line()
    if let first = experts.first?.readings.first {
      console.line(
        "test     keyed mark on \(scope) weights, smallest p \(String(format: "%.0e", first.result.floor))"
      )
      console.line("assumes  \(first.result.assumption.sentence)")
    }
    SubsetCase.printSteps(verdicts)
  }
}

extension MarkCase.Comparison {
  /// What was done to compare, in a few words.
  var words: String {
    var parts: [String] = []
    if movedUnitShare > 0 {
      parts.append("\(FixedDigits.text(100 * movedUnitShare, digits: 0)) % of units moved back")
    }
    if isMasked { parts.append("without zeros") }
    if let gridBits { parts.append("on \(gridBits) bits") }
    if let coefficient, abs(coefficient - 1) > 0.05 {
      parts.append("\(FixedDigits.text(coefficient, digits: 2)) of the task vector")
    }
    if similarity < MarkCase.leastSimilarity { parts.append("in other coordinates") }
    return parts.isEmpty ? "as it is" : parts.joined(separator: ", ")
  }
}

extension CommitmentSummary {
  func print(_ options: CommonOptions) throws {
    if options.json { return try JSONOutput.print(self) }
    let console = Console.current
    console.line("commitment  \(path)")
    console.line("digest      \(digest)")
    console.line("binds to    \(secrets.joined(separator: ", "))")
    console.line("opening     \(opening), only you may read it")
    if hasPopularSeed {
      console.warn(
        "many people train with the victim's seed: it is no secret, and re-runs can show nothing")
    }
    console.note("next: publish the commitment or its digest, or have it time-stamped")
  }
}

extension CommitmentCheck {
  func print(_ options: CommonOptions) throws {
    if options.json { return try JSONOutput.print(self) }
    let console = Console.current
    for item in items {
      switch item.agrees {
      case true?: console.line("agrees       \(item.subject)")
      case false?:
        console.line(
          "differs      \(item.subject): \(item.expected), found \(item.found ?? "nothing")")
      case nil: console.line("not checked  \(item.subject): \(item.expected)")
      }
    }
    console.line(
      holds
        ? "everything that was checked is as committed to"
        : "something is not as committed to")
  }
}

extension OwnerCaseVerification {
  func print(_ options: CommonOptions) throws {
    if options.json {
      try JSONOutput.print(self)
    } else {
      let console = Console.current
      console.line("case     \(digest)")
      for verdict in verdicts { console.line("verdict  \(verdict)") }
      for item in discrepancies.prefix(20) {
        console.line("differs  \(item.path): \(item.stored), recomputed \(item.recomputed)")
      }
      for line in notChecked { console.line("stated by the author, not checked: \(line)") }
      console.line(
        verified
          ? "\(file): every number follows from what the case itself holds"
          : "\(file): \(discrepancies.count) values do not follow from the rest of the case")
    }
    if !verified { throw ExitStatus.negative }
  }
}
