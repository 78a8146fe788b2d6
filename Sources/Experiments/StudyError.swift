import Diagnostics

/// What can go wrong in a study.
public enum StudyError: DiagnosableError, Equatable {
  /// The plan has a schema that this version does not read.
  case unknownSchema(expected: String, actual: String)
  /// A value of the plan is not what it should be.
  case invalidPlan(key: String, expected: String, actual: String)
  /// The plan has no figure or suspect of that name.
  case unknownPart(name: String, known: [String])
  /// A step ended with an exit code other than 0; `message` is what it said.
  case stepFailed(output: String, command: String, exitCode: Int, message: String)
  /// A step's file lacks what the report needs.
  case malformedResult(file: String, expected: String, actual: String)

  /// The stable identifier.
  public var code: String {
    switch self {
    case .unknownSchema: "study.unknown-schema"
    case .invalidPlan: "study.invalid-plan"
    case .unknownPart: "study.unknown-part"
    case .stepFailed: "study.step-failed"
    case .malformedResult: "study.malformed-result"
    }
  }

  /// What is wrong, with the values.
  public var what: String {
    switch self {
    case .unknownSchema(let expected, let actual):
      "the plan's schema is `\(actual)`, expected `\(expected)`"
    case .invalidPlan(let key, let expected, let actual):
      "`\(key)` of the plan is `\(actual)`, expected \(expected)"
    case .unknownPart(let name, let known):
      "the plan has no figure or suspect `\(name)`, only "
        + known.map { "`\($0)`" }.joined(separator: ", ")
    case .stepFailed(_, let command, let exitCode, let message):
      "`\(command)` ended with exit code \(exitCode): \(message)"
    case .malformedResult(_, let expected, let actual):
      "the result has \(actual), expected \(expected)"
    }
  }

  /// The output that was to be made, or the file.
  public var location: String? {
    switch self {
    case .unknownSchema, .invalidPlan, .unknownPart: nil
    case .stepFailed(let output, _, _, _): output
    case .malformedResult(let file, _, _): file
    }
  }

  /// How to fix it.
  public var hints: [String] {
    switch self {
    case .unknownSchema, .invalidPlan:
      ["see a plan that works with `routemark reproduce --embedded --print-plan`"]
    case .unknownPart: ["name parts of the plan, separated by commas"]
    case .stepFailed: ["run the same command again: finished steps are kept"]
    case .malformedResult: ["remove the file and run the same command again"]
    }
  }
}
