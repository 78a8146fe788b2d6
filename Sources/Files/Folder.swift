import Foundation

/// Making and removing folders, with errors that name them.
public enum Folder {
  /// Makes a folder and those that lead to it, where they are missing.
  ///
  /// - Throws: ``FileError/notReplaceable(path:actual:)`` when the name is that of a file, a pipe or a
  ///   device; ``FileError/cannotWrite(path:reason:)``.
  public static func make(_ path: String) throws(FileError) {
    if path.isEmpty { return }  // The folder that is current.
    if let kind = FileKind(at: path) {
      guard kind == .folder else { throw .notReplaceable(path: path, actual: kind) }
      return
    }
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw .cannotWrite(path: path, reason: reason(error))
    }
  }

  /// Removes a folder and what is in it; nothing is there when it is done.
  ///
  /// - Throws: ``FileError/cannotWrite(path:reason:)``.
  public static func remove(_ path: String) throws(FileError) {
    guard FileKind(ofLinkAt: path) != nil else { return }
    do {
      try FileManager.default.removeItem(atPath: path)
    } catch {
      throw .cannotWrite(path: path, reason: reason(error))
    }
  }

  private static func reason(_ error: any Error) -> String {
    let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
    if let underlying, underlying.domain == NSPOSIXErrorDomain {
      return String(cString: strerror(Int32(underlying.code)))
    }
    return error.localizedDescription
  }
}
