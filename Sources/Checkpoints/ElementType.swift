/// The type of a tensor's elements, spelled as safetensors spells it.
///
/// The order of the cases is the format's canonical order, from the least to the most aligned.
/// Types of less than a byte (`F4`, `F6_E2M3`, `F6_E3M2`) are not read.
public enum ElementType: String, CaseIterable, Sendable, Codable {
  /// One byte, 0 or 1.
  case bool = "BOOL"
  /// Unsigned, 8 bits.
  case u8 = "U8"
  /// Signed, 8 bits.
  case i8 = "I8"
  /// Float of 8 bits with 5 for the exponent.
  case f8e5m2 = "F8_E5M2"
  /// Float of 8 bits with 4 for the exponent.
  case f8e4m3 = "F8_E4M3"
  /// A power of two in 8 bits.
  case f8e8m0 = "F8_E8M0"
  /// Signed, 16 bits.
  case i16 = "I16"
  /// Unsigned, 16 bits.
  case u16 = "U16"
  /// IEEE 754 half precision.
  case f16 = "F16"
  /// The upper half of a single precision float.
  case bf16 = "BF16"
  /// Signed, 32 bits.
  case i32 = "I32"
  /// Unsigned, 32 bits.
  case u32 = "U32"
  /// IEEE 754 single precision.
  case f32 = "F32"
  /// Two single precision floats.
  case c64 = "C64"
  /// IEEE 754 double precision.
  case f64 = "F64"
  /// Signed, 64 bits.
  case i64 = "I64"
  /// Unsigned, 64 bits.
  case u64 = "U64"

  /// Bytes an element takes.
  public var byteCount: Int {
    switch self {
    case .bool, .u8, .i8, .f8e5m2, .f8e4m3, .f8e8m0: 1
    case .i16, .u16, .f16, .bf16: 2
    case .i32, .u32, .f32: 4
    case .c64, .f64, .i64, .u64: 8
    }
  }

  /// Whether elements convert to `Float` and `Double`.
  public var isFloatingPoint: Bool {
    switch self {
    case .f16, .bf16, .f32, .f64: true
    default: false
    }
  }

  /// Whether elements convert to `Int`; booleans count as 0 and 1.
  public var isInteger: Bool {
    switch self {
    case .bool, .u8, .i8, .i16, .u16, .i32, .u32, .i64, .u64: true
    default: false
    }
  }

  /// The place in the canonical order.
  var canonicalRank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
