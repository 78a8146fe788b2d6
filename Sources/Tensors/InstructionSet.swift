import CKernels

/// The instruction sets that the kernels are compiled for; the choice is made at run time.
public enum InstructionSet: String, CaseIterable, Sendable {
  /// Four lanes without fused multiply-adds; runs everywhere.
  case portable
  /// AArch64.
  case neon
  /// AVX2 and FMA.
  case avx2
  /// AVX-512 F, BW, VL and DQ.
  case avx512
  /// AVX-512 with bf16 dot products. Kernels on f32 are those of ``avx512``.
  case avx512bf16

  /// Whether this build and this machine have it.
  public var isAvailable: Bool { rm_available(code) }

  /// The most capable one that is available.
  public static let best: InstructionSet =
    allCases.last(where: \.isAvailable) ?? .portable

  var code: Int32 {
    switch self {
    case .portable: Int32(RM_PORTABLE)
    case .neon: Int32(RM_NEON)
    case .avx2: Int32(RM_AVX2)
    case .avx512: Int32(RM_AVX512)
    case .avx512bf16: Int32(RM_AVX512BF16)
    }
  }
}
