import Attribution
import Examinations
import RoutingFingerprints

extension SiteInspection {
  func print(_ options: CommonOptions) throws {
    if options.json { return try JSONOutput.print(self) }
    let console = Console.current
    console.line("routing \(kind) of sites  \(path)")
    let tokens = tokenCount.map { ", tokens \($0)" } ?? ""
    console.line("items        \(itemCount)\(tokens)")
    console.line("tasks        \(tasks.count): \(tasks.joined(separator: ", "))")
    let counts = Set(sites.map(\.expertCount)).sorted().map(String.init).joined(separator: ", ")
    console.line("sites        \(sites.count), slots \(slots.rawValue), experts \(counts)")
    let nulls = sites.reduce(0) { $0 + $1.nullCount }
    if nulls > 0 { console.line("null         \(nulls) columns that do nothing") }
    let both = holdsSelections && signal != .selections ? ", and selections" : ""
    console.line("signal       \(signal.rawValue)\(both)")
    console.line("suite        \(suiteDigest)")
    console.line("model        \(modelDigest.map { "\($0)" } ?? "not recorded")")
    console.line("written by   \(tool)")
    if let objection { console.line("evidence     not applicable: \(objection)") }
  }
}

extension SiteCaseInspection {
  func print(_ options: CommonOptions) throws {
    if options.json { return try JSONOutput.print(self) }
    let console = Console.current
    console.line("case of sites  \(path)")
    console.line("victim       \(provenance.victim)")
    console.line("suspect      \(provenance.suspect)")
    console.line("digest       \(digest)")
    console.line("verdict      \(verdict)")
    for note in notes { console.line("note         \(note)") }
    console.line("written by   \(provenance.tool)")
    console.line("command      \(provenance.command)")
    console.line("check it     routemark verify \(path)")
  }
}
