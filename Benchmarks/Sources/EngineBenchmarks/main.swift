// Our side of compare.py: answers one line of measurements for each line of words on standard input.
//
//   EngineBenchmarks MODEL PIXELS SUITE
//
// MODEL is a WEMoE folder, PIXELS f32 images [n, 3, H, W], SUITE a probe suite.

import Foundation

guard CommandLine.arguments.count == 4 else {
  throw UnknownRequest(line: "expected MODEL PIXELS SUITE")
}
var contestant = try Contestant(
  model: CommandLine.arguments[1], pixels: CommandLine.arguments[2],
  suite: CommandLine.arguments[3])
while let line = readLine() {
  print(try contestant.answer(line.split(separator: " ").map(String.init)))
  fflush(nil)
}
