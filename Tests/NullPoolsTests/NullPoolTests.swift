import Checkpoints
import Diagnostics
import Documents
import Files
import Foundation
import NullPools
import Testing

@Suite struct NullPoolTests {
  static func digest(_ text: String) -> Digest { Digest.sha256(of: Array(text.utf8)) }

  static func pool(experts: Int = 0) throws -> NullPool {
    var pool = NullPool(
      base: digest("base"), head: digest("head"),
      tasks: ["a", "b"].map { NullPool.Task(name: $0, samples: 5, sha256: digest($0)) },
      distribution: try RecipeDistribution(), seed: 7)
    for index in (0..<experts).reversed() {
      for (task, name) in ["a", "b"].enumerated() {
        pool.add(
          NullPool.Expert(
            task: name, index: index, path: NullPoolFolder.expertPath(task: name, index: index),
            sha256: digest("\(name)\(index)"), recipe: pool.recipe(task: task, index: index)))
      }
    }
    return pool
  }

  /// A pool's folder that lives as long as `body` runs.
  private func withFolder(_ body: (NullPoolFolder) throws -> Void) throws {
    let path = NSTemporaryDirectory() + "null-pool-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(NullPoolFolder(path: path + "/"))
  }

  @Test func aManifestComesBackAsItWas() throws {
    try withFolder { folder in
      var pool = try Self.pool(experts: 2)
      var merges = NullMerges(suite: Self.digest("suite"), adaptation: NullMerges.Adaptation())
      merges.entries.append(
        NullMerges.Entry(
          index: 1, path: NullPoolFolder.mergePath(index: 1), sha256: Self.digest("merge"),
          fingerprint: "merges/01.fingerprint.json", fingerprintDigest: Self.digest("print")))
      pool.merges = merges
      #expect(!folder.exists)
      try folder.write(pool)
      #expect(folder.exists)
      #expect(try folder.read() == pool)
    }
  }

  @Test func expertsAreOrderedByIndexAndThenByTask() throws {
    let pool = try Self.pool(experts: 2)
    #expect(
      pool.experts.map(\.path)
        == ["experts/a-00", "experts/b-00", "experts/a-01", "experts/b-01"])
    #expect(try pool.completeCount(in: "pool") == 2)
  }

  @Test func aPoolIsRefusedForAnotherBaseHeadTaskOrSuite() throws {
    let pool = try Self.pool()
    let other = Self.digest("other")
    #expect(throws: NullPoolError.otherBase(pool: "p", expected: pool.base, actual: other)) {
      try pool.require(base: other, in: "p")
    }
    #expect(throws: NullPoolError.otherHead(pool: "p", expected: pool.head, actual: other)) {
      try pool.require(head: other, in: "p")
    }
    #expect(throws: NullPoolError.self) { try pool.require(tasks: [pool.tasks[0]], in: "p") }
    let merges = NullMerges(suite: Self.digest("suite"), adaptation: NullMerges.Adaptation())
    #expect(throws: NullPoolError.otherSuite(pool: "p", expected: merges.suite, actual: other)) {
      try merges.require(suite: other, in: "p")
    }
    try pool.require(base: pool.base, in: "p")
    try pool.require(tasks: pool.tasks, in: "p")
  }

  @Test func aPoolIsNotContinuedWithAnotherDistributionOrSeed() throws {
    let pool = try Self.pool(experts: 1)
    var other = try Self.pool()
    try pool.require(sameAs: other, in: "p")
    other.seed = 8
    #expect(
      throws: NullPoolError.otherSetting(pool: "p", name: "seed", expected: "7", actual: "8")
    ) {
      try pool.require(sameAs: other, in: "p")
    }
    other = try Self.pool()
    other.distribution = try RecipeDistribution(images: 640)
    #expect(throws: NullPoolError.self) { try pool.require(sameAs: other, in: "p") }
  }

  @Test func aRecipeThatTheSeedDoesNotDrawIsRefused() throws {
    try withFolder { folder in
      var pool = try Self.pool(experts: 1)
      pool.experts[0].recipe?.steps += 1
      try folder.write(pool)
      let error = #expect(throws: LocatedError.self) { try folder.read() }
      #expect(error?.code == "nulls.malformed-manifest")
    }
  }

  @Test func aMergeWithoutItsExpertsIsRefused() throws {
    try withFolder { folder in
      var pool = try Self.pool(experts: 1)
      var merges = NullMerges(suite: pool.base, adaptation: NullMerges.Adaptation())
      merges.entries.append(
        NullMerges.Entry(
          index: 3, path: "merges/03", sha256: pool.base, fingerprint: "f",
          fingerprintDigest: pool.base))
      pool.merges = merges
      try folder.write(pool)
      #expect(throws: LocatedError.self) { try folder.read() }
    }
  }

  @Test func anUnknownSchemaIsRefused() throws {
    let text = #"{"schema": "routemark.nulls/9"}"#
    #expect(
      throws: NullPoolError.unknownSchema(
        expected: "routemark.nulls/1", actual: "routemark.nulls/9")
    ) {
      try StrictJSON.decode(NullPool.self, from: Data(text.utf8), file: "pool.json")
    }
  }

  @Test func aTaskWithoutExpertsIsNamed() throws {
    let pool = try Self.pool()
    #expect(
      throws: NullPoolError.noExperts(pool: "p", task: "a", available: ["a", "b"])
    ) {
      try pool.experts(of: "a", in: "p")
    }
    #expect(throws: NullPoolError.self) { try pool.completeCount(in: "p") }
  }
}
