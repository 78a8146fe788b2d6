import Diagnostics
import Probing
import RoutingFingerprints
import Tensors

/// What a trace holds.
struct TraceInspection: Encodable {
  let schema = "routemark.trace-inspection/1"
  let path: String
  let sampleCount: Int
  let firstSample: Int
  let description: TraceDescription
  let preprocessingDigest: Digest?
  let precision: Precision

  init(path: String) throws {
    let reader = try TraceReader(path: path)
    self.path = path
    sampleCount = reader.sampleCount
    firstSample = reader.rows.lowerBound
    description = reader.description
    preprocessingDigest = reader.preprocessingDigest
    precision = reader.precision
  }

  func print(_ options: CommonOptions) throws {
    if options.json { return try JSONOutput.print(self) }
    let console = Console.current
    console.line("routing trace  \(path)")
    console.line("samples      \(sampleCount), from row \(firstSample) of the suite")
    if precision != .f32 { console.line("precision    \(precision.rawValue)") }
    description.print()
  }
}

extension TraceDescription {
  /// Writes the lines that traces and fingerprints share.
  func print() {
    let console = Console.current
    console.line("tasks        \(tasks.count): \(tasks.joined(separator: ", "))")
    console.line("experts      \(experts.count): \(experts.joined(separator: ", "))")
    console.line("layers       \(layerCount)")
    console.line("signal       \(signal.rawValue)")
    console.line("suite        \(suiteDigest)")
    console.line("model        \(modelDigest.map { "\($0)" } ?? "not recorded")")
    console.line("written by   \(toolVersion)")
  }
}
