/// Text that can be compared and normalised in time proportional to its length.
///
/// Marks that combine with the character before them are put in order first, which takes the square of
/// their number in a row: 100 kB of them would stop a program for minutes. Unicode's Stream-Safe Text
/// Format (Annex 15, section 13) allows 30 in a row, more than any language writes.
public enum StreamSafeText {
  /// The most marks in a row.
  public static let markLimit = 30

  /// Whether text has no longer run of combining marks.
  public static func isSafe(_ text: String) -> Bool {
    var run = 0
    for scalar in text.unicodeScalars {
      // The first mark is U+0300.
      guard scalar.value >= 0x300, scalar.properties.canonicalCombiningClass != .notReordered else {
        run = 0
        continue
      }
      run += 1
      if run > markLimit { return false }
    }
    return true
  }
}
