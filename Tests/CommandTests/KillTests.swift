import Foundation
import Tensors
import Testing

/// The built program, killed with SIGKILL at seeded random moments.
///
/// Where the moment falls decides what is being tested, never whether the test passes.
@Suite struct KillTests {
  private static let kills = 20

  @Test func killedFinetuningLeavesNothingBrokenAndResumes() throws {
    try killAgainAndAgain("finetune", seed: 1) { world, output in
      world.finetune(to: output, steps: 3000)
    }
  }

  @Test func killedAdaptationLeavesNothingBrokenAndResumes() throws {
    try killAgainAndAgain("adapt", seed: 2) { world, output in
      world.adapt(to: output, steps: 800)
    }
  }

  @Test func killedFinetuningOfAMergedModelLeavesNothingBrokenAndResumes() throws {
    try killAgainAndAgain("finetune of a merged model", seed: 3) { world, output in
      world.finetuneMixture(to: output, steps: 600)
    }
  }

  private func killAgainAndAgain(
    _ name: String, seed: UInt64, arguments: (TinyWorld, String) -> [String]
  ) throws {
    guard let program = Self.program else {
      print("skipped: \(name) killed: the built program is not beside the tests")
      return
    }
    let world = try TinyWorld()
    defer { world.remove() }
    try world.writeHeads()
    try world.expectDone(world.mergeArguments() + ["--full", "-o", world.path("merged")])
    func command(_ output: String) -> [String] {
      arguments(world, output) + ["--checkpoint-every", "50", "--threads", "1", "--seed", "0"]
    }
    let start = Date()
    #expect(try Self.run(program, command("whole"), killedAfter: nil) == 0)
    let duration = Date().timeIntervalSince(start)
    let expected = try contents(world, "whole")

    var generator = SeededGenerator(seed: seed)
    var killed = 0
    for round in 0..<Self.kills {
      let output = "killed-\(round)"
      let moment = duration * Double(generator.next() >> 11) * 0x1p-53
      let status = try Self.run(program, command(output), killedAfter: moment)
      if status != 0 { killed += 1 }
      if world.exists(output) {
        #expect(try contents(world, output) == expected, "round \(round)")
      }
      #expect(try Self.run(program, command(output) + ["--resume"], killedAfter: nil) == 0)
      #expect(try contents(world, output) == expected, "round \(round), killed after \(moment) s")
      #expect(!world.exists("\(output).training"))
      #expect(!world.fileNames.contains { $0.hasSuffix(".partial") }, "round \(round)")
      try world.expectDone(["inspect", world.path(output)])
    }
    #expect(killed > 0, "a run takes \(duration) s")
  }

  /// The bytes of all files of a folder.
  private func contents(_ world: TinyWorld, _ folder: String) throws -> [String: Data] {
    let names = try FileManager.default.contentsOfDirectory(atPath: world.path(folder))
    return try Dictionary(
      uniqueKeysWithValues: names.map { ($0, try world.bytes("\(folder)/\($0)")) })
  }

  /// Runs the program and kills it after a while.
  ///
  /// - Returns: its exit code, or the signal that ended it.
  static func run(
    _ program: URL, _ arguments: [String], killedAfter delay: TimeInterval?
  ) throws -> Int32 {
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    if let delay {
      Thread.sleep(forTimeInterval: delay)
      kill(process.processIdentifier, SIGKILL)
    }
    process.waitUntilExit()
    return process.terminationStatus
  }

  /// The program, which is built into the folder of the tests.
  static var program: URL? {
    let bundles = [Bundle.main.executableURL] + Bundle.allBundles.map(\.bundleURL)
    return bundles.compactMap { $0?.deletingLastPathComponent().appending(path: "routemark") }
      .first { FileManager.default.isExecutableFile(atPath: $0.path) }
  }
}
