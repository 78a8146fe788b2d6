import ArgumentParser
import Attribution
import CaseFiles
import Diagnostics
import Files
import Foundation
import Reports
import RoutingFingerprints

/// `routemark report`: write the page of a case again, or compare one with it.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Write the report of a case again, or say whether a given report is the case's.",
    discussion: """
      EXAMPLE
        routemark report case.json -o report.html
        routemark report case.json --check report.html

      The page follows from the case alone. With --check the exit code is 1 when the given page differs.
      """)

  @Argument(help: ArgumentHelp("The case.", valueName: "case.json"))
  var file: String

  @Option(name: .shortAndLong, help: ArgumentHelp("The page to write.", valueName: "report.html"))
  var output: String?

  @Option(name: .long, help: ArgumentHelp("A page to compare.", valueName: "report.html"))
  var check: String?

  @OptionGroup var outputs: OutputOptions

  func run() throws {
    let contents = try EvidenceDocument.read(AttributionCase.self, at: file)
    let page = Data(try HTMLReport(contents.value, digest: contents.digest).render().utf8)
    if let output {
      try OutputText.write(page, to: output, force: outputs.force)
      Console.current.note("report: \(output)")
    }
    let console = Console.current
    if let check {
      let given = try MappedFile(path: check)
      let same = given.withBytes(0..<given.count) { $0.elementsEqual(page) }
      console.line(
        same
          ? "\(check): is the report of \(file)"
          : "\(check): differs from the report of \(file): it was edited, or is of another case or version"
      )
      if !same { throw ExitStatus.negative }
      guard try contents.value.discrepancies().isEmpty else {
        console.line("\(file): contradicts itself; `routemark verify` lists the values")
        throw ExitStatus.negative
      }
    } else if output == nil {
      console.out(String(decoding: page, as: UTF8.self))
    }
  }
}
