import ArgumentParser
import RoutingFingerprints

/// How probe images are put into blocks, from which intervals are drawn.
struct ProbeBlockOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Blocks of each task's probe images to keep, for intervals and to tell routing from noise; "
        + "0 for none.", valueName: "n"))
  var blocks = TaskBlocks.standardCount

  func validate() throws {
    guard (0...TaskBlocks.limit).contains(blocks) else {
      throw ValidationError("--blocks is \(blocks), expected 0 to \(TaskBlocks.limit).")
    }
  }
}
