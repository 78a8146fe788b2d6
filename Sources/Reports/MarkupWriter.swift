/// Writes HTML with inline SVG that is also well-formed XML, and escapes all text.
package struct MarkupWriter {
  /// The elements that reports use.
  package enum Tag: String, Sendable {
    case html, head, meta, title, style, body, header, nav, main, section, footer
    case h1, h2, h3, p, a, strong, span, bdi, code, ul, ol, li, dl, dt, dd, div, figure, figcaption
    case details, summary, table, caption, thead, tbody, tr, th, td
    case svg, g, rect, path, text, circle, line

    var isVoid: Bool { self == .meta }
  }

  /// An attribute; its value is escaped.
  package struct Attribute: Sendable {
    let name: String
    let value: String

    private init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }

    package static func name(_ value: String) -> Attribute { Attribute("name", value) }
    package static func content(_ value: String) -> Attribute { Attribute("content", value) }
    package static func charset(_ value: String) -> Attribute { Attribute("charset", value) }
    package static func httpEquiv(_ value: String) -> Attribute { Attribute("http-equiv", value) }
    package static func lang(_ value: String) -> Attribute { Attribute("lang", value) }
    package static func classes(_ value: String) -> Attribute { Attribute("class", value) }
    package static func role(_ value: String) -> Attribute { Attribute("role", value) }
    package static func label(_ value: String) -> Attribute { Attribute("aria-label", value) }
    package static func title(_ value: String) -> Attribute { Attribute("title", value) }
    /// For shapes that must stay hollow where style sheets are refused.
    package static let hollow = Attribute("fill", "none")
    package static let outlined = Attribute("stroke", "currentColor")
    /// Out of the accessibility tree: decoration.
    package static let hidden = Attribute("aria-hidden", "true")
    package static func focusable(_ value: String) -> Attribute { Attribute("tabindex", value) }
    package static func identifier(_ value: String) -> Attribute { Attribute("id", value) }
    /// A link to a place on the same page; there is no other kind.
    package static func link(to identifier: String) -> Attribute {
      Attribute("href", "#\(identifier)")
    }
    package static func scope(_ value: String) -> Attribute { Attribute("scope", value) }
    package static func columns(_ value: Int) -> Attribute { Attribute("colspan", "\(value)") }
    package static func rows(_ value: Int) -> Attribute { Attribute("rowspan", "\(value)") }
    package static func x(_ value: Int) -> Attribute { Attribute("x", "\(value)") }
    package static func y(_ value: Int) -> Attribute { Attribute("y", "\(value)") }
    package static func width(_ value: Int) -> Attribute { Attribute("width", "\(value)") }
    package static func height(_ value: Int) -> Attribute { Attribute("height", "\(value)") }
    package static func data(_ value: String) -> Attribute { Attribute("d", value) }
    package static func anchor(_ value: String) -> Attribute { Attribute("text-anchor", value) }
    /// Turned about a point, in degrees, clockwise.
    package static func turned(_ degrees: Int, x: Int, y: Int) -> Attribute {
      Attribute("transform", "rotate(\(degrees) \(x) \(y))")
    }
    package static func strokeWidth(_ value: Int) -> Attribute {
      Attribute("stroke-width", "\(value)")
    }
    package static func viewBox(width: Int, height: Int) -> Attribute {
      Attribute("viewBox", "0 0 \(width) \(height)")
    }
  }

  /// What has been written.
  package private(set) var markup = ""

  package init() {}

  /// An element and what is inside.
  package mutating func element(
    _ tag: Tag, _ attributes: Attribute..., body: (inout MarkupWriter) -> Void = { _ in }
  ) {
    open(tag, attributes)
    if tag.isVoid { return }
    body(&self)
    markup += "</\(tag.rawValue)>"
  }

  /// An element that holds text only.
  package mutating func element(_ tag: Tag, _ attributes: Attribute..., text: String) {
    open(tag, attributes)
    self.text(text)
    markup += "</\(tag.rawValue)>"
  }

  private mutating func open(_ tag: Tag, _ attributes: [Attribute]) {
    markup += "<\(tag.rawValue)"
    for attribute in attributes {
      markup += " \(attribute.name)=\"\(Self.escaped(attribute.value))\""
    }
    markup += tag.isVoid ? "/>" : ">"
  }

  /// Text, escaped.
  package mutating func text(_ text: String) {
    markup += Self.escaped(text)
  }

  /// A name from a file: escaped, and kept from turning the direction of the text around it.
  package mutating func name(_ text: String) {
    element(.bdi, text: text)
  }

  /// A name that may be too long for its place: cut, and whole in its tooltip.
  package mutating func name(_ text: String, cutTo columns: Int) {
    let short = TextWidth.cut(text, to: columns)
    if short == text { name(text) } else { element(.bdi, .title(text), text: short) }
  }

  /// Markup as it stands.
  package mutating func raw(_ raw: RawMarkup) {
    markup += raw.text
  }

  /// A line feed, to keep the source readable.
  package mutating func lineFeed() {
    markup += "\n"
  }

  /// Text in which no character has a meaning to a parser.
  ///
  /// Characters that XML does not allow, and controls that turn the reading direction, become
  /// U+FFFD.
  package static func escaped(_ text: String) -> String {
    guard text.utf8.contains(where: needsCare) else { return text }
    var result = ""
    for scalar in TextWidth.harmless(text).unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// Markup, quotes, controls, and every byte outside ASCII; numbers and most names have none.
  private static func needsCare(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "&"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\""),
      UInt8(ascii: "'"), 0x00...0x1F, 0x7F...0xFF:
      true
    default: false
    }
  }
}
