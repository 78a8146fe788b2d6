import Attribution

/// What a case says, in the words that every report uses.
public struct CaseWords: Sendable {
  /// The verdict, such as `consistent with reuse`.
  public let verdict: String
  /// The finding in one sentence.
  public let finding: String
  /// What a reader should know before the verdict.
  public let notes: [String]

  /// The words of a case.
  ///
  /// - Throws: what `TaskAlignment` throws.
  public init(_ value: AttributionCase) throws {
    let report = try ReportCase(value, isNew: true)
    verdict = report.headline.words
    finding = report.sentence.capitalisedFirst
    notes = value.notes
  }
}
