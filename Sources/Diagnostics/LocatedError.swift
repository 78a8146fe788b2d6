/// An error of a module that sees no files, with the file in which it was found.
public struct LocatedError: DiagnosableError {
  /// What was found.
  public let error: any DiagnosableError
  /// Where it was found.
  public let file: String

  /// Names the file of an error.
  public init(_ error: any DiagnosableError, in file: String) {
    self.error = error
    self.file = file
  }

  /// The error's own identifier.
  public var code: String { error.code }
  /// The error's own sentence.
  public var what: String { error.what }
  /// The file, and the place within it.
  public var location: String? { error.location.map { "\(file), \($0)" } ?? file }
  /// The error's own hints.
  public var hints: [String] { error.hints }
}
