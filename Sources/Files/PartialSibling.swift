import Foundation

/// The temporary sibling that an output is written to before it has its name: `NAME.X.partial`, where X
/// is 13 random digits of base 36.
///
/// Its writer holds a lock on it, which the system lets go when the writer ends, also by SIGKILL. So
/// what a killed process has left is known by being free, and the next writer to the same output
/// removes it. On a file system without locks everything works but the removal.
public enum PartialSibling {
  private static let suffix = ".partial"
  /// Digits of the largest 64-bit number in base 36.
  private static let digitCount = 13

  /// A sibling's path that nobody uses.
  public static func path(for output: String) -> String {
    let digits = String(UInt64.random(in: 0...UInt64.max), radix: 36)
    let zeros = String(repeating: "0", count: digitCount - digits.count)
    return "\(output).\(zeros)\(digits)\(suffix)"
  }

  /// Takes the lock of a sibling that was just made, until `descriptor` is closed.
  ///
  /// - Returns: whether the sibling is the caller's: somebody who cleans up may have met it before it
  ///   had its lock.
  public static func hold(_ descriptor: Int32, at path: String) -> Bool {
    let isOurs = flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK
    return isOurs && FileManager.default.fileExists(atPath: path)
  }

  /// Removes the siblings of an output whose writers have ended; of those that cannot be removed
  /// nothing is said, since they are in nobody's way.
  public static func removeAbandoned(of output: String) {
    let url = URL(fileURLWithPath: output)
    let folder = url.deletingLastPathComponent()
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    for name in names where isSibling(name, of: url.lastPathComponent) {
      let path = folder.appendingPathComponent(name).path
      let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
      guard descriptor >= 0 else { continue }
      defer { close(descriptor) }
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 {
        try? FileManager.default.removeItem(atPath: path)
      }
    }
  }

  private static func isSibling(_ name: String, of output: String) -> Bool {
    let prefix = "\(output)."
    guard name.hasPrefix(prefix), name.hasSuffix(suffix) else { return false }
    let digits = name.dropFirst(prefix.count).dropLast(suffix.count)
    return name.count == prefix.count + digitCount + suffix.count
      && digits.allSatisfy { $0.isASCII && ($0.isLowercase || $0.isNumber) }
  }
}
