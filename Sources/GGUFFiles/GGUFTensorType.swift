/// The types of tensors in a GGUF file that are read.
///
/// Source: `ggml.h` and `ggml-quants.c` of llama.cpp. Quantised types store blocks of values along a row.
public enum GGUFTensorType: UInt32, Sendable, CaseIterable {
  case f32 = 0
  case f16 = 1
  case q4_0 = 2
  case q4_1 = 3
  case q5_0 = 6
  case q5_1 = 7
  case q8_0 = 8
  case q2K = 10
  case q3K = 11
  case q4K = 12
  case q5K = 13
  case q6K = 14
  case f64 = 28
  case bf16 = 30

  /// Values in a block; 1 for floats.
  public var blockLength: Int {
    switch self {
    case .f32, .f16, .f64, .bf16: 1
    case .q4_0, .q4_1, .q5_0, .q5_1, .q8_0: 32
    case .q2K, .q3K, .q4K, .q5K, .q6K: 256
    }
  }

  /// Bytes of a block.
  public var blockByteCount: Int {
    switch self {
    case .f32: 4
    case .f16, .bf16: 2
    case .f64: 8
    case .q4_0: 18
    case .q4_1: 20
    case .q5_0: 22
    case .q5_1: 24
    case .q8_0: 34
    case .q2K: 84
    case .q3K: 110
    case .q4K: 144
    case .q5K: 176
    case .q6K: 210
    }
  }

  /// Whether values are codes of a block and not floats of their own.
  public var isQuantized: Bool { blockLength > 1 }

  /// Neighbours that share a step and an offset; 1 for floats.
  public var groupLength: Int {
    switch self {
    case .f32, .f16, .f64, .bf16: 1
    case .q4_0, .q4_1, .q5_0, .q5_1, .q8_0, .q4K, .q5K: 32
    case .q2K, .q3K, .q6K: 16
    }
  }

  /// The codes that a value may have.
  public var codes: ClosedRange<Int> {
    switch self {
    case .f32, .f16, .f64, .bf16: 0...0
    case .q4_0: -8...7
    case .q4_1, .q4K: 0...15
    case .q5_0: -16...15
    case .q5_1, .q5K: 0...31
    case .q8_0: -128...127
    case .q2K: 0...3
    case .q3K: -4...3
    case .q6K: -32...31
    }
  }

  /// The name that llama.cpp prints.
  public var name: String {
    switch self {
    case .f32: "F32"
    case .f16: "F16"
    case .f64: "F64"
    case .bf16: "BF16"
    case .q4_0: "Q4_0"
    case .q4_1: "Q4_1"
    case .q5_0: "Q5_0"
    case .q5_1: "Q5_1"
    case .q8_0: "Q8_0"
    case .q2K: "Q2_K"
    case .q3K: "Q3_K"
    case .q4K: "Q4_K"
    case .q5K: "Q5_K"
    case .q6K: "Q6_K"
    }
  }

  /// The name of any type's number, for messages.
  static func name(of number: UInt32) -> String {
    let others: [UInt32: String] = [
      9: "Q8_1", 15: "Q8_K", 16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S", 20: "IQ4_NL",
      21: "IQ3_S", 22: "IQ2_S", 23: "IQ4_XS", 24: "I8", 25: "I16", 26: "I32", 27: "I64",
      29: "IQ1_M",
      34: "TQ1_0", 35: "TQ2_0", 39: "MXFP4",
    ]
    return GGUFTensorType(rawValue: number)?.name ?? others[number] ?? "number \(number)"
  }
}
