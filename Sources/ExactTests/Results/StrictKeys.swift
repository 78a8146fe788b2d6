/// Any key of a JSON object.
private struct AnyKey: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }
  init(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}

extension Decoder {
  /// Refuses a key that is not one of `Known`: a misspelt key would be left out without a word.
  func refuseKeys<Known: CodingKey & CaseIterable>(beside known: Known.Type) throws {
    let names = Set(Known.allCases.map(\.stringValue))
    let container = try container(keyedBy: AnyKey.self)
    for key in container.allKeys where !names.contains(key.stringValue) {
      throw DecodingError.dataCorruptedError(
        forKey: key, in: container,
        debugDescription: "unknown key, expected one of \(names.sorted().joined(separator: ", "))")
    }
  }
}
