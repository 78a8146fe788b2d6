/// Which schema an evidence document is written in.
public enum EvidenceVersion: Int, Sendable, Comparable {
  /// Every array as nested JSON arrays.
  case one = 1
  /// Large arrays packed in base64, with their digests; a case has notes.
  case two = 2

  /// What an encoder's `userInfo` says under this key; version 2 where it says nothing.
  public static let key: CodingUserInfoKey = {
    guard let key = CodingUserInfoKey(rawValue: "routemark.evidence-version") else {
      preconditionFailure("a name makes a key")
    }
    return key
  }()

  /// The version that an encoder writes.
  public init(_ encoder: any Encoder) {
    self = encoder.userInfo[Self.key] as? EvidenceVersion ?? .two
  }

  /// Older versions come first.
  public static func < (left: EvidenceVersion, right: EvidenceVersion) -> Bool {
    left.rawValue < right.rawValue
  }
}
