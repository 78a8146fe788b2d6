import Diagnostics

/// Why a case cannot be shown: its parts do not fit each other.
///
/// Cases that were computed always fit; cases that were read from a file may have been edited.
public enum ReportError: DiagnosableError, Equatable {
  /// A table or list of the case has the wrong number of entries.
  case wrongLength(key: String, expected: Int, actual: Int)
  /// An index of the case points at nothing.
  case indexOutOfRange(key: String, count: Int, actual: Int)

  /// The stable identifier.
  public var code: String {
    switch self {
    case .wrongLength: "report.wrong-length"
    case .indexOutOfRange: "report.index-out-of-range"
    }
  }

  /// What is wrong.
  public var what: String {
    switch self {
    case .wrongLength(_, let expected, let actual):
      "expected \(expected) entries, found \(actual)"
    case .indexOutOfRange(_, let count, let actual):
      "expected an index below \(count), found \(actual)"
    }
  }

  /// The key at fault.
  public var location: String? {
    switch self {
    case .wrongLength(let key, _, _), .indexOutOfRange(let key, _, _): "key `\(key)`"
    }
  }

  /// How to fix it.
  public var hints: [String] {
    ["the case is damaged or was edited; attribute again from the fingerprints"]
  }
}
