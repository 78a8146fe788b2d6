// Write a trace from router logits of your own: here 2 tasks of 50 samples, 2 experts, 3 layers.
//
//     swift run WriteTrace mine.trace.safetensors

import Diagnostics
import Foundation
import Probing
import RoutingFingerprints

guard let path = CommandLine.arguments.dropFirst().first,
  let suite = Digest(String(repeating: "0", count: 64))  // of the probes that you showed
else {
  print("usage: WriteTrace OUTPUT")
  exit(64)
}
let description = TraceDescription(
  tasks: ["cats", "cars"], experts: ["first", "second"], layerCount: 3, modelDigest: nil,
  suiteDigest: suite, toolVersion: "WriteTrace")
let tasks = (0..<100).map { $0 / 50 }
let writer = try TraceWriter(
  path: path, description: description, tasks: tasks, firstSample: 0, preprocessingDigest: nil,
  replacing: true)
for task in tasks {  // [samples, experts, layers]: each expert answers to one of the tasks
  try writer.write(task == 0 ? [2, 2, 2, -1, -1, -1] : [-1, -1, -1, 2, 2, 2])
}
try writer.commit()
