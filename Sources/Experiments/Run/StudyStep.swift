import Foundation

/// One command of a study and what it writes.
public struct StudyStep: Sendable, Hashable, Codable {
  /// How the output comes about.
  public enum Product: String, Sendable, Hashable, Codable {
    /// The command writes it: `-o OUTPUT`.
    case output
    /// The same, and the command itself goes on with what a stopped one has left there.
    case resumed
    /// The command writes it into a folder that an earlier step has made, and goes on by itself.
    case inPlace
    /// It is the JSON that the command prints.
    case printed
  }

  /// What the step makes, relative to the study's folder.
  public let output: String
  /// The command without `routemark`, with places instead of paths: see ``StudyPlaces``.
  public let arguments: [String]
  /// How the output comes about.
  public let product: Product

  /// The command as a reader would type it, with `OUT`, `ZOO` and `DATA` for the folders.
  public var command: String {
    let words =
      switch product {
      case .output, .resumed: arguments + ["-o", "{out}/\(output)"]
      case .inPlace: arguments
      case .printed: arguments + ["--json"]
      }
    return
      (["routemark"] + words).joined(separator: " ")
      .replacingOccurrences(of: "{out}", with: "OUT")
      .replacingOccurrences(of: "{zoo}", with: "ZOO")
      .replacingOccurrences(of: "{data}", with: "DATA")
  }
}

/// The folders that a study's commands name.
public struct StudyPlaces: Sendable, Hashable {
  /// `{out}`: what the study makes.
  public let output: String
  /// `{zoo}`: base, experts and heads.
  public let zoo: String
  /// `{data}`: images, `TASK/train.tar` and `TASK/test.tar`.
  public let data: String

  /// Names the folders.
  public init(output: String, zoo: String, data: String) {
    self.output = output
    self.zoo = zoo
    self.data = data
  }

  /// An argument with paths in place of `{out}`, `{zoo}` and `{data}`.
  func resolve(_ argument: String) -> String {
    argument.replacingOccurrences(of: "{out}", with: output)
      .replacingOccurrences(of: "{zoo}", with: zoo)
      .replacingOccurrences(of: "{data}", with: data)
  }
}
