import ArgumentParser
import Attribution
import Checkpoints
import Diagnostics
import Documents
import Files
import Foundation
import Probes
import Probing
import RoutingFingerprints

/// `routemark inspect`: say what a file or folder is.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Say what a checkpoint, merge, trace, fingerprint, suite or case is.",
    discussion: """
      EXAMPLE
        routemark inspect victim

      For checkpoints of unknown architecture it prints the table of tensors.
      """)

  @Argument(help: ArgumentHelp("A file or folder.", valueName: "path"))
  var path: String?

  @Flag(name: .long, help: "Say what this machine computes with.")
  var machine = false

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard (path != nil) != machine else {
      throw ValidationError("Name a file or folder, or pass --machine.")
    }
  }

  func run() throws {
    if machine { try MachineInspection().print(common) }
    if let path { try inspect(path) }
  }

  private func inspect(_ path: String) throws {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw FileError.cannotOpen(path: path, reason: "there is no such file or folder")
    }
    if isFolder.boolValue { return try inspectFolder(path) }
    if path.hasSuffix(".json") { return try inspectJSON(path) }
    let checkpoint = try Checkpoint(path: path)
    if TraceFile.recognizes(checkpoint) {
      try TraceInspection(path: path).print(common)
    } else {
      try CheckpointInspection(checkpoint).print(common)
    }
  }

  private func inspectFolder(_ path: String) throws {
    let configuration = (path as NSString).appendingPathComponent("config.json")
    let known =
      try FileManager.default.fileExists(atPath: configuration)
      && ModelInspection.recognizes(configuration: configuration, folder: path)
    if known {
      try ModelInspection(path: path).print(common)
    } else {
      try CheckpointInspection(Checkpoint(path: path)).print(common)
    }
  }

  private func inspectJSON(_ path: String) throws {
    struct Header: Decodable { var schema: String? }
    switch try StrictJSON.decode(Header.self, contentsOf: path).schema {
    case ModelFingerprint.schema:
      let fingerprint = try EvidenceFile.read(ModelFingerprint.self, at: path)
      try FingerprintInspection(path: path, fingerprint).print(common)
    case ProbeSuite.schema:
      let suite = try StrictJSON.decode(ProbeSuite.self, contentsOf: path)
      try SuiteSummary(suite, path: path).print(common)
    case AttributionCase.schema:
      try CaseInspection(
        path: path, EvidenceFile.read(AttributionCase.self, at: path)
      ).print(common)
    case let schema:
      throw InspectionError.unknownSchema(file: path, actual: schema)
    }
  }
}

/// What `inspect` cannot tell.
enum InspectionError: DiagnosableError, Equatable {
  /// The JSON is none of ours.
  case unknownSchema(file: String, actual: String?)

  var code: String { "inspect.unknown-schema" }

  var what: String {
    switch self {
    case .unknownSchema(_, let actual):
      "the schema is \(actual.map { "`\($0)`" } ?? "not stated"), expected that of a suite, a fingerprint or a case"
    }
  }

  var location: String? {
    switch self {
    case .unknownSchema(let file, _): file
    }
  }

  var hints: [String] { ["for a model, name its folder and not its `config.json`"] }
}
