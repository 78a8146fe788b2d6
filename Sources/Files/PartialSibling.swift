import CFileSystem
import Foundation

/// The temporary sibling that an output is written to before it has its name: `NAME.X.partial`, where X
/// is 13 random digits of base 36.
///
/// Its writer holds a lock on it, which the system lets go when the writer ends, also by SIGKILL. So
/// what a killed process has left is known by being free, and the next writer to the same output
/// removes it. On a file system without locks everything works but the removal.
///
/// Where the system can neither exchange two names nor refuse to replace one (``takeName(of:for:)``), a
/// folder that is replaced is called `NAME.X.previous` for a moment. Somebody who is killed in it leaves
/// that name and none under NAME; the next writer gives it back its name.
public enum PartialSibling {
  private static let suffix = ".partial"
  private static let previousSuffix = ".previous"
  /// Digits of the largest 64-bit number in base 36.
  private static let digitCount = 13

  /// A sibling's path that nobody uses.
  private static func path(for output: String, _ suffix: String) -> String {
    let digits = String(UInt64.random(in: 0...UInt64.max), radix: 36)
    let zeros = String(repeating: "0", count: digitCount - digits.count)
    return "\(output).\(zeros)\(digits)\(suffix)"
  }

  /// Makes a sibling and takes its lock, which lasts until the descriptor is closed.
  ///
  /// - Parameter make: makes the sibling at a path and opens it, or returns -1 with `errno` set.
  /// - Throws: ``FileError/cannotWrite(path:reason:)``.
  package static func make(
    for output: String, _ make: (_ path: String) -> Int32
  ) throws(FileError) -> (path: String, descriptor: Int32) {
    // Somebody who cleans up may meet it before it has its lock, and remove it: then another is made.
    for _ in 0..<8 {
      let path = path(for: output, suffix)
      let descriptor = make(path)
      guard descriptor >= 0 else {
        let error = errno
        let reason = String(cString: strerror(error))
        // The folder may have been removed between its making and its opening.
        if error == ENOENT, FileKind(at: NamedPlace(output).folder) == .folder { continue }
        throw .cannotWrite(path: output, reason: reason)
      }
      let isLocked = flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK
      if isLocked, FileKind(ofLinkAt: path) != nil { return (path, descriptor) }
      close(descriptor)
    }
    throw .cannotWrite(path: output, reason: "others write to the same name")
  }

  /// Removes the siblings of an output whose writers have ended; of those that cannot be removed
  /// nothing is said, since they are in nobody's way.
  public static func removeAbandoned(of output: String) {
    let place = NamedPlace(output)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: place.folder)) ?? []
    for name in names {
      let isPrevious = isSibling(name, of: place.name, previousSuffix)
      guard isPrevious || isSibling(name, of: place.name, suffix) else { continue }
      let path = "\(place.folder)/\(name)"
      // Neither a link nor something that waits to be opened is a sibling.
      switch FileKind(ofLinkAt: path) {
      case .regularFile, .folder: break
      default: continue
      }
      let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
      guard descriptor >= 0 else { continue }
      defer { close(descriptor) }
      guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { continue }
      if isPrevious, renameUnlessTaken(path, to: output) == 0 { continue }
      try? FileManager.default.removeItem(atPath: path)
    }
  }

  private static func isSibling(_ name: String, of output: String, _ suffix: String) -> Bool {
    let (name, prefix, suffix) = (Array(name.utf8), Array("\(output).".utf8), Array(suffix.utf8))
    guard name.count == prefix.count + digitCount + suffix.count, name.starts(with: prefix),
      name.suffix(suffix.count) == suffix[...]
    else { return false }
    return name.dropFirst(prefix.count).dropLast(suffix.count).allSatisfy {
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
        || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
    }
  }

  // MARK: Taking a name

  /// Gives what lies at `temporary` the name `output`, which nobody may have: of two writers to one
  /// name one wins.
  ///
  /// - Throws: ``FileError/exists(path:)``, ``FileError/cannotWrite(path:reason:)``.
  package static func takeNewName(
    of temporary: String, for output: String
  ) throws(FileError) {
    let outcome = renameUnlessTaken(temporary, to: output)
    if outcome == 0 { return synchronizeFolder(of: output) }
    if FileKind(ofLinkAt: output) != nil { throw .exists(path: output) }
    throw .cannotWrite(path: output, reason: String(cString: strerror(outcome)))
  }

  /// Gives what lies at `temporary` the name `output`, in place of what has that name, which is removed.
  ///
  /// A process that is killed leaves the old or the new, and the next writer can tell.
  ///
  /// - Throws: ``FileError/cannotWrite(path:reason:)``; what was there is there then.
  package static func takeName(of temporary: String, for output: String) throws(FileError) {
    // What is there may come and go while others write to the same name.
    for _ in 0..<8 {
      if FileKind(ofLinkAt: output) == nil {
        let outcome = renameUnlessTaken(temporary, to: output)
        if outcome == 0 { return synchronizeFolder(of: output) }
        if FileKind(ofLinkAt: output) != nil { continue }
        throw .cannotWrite(path: output, reason: String(cString: strerror(outcome)))
      }
      switch routemark_rename_exchange(temporary, output) {
      case 0:
        synchronizeFolder(of: output)
        try? FileManager.default.removeItem(atPath: temporary)
        return
      case ENOENT: continue
      case ENOSYS, EINVAL: return try replaceInTwoSteps(temporary, output)
      case let error: throw .cannotWrite(path: output, reason: String(cString: strerror(error)))
      }
    }
    throw .cannotWrite(path: output, reason: "others write to the same name")
  }

  /// For systems that cannot exchange two names.
  private static func replaceInTwoSteps(_ temporary: String, _ output: String) throws(FileError) {
    let previous = path(for: output, previousSuffix)
    let descriptor = open(output, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    defer { if descriptor >= 0 { close(descriptor) } }
    // Held, so that nobody takes it for what a killed process has left.
    if descriptor >= 0 { flock(descriptor, LOCK_EX | LOCK_NB) }
    guard rename(output, previous) == 0 else {
      throw .cannotWrite(path: output, reason: String(cString: strerror(errno)))
    }
    guard rename(temporary, output) == 0 else {
      let reason = String(cString: strerror(errno))
      _ = renameUnlessTaken(previous, to: output)
      throw .cannotWrite(path: output, reason: reason)
    }
    synchronizeFolder(of: output)
    try? FileManager.default.removeItem(atPath: previous)
  }

  /// Renames unless the new name is taken.
  ///
  /// - Returns: 0, or the system's error.
  private static func renameUnlessTaken(_ source: String, to target: String) -> Int32 {
    let outcome = routemark_rename_new(source, target)
    guard outcome == ENOSYS || outcome == EINVAL else { return outcome }
    if FileKind(ofLinkAt: source) == .folder {
      // A folder takes the place of nothing or of an empty folder, never of one that has files.
      return rename(source, target) == 0 ? 0 : errno
    }
    // A link fails when the name is taken, where rename would replace it.
    guard link(source, target) == 0 else { return errno }
    unlink(source)
    return 0
  }

  /// Makes the new name last through a power cut; where that cannot be done nothing is lost yet.
  static func synchronizeFolder(of output: String) {
    let descriptor = open(NamedPlace(output).folder, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }
}
