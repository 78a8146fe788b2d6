import Attribution
import Calibration
import Statistics

extension ReportCase {
  /// Intervals over probe images, a row a suspect expert.
  struct IntervalTable {
    /// How they were formed and what they say.
    let caption: String
    /// The numbers they are of.
    let titles: [String]
    /// A suspect expert and its intervals; `nil` where something was not compared.
    let rows: [(expert: String, intervals: [BootstrapInterval?])]
  }

  /// Intervals of all numbers that have some; `nil` when images were not kept in blocks.
  var intervalTable: IntervalTable? {
    guard let intervals = attributionCase.intervals else { return nil }
    let columns: [(title: String, values: [BootstrapInterval?])] = [
      ("top-1", intervals.experts.map(\.similarity)),
      ("margin", intervals.experts.map(\.margin)),
      ("routing residual", intervals.experts.map(\.routingResidual)),
      ("functional residual", intervals.experts.map(\.functionalResidual)),
    ].filter { $0.values.contains { $0 != nil } }
    return IntervalTable(
      caption: Self.caption(intervals), titles: columns.map(\.title),
      rows: zip(attributions.map(\.suspectExpert), attributions.indices).map { name, index in
        (name, columns.map { $0.values[index] })
      })
  }

  private static func caption(_ intervals: CaseIntervals) -> String {
    var blocks: [String] = []
    if let least = intervals.blockCounts.min(), let most = intervals.blockCounts.max() {
      blocks.append("\(least == most ? "" : "\(least) to ")\(most) blocks of each task's images")
    }
    if let count = intervals.responseBlockCount { blocks.append("\(count) blocks of responses") }
    return
      "\(percent(intervals.options.level)) intervals over probe images "
      + "(\(intervals.options.replicateCount) draws of \(blocks.joined(separator: ", "))): how much "
      + "depends on which images were shown, not how alike other experts of the task are"
  }

  /// Why there are no intervals.
  static let noIntervals =
    "no intervals over probe images: one of the fingerprints keeps no blocks of images, or other "
    + "ones (see --blocks)"
}

extension BootstrapInterval {
  /// Both ends.
  var text: String { "\(FixedDigits.text(lower)) to \(FixedDigits.text(upper))" }

  /// Both ends, with true minus signs.
  var typographicText: String {
    [lower, upper].map { MarkupWriter.typographic(FixedDigits.text($0)) }
      .joined(separator: " to ")
  }
}
