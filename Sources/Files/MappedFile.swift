import Foundation

/// A file mapped read-only into memory: pages are read when touched and can be given back.
///
/// Safe to share between threads because nothing can write through it. A file that another process
/// truncates while it is mapped ends the process with a bus error, as with any mapping; outputs of
/// this project are replaced by renaming and so are never truncated in place.
public final class MappedFile: Sendable {
  /// The path as it was given.
  public let path: String
  /// Length in bytes.
  public let count: Int
  private let address: UInt

  /// Which file it is, and how it was when it was mapped.
  package let version: FileVersion

  /// Maps the regular file at `path`, links followed.
  ///
  /// - Throws: ``FileError/cannotOpen(path:reason:)``,
  ///   ``FileError/notARegularFile(path:actual:)``.
  public init(path: String) throws(FileError) {
    let file = try ReadableFile(path: path)
    defer { close(file.descriptor) }
    self.path = path
    version = file.version
    count = file.version.count
    if count == 0 {
      address = 0
    } else {
      let mapping = mmap(nil, count, PROT_READ, MAP_PRIVATE, file.descriptor, 0)
      guard let mapping, mapping != MAP_FAILED else {
        throw .cannotOpen(path: path, reason: String(cString: strerror(errno)))
      }
      address = UInt(bitPattern: mapping)
    }
  }

  /// Whether the file that is mapped was perhaps written to since: its length or its time differs.
  ///
  /// A file that was replaced by renaming has not changed: the mapping is of the old one, whole.
  public var mayHaveChanged: Bool { current.map { $0 != version } ?? false }

  /// Whether the file that is mapped has lost bytes: what lies beyond its end cannot be read any more.
  public var hasShrunk: Bool { current.map { $0.count < count } ?? false }

  /// The mapped file as it is now, if it still has its name.
  private var current: FileVersion? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    let now = FileVersion(status)
    return now.device == version.device && now.inode == version.inode ? now : nil
  }

  deinit {
    if count > 0 { munmap(UnsafeMutableRawPointer(bitPattern: address), count) }
  }

  /// Calls `body` with the bytes in `range`; they must not be used after it returns.
  ///
  /// - Precondition: `range` lies within `0..<count`.
  public func withBytes<Result, Failure: Error>(
    _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "range within the file")
    let start = UnsafeRawPointer(bitPattern: address).map { $0 + range.lowerBound }
    return try withExtendedLifetime(self) { () throws(Failure) -> Result in
      try body(UnsafeRawBufferPointer(start: start, count: range.count))
    }
  }

  /// Gives the pages that lie wholly in `range` back to the system; they are read again when touched.
  ///
  /// A model that was converted tensor by tensor would otherwise be in memory twice.
  ///
  /// - Precondition: `range` lies within `0..<count`.
  public func giveBack(_ range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "range within the file")
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let first = (range.lowerBound + page - 1) / page * page
    let end = range.upperBound / page * page
    guard first < end, let start = UnsafeMutableRawPointer(bitPattern: address) else { return }
    madvise(start + first, end - first, MADV_DONTNEED)
  }
}
