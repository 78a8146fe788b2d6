/// The numbers that weights are kept in and that products multiply; sums are f32 in both.
public enum Precision: String, CaseIterable, Sendable, Codable {
  /// 24 significant bits.
  case f32
  /// 8 significant bits in the range of f32. Half the memory, and with ``InstructionSet/avx512bf16``
  /// twice the speed; other instruction sets round alike and multiply in f32.
  case bf16
}
