// Run two model folders over a probe suite, compare their routers, and write a report.
//
//     swift run ExamineFolders victim suspect suite.json report.html

import Attribution
import Examinations
import Foundation
import Reports

let paths = Array(CommandLine.arguments.dropFirst())
guard paths.count == 4 else {
  print("usage: ExamineFolders VICTIM SUSPECT SUITE REPORT")
  exit(64)
}
let examiner = Examiner(tool: "ExamineFolders") { event in
  if case .stageBegan(let name, _) = event { print("\(name)...") }
}
var request = AttributionRequest(victim: paths[0], suspect: paths[1])
request.fingerprints.suite = paths[2]
let found = try request.run(examiner)
try HTMLReport(found, isNew: true).render().write(
  toFile: paths[3], atomically: true, encoding: .utf8)
print(found.summary.suspectExpertCount, "experts, report in", paths[3])
