/// SplitMix64: the same inputs from the same seed on every machine.
struct InputGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

/// What is put in place of bytes: numbers at the edges of their types, what JSON is made of, and
/// characters that are more than one byte or act on a terminal.
private let fragments: [[UInt8]] =
  [
    "0", "-1", "1", "4611686018427387904", "9223372036854775807", "-9223372036854775808",
    "18446744073709551616", "1e308", "1e999", "1e-400", "-0.0", "null", "true", "[]", "{}", "\"\"",
    ",", ":", "[", "]", "{", "}", "\"", "\\", "\\u0000", "\\ud800", "\u{202E}", "\u{1B}[2J", "\n",
    "e\u{301}\u{323}", "é", "F32", "BF16", "../", "/dev/zero", "\u{0}",
  ].map { Array($0.utf8) }
  + [
    [0xFF, 0xFF, 0xFF, 0xFF], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F], [0x80],
    [0xC0, 0x80],
    [0, 0, 0, 0, 0, 0, 0, 0x40],
  ]

/// One change of the kinds that damage, careless editing and malice make.
func mutate(_ bytes: inout [UInt8], _ generator: inout InputGenerator) {
  guard !bytes.isEmpty else { return bytes = fragments.randomElement(using: &generator) ?? [] }
  let place = Int.random(in: 0..<bytes.count, using: &generator)
  switch Int.random(in: 0..<8, using: &generator) {
  case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
  case 1: bytes[place] = UInt8.random(in: 0...255, using: &generator)
  case 2: bytes.removeSubrange(place..<min(bytes.count, place + 1 + Int(generator.next() % 16)))
  case 3: bytes.removeLast(bytes.count - place)
  case 4:
    let part = bytes[place..<min(bytes.count, place + 1 + Int(generator.next() % 64))]
    bytes.insert(contentsOf: part, at: Int.random(in: 0...bytes.count, using: &generator))
  case 5:
    bytes.insert(contentsOf: fragments.randomElement(using: &generator) ?? [], at: place)
  case 6:
    let fragment = fragments.randomElement(using: &generator) ?? []
    bytes.replaceSubrange(place..<min(bytes.count, place + fragment.count), with: fragment)
  default:
    // A number in the text becomes another number.
    let isDigit: (UInt8) -> Bool = { $0 >= 0x30 && $0 <= 0x39 }
    guard let first = bytes[place...].firstIndex(where: isDigit) else { return }
    let end = bytes[first...].firstIndex { !isDigit($0) } ?? bytes.count
    let number = fragments[Int(generator.next() % 10)]
    bytes.replaceSubrange(first..<end, with: number)
  }
}
