import Foundation
import Testing

/// Traces of format 2 through the program; `Examples` has one victim, a suspect to whose routers two experts were
/// added at every site, and routers that were made from prompts.
@Suite struct SiteTests {
  private func example(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent(
        "Examples/sites-\(name).trace.safetensors"
      )
      .path
  }

  @Test func sitesAreInspectedFingerprintedAttributedAndVerified() throws {
    let world = try TinyWorld()
    defer { world.remove() }
    let look = CommandRun(["inspect", example("added")])
    #expect(look.exitCode == 0)
    #expect(look.output.contains("sites        3, slots sites, experts 8"))

    let fingerprint = world.path("added.fingerprint.json")
    let condensed = CommandRun(["fingerprint", "--trace", example("added"), "-o", fingerprint])
    #expect(condensed.exitCode == 0)

    let file = world.path("sites-case.json")
    let found = CommandRun([
      "attribute", "--victim", example("victim"), "--suspect", fingerprint, "-o", file,
    ])
    #expect(found.exitCode == 0)
    #expect(found.output.hasPrefix("matches the routing"))
    // Of eight suspect experts six have a partner at each site.
    #expect(found.output.contains("18 matched pairs"))
    #expect(CommandRun(["inspect", file]).output.contains("matches the routing"))

    #expect(CommandRun(["verify", file]).exitCode == 0)
    let text = try String(contentsOfFile: file, encoding: .utf8)
    let edited = text.replacingOccurrences(
      of: "\"verdict\" : \"matches the routing\"", with: "\"verdict\" : \"no evidence of reuse\"")
    #expect(edited != text)
    try edited.write(toFile: file, atomically: true, encoding: .utf8)
    let refused = CommandRun(["verify", file])
    #expect(refused.exitCode == 1)
    #expect(refused.output.contains("differs  verdict"))
  }

  @Test func routersFromPromptsAreNoEvidence() {
    let run = CommandRun([
      "attribute", "--victim", example("prompts"), "--suspect", example("prompts"),
    ])
    #expect(run.exitCode == 0)
    #expect(run.output.hasPrefix("not applicable: the router was made from prompts\n"))
  }

  @Test func aPageOrNullsOfSitesAreRefusedByName() throws {
    let world = try TinyWorld()
    defer { world.remove() }
    let files = ["--victim", example("victim"), "--suspect", example("added")]
    let page = world.path("page.html")
    let html = CommandRun(["attribute"] + files + ["--html", page])
    #expect(html.exitCode == 2)
    #expect(html.talk.contains("without an HTML page"))
    #expect(!FileManager.default.fileExists(atPath: page))
    #expect(CommandRun(["attribute"] + files + ["--nulls", world.path("nulls")]).exitCode == 2)
  }

  @Test func suitesOfTextsAreMadeVerifiedAndRefusedByImages() throws {
    let world = try TinyWorld()
    defer { world.remove() }
    let (text, suite) = (world.path("verse.txt"), world.path("texts.json"))
    try "a rose\n\nis a rose\n".write(toFile: text, atomically: true, encoding: .utf8)
    let arguments = ["--count", "2", "-o", suite]
    let made = CommandRun(["suite", "create", "--task", "verse=\(text)"] + arguments)
    #expect(made.exitCode == 0)
    #expect(CommandRun(["inspect", suite]).output.contains("texts        2, tasks 1"))
    #expect(CommandRun(["suite", "verify", suite]).exitCode == 0)
    try "a rose\n\nis a nose\n".write(toFile: text, atomically: true, encoding: .utf8)
    #expect(CommandRun(["suite", "verify", suite]).exitCode == 1)
  }
}
