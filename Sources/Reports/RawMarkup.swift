/// Markup that is written as it stands, without escaping.
///
/// Everything else a report writes is escaped. A search for the name of this type finds every
/// place that could let markup through.
package struct RawMarkup: Sendable {
  package let text: String

  package init(_ text: String) {
    self.text = text
  }
}
