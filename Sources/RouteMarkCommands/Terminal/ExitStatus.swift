import ArgumentParser

/// What the process's exit code says.
enum ExitStatus {
  /// Done.
  static let done: Int32 = 0
  /// Done, and the answer is negative: only `verify` commands say so.
  static let negative = ExitCode(1)
  /// Could not finish, even in part.
  static let failed: Int32 = 2
  /// The arguments are wrong.
  static let usage: Int32 = 64
  /// An error of a kind this program does not know: a bug.
  static let bug: Int32 = 70
}
