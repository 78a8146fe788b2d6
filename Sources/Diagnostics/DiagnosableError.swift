/// An error that says what is wrong, where, and what to do about it.
///
/// Every module has one enum of errors that conforms to this protocol, with one case per rule and
/// the expected and actual values in each case. The command line prints
///
///     error: tensor has shape [128, 3], expected [128, 128]
///       at zoo/base/model.safetensors, tensor `visual_projection.weight`
///
///     hint: check that `config.json` belongs to this checkpoint
public protocol DiagnosableError: Error, Sendable, CustomStringConvertible {
  /// A stable identifier such as `checkpoint.shape-mismatch`.
  var code: String { get }
  /// One sentence without a full stop, values in backticks, first letter in lower case.
  var what: String { get }
  /// The file, tensor, layer, byte offset or sample at fault.
  var location: String? { get }
  /// Imperative sentences that say how to fix it.
  var hints: [String] { get }
}

extension DiagnosableError {
  /// What is wrong and where, in one line.
  public var description: String {
    guard let location else { return TerminalText.line("\(what) [\(code)]") }
    return TerminalText.line("\(what), at \(location) [\(code)]")
  }
}
