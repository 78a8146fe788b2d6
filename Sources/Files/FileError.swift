import Diagnostics

/// What can go wrong when a file is opened, read or written.
public enum FileError: DiagnosableError, Equatable {
  /// The file could not be opened; `reason` is the operating system's.
  case cannotOpen(path: String, reason: String)
  /// The path names a directory or a device where a regular file was expected.
  case notARegularFile(path: String)
  /// A read ended early: the file shrank, or the disk failed.
  case cannotRead(path: String, offset: Int, reason: String)
  /// Writing failed; nothing was left under the final name.
  case cannotWrite(path: String, reason: String)
  /// The output exists and the caller did not ask to replace it.
  case exists(path: String)

  /// The stable identifier.
  public var code: String {
    switch self {
    case .cannotOpen: "file.cannot-open"
    case .notARegularFile: "file.not-a-regular-file"
    case .cannotRead: "file.cannot-read"
    case .cannotWrite: "file.cannot-write"
    case .exists: "file.exists"
    }
  }

  /// What is wrong, with the values.
  public var what: String {
    switch self {
    case .cannotOpen(_, let reason): "cannot open the file: \(reason)"
    case .notARegularFile: "expected a regular file, found a directory or device"
    case .cannotRead(_, let offset, let reason): "cannot read at byte \(offset): \(reason)"
    case .cannotWrite(_, let reason): "cannot write: \(reason)"
    case .exists: "the output exists already"
    }
  }

  /// The file.
  public var location: String? {
    switch self {
    case .cannotOpen(let path, _), .notARegularFile(let path), .cannotRead(let path, _, _),
      .cannotWrite(let path, _), .exists(let path):
      path
    }
  }

  /// How to fix it.
  public var hints: [String] {
    switch self {
    case .cannotOpen: ["check the path and its permissions"]
    case .notARegularFile: ["name the file itself"]
    case .cannotRead: ["check that nothing else is writing to the file, then try again"]
    case .cannotWrite: ["check free space and the permissions of the folder"]
    case .exists: ["choose another name, or pass --force to replace it"]
    }
  }
}
