import ExactTests
import Examinations
import Files
import Foundation
import SlotAttribution

extension OutputOptions {
  /// Refuses the name of an output that exists already.
  func check(_ path: String) throws {
    try OutputFile.check(path, replacing: force)
  }
}

extension SlotCase {
  /// Writes JSON, or a line a slot and a line a victim.
  func print(_ options: CommonOptions, path: String?) throws {
    if options.json { return try JSONOutput.print(self) }
    let console = Console.current
    console.line("suspect  \(provenance.suspect)")
    console.line("base     \(provenance.base)")
    if let router = provenance.router { console.line("router   \(router)") }
    let width = findings.map(\.slot.count).max() ?? 0
    for finding in findings {
      let name = finding.slot.padding(toLength: width, withPad: " ", startingAt: 0)
      let residual = finding.residual.map { String(format: "%6.3f", $0) } ?? "      "
      console.line("\(name)  \(residual)  \(finding.words)")
      let indent = String(repeating: " ", count: width + 10)
      for change in finding.changes { console.line("\(indent)\(change)") }
      if !finding.copies.isEmpty {
        console.line("\(indent)the same as \(finding.copies.joined(separator: ", "))")
      }
      if let layers = finding.layerSources {
        for line in Self.ranges(layers) { console.line("\(indent)\(line)") }
      }
    }
    for victim in victims {
      var line = victim.slots.isEmpty ? "in no slot" : "in \(victim.slots.joined(separator: ", "))"
      if let test = victim.test {
        line += String(
          format: "; re-runs: p %.4g (%.4g adjusted), least possible %.4g", test.pValue,
          victim.adjustedPValue ?? test.pValue, test.floor)
      }
      console.line("victim \(victim.victim): \(line)")
    }
    for reason in provenance.refused { console.line("not applicable: \(reason)") }
    for limit in Self.limits { console.line("limit    \(limit)") }
    console.line(
      "seed     \(provenance.seed), \(provenance.probes) tokens in layers "
        + provenance.layers.map(String.init).joined(separator: ", "))
  }

  /// Layers of one source together: `layers 0-3: german`.
  private static func ranges(_ layers: [Int: String]) -> [String] {
    var lines: [(first: Int, last: Int, name: String)] = []
    for (layer, name) in layers.sorted(by: { $0.key < $1.key }) {
      if let last = lines.last, last.name == name {
        lines[lines.count - 1].last = layer
      } else {
        lines.append((layer, layer, name))
      }
    }
    return lines.map { line in
      line.first == line.last
        ? "layer \(line.first): \(line.name)" : "layers \(line.first)-\(line.last): \(line.name)"
    }
  }
}

extension MixtureInspection {
  func print(_ options: CommonOptions) throws {
    if options.json { return try JSONOutput.print(self) }
    let console = Console.current
    console.line("\(kind)  \(path)")
    console.line("digest       \(digest)")
    console.line(
      "layers       \(expertLayers) with a router, \(denseLayers) with one MLP, width \(width), "
        + "hidden units \(hidden)")
    if let chosen { console.line("routing      \(chosen) experts a token") }
    let types = elementTypes.sorted { $0.key < $1.key }.map { "\($0.value) of \($0.key)" }
    console.line("tensors      \(types.joined(separator: ", "))")
    console.line("parameters   \(parameterCount)")
    if let baseTensors, baseTensors.count == 2 {
      console.line(
        "base         \(baseTensors[0]) of \(baseTensors[1]) tensors outside of experts are equal")
    }
    for expert in experts {
      var line = expert.equalTo.isEmpty ? "" : "equal to \(expert.equalTo.joined(separator: ", "))"
      if !expert.sameAs.isEmpty {
        line += (line.isEmpty ? "" : "; ") + "the same as \(expert.sameAs.joined(separator: ", "))"
      }
      if let share = expert.taskVector {
        line += String(format: "%@task vector %.4f of the base", line.isEmpty ? "" : "; ", share)
      }
      console.line("  \(expert.slot)  \(line.isEmpty ? "no source named" : line)")
    }
    if let router {
      console.line("router       \(router.words)")
      console.line(
        String(
          format:
            "             rows %.4g to %.4g long, mean cosine %.3f, condition %.3g, layers %@",
          router.shortestRow, router.longestRow, router.meanCosine, router.condition ?? .infinity,
          router.layersAreEqual ? "all equal" : "differ"))
    }
    for prompt in prompts {
      let tokens = prompt.tokens.map { token in
        (token.text.map { "\($0)" } ?? "\(token.id)") + String(format: " %.2f", token.share)
      }
      console.line(
        "  \(prompt.slot) was made of: \(tokens.joined(separator: " | "))"
          + String(format: " (%.3f left)", prompt.residual))
    }
    for claim in claims {
      let check = claim.agrees.map { $0 ? "agrees" : "does NOT agree" } ?? "not checked"
      console.line("claim        \(claim.file): \(claim.subject) is \(claim.text), \(check)")
    }
    for lint in lints { console.line("lint         \(lint)") }
  }
}
