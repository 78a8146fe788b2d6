// Read two traces and attribute: no model is opened, and nothing is written.
//
//     swift run AttributeTraces victim.trace.safetensors suspect.trace.safetensors

import Attribution
import Examinations
import Foundation
import Reports

let paths = Array(CommandLine.arguments.dropFirst())
guard paths.count == 2 else {
  print("usage: AttributeTraces VICTIM SUSPECT")
  exit(64)
}
let request = AttributionRequest(victim: paths[0], suspect: paths[1])
let found = try request.run(Examiner(tool: "AttributeTraces"))
for expert in found.attributions {
  print(expert.suspectExpert, expert.topOneExpert, expert.similarity, separator: "\t")
}
print(try TextReport(found, isNew: true).render(width: 100, colour: false))
