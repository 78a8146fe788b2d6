import Diagnostics

/// What can go wrong when a file is opened, read or written.
public enum FileError: DiagnosableError, Equatable {
  /// The file could not be opened; `reason` is the operating system's.
  case cannotOpen(path: String, reason: String)
  /// The path names a folder, a pipe, a socket or a device where a regular file was expected.
  case notARegularFile(path: String, actual: FileKind)
  /// A read ended early: the file shrank, or the disk failed.
  case cannotRead(path: String, offset: Int, reason: String)
  /// The file was written to after its first byte was read.
  case changedMeanwhile(path: String)
  /// Writing failed; nothing was left under the final name.
  case cannotWrite(path: String, reason: String)
  /// The output exists and the caller did not ask to replace it.
  case exists(path: String)
  /// The output's name is that of something which no output may replace.
  case notReplaceable(path: String, actual: FileKind)
  /// The output would replace a file that the same request has read, or a folder that holds one.
  case replacesInput(path: String, input: String)
  /// Two outputs have one name.
  case oneNameTwice(path: String, other: String)

  /// The stable identifier.
  public var code: String {
    switch self {
    case .cannotOpen: "file.cannot-open"
    case .notARegularFile: "file.not-a-regular-file"
    case .cannotRead: "file.cannot-read"
    case .changedMeanwhile: "file.changed-meanwhile"
    case .cannotWrite: "file.cannot-write"
    case .exists: "file.exists"
    case .notReplaceable: "file.not-replaceable"
    case .replacesInput: "file.replaces-input"
    case .oneNameTwice: "file.one-name-twice"
    }
  }

  /// What is wrong, with the values.
  public var what: String {
    switch self {
    case .cannotOpen(_, let reason): "cannot open the file: \(reason)"
    case .notARegularFile(_, let actual): "expected a regular file, found \(actual.rawValue)"
    case .cannotRead(_, let offset, let reason): "cannot read at byte \(offset): \(reason)"
    case .changedMeanwhile: "the file was changed while it was read"
    case .cannotWrite(_, let reason): "cannot write: \(reason)"
    case .exists: "the output exists already"
    case .notReplaceable(_, let actual):
      "expected the name of a file that is new or may be replaced, found \(actual.rawValue)"
    case .replacesInput(_, let input): "the output would replace its own input `\(input)`"
    case .oneNameTwice(_, let other): "two outputs have the same name, the other is `\(other)`"
    }
  }

  /// The file.
  public var location: String? {
    switch self {
    case .cannotOpen(let path, _), .notARegularFile(let path, _), .cannotRead(let path, _, _),
      .changedMeanwhile(let path), .cannotWrite(let path, _), .exists(let path),
      .notReplaceable(let path, _), .replacesInput(let path, _), .oneNameTwice(let path, _):
      path
    }
  }

  /// How to fix it.
  public var hints: [String] {
    switch self {
    case .cannotOpen: ["check the path and its permissions"]
    case .notARegularFile(_, .folder): ["name a file in the folder"]
    case .notARegularFile: ["copy the contents to a file and name that file"]
    case .cannotRead, .changedMeanwhile:
      ["check that nothing else is writing to the file, then try again"]
    case .cannotWrite: ["check free space and the permissions of the folder"]
    case .exists: ["choose another name, or allow the output to be replaced"]
    case .notReplaceable(_, .folder): ["choose another name, or name a file in the folder"]
    case .notReplaceable: ["choose another name"]
    case .replacesInput: ["choose another name for the output"]
    case .oneNameTwice: ["give each output a name of its own"]
    }
  }
}
