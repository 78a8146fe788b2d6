import Diagnostics
import Documents
import ExactTests
import Foundation
import KeyedRandomness
import OwnerFiles
import Statistics
import Testing

@Suite struct SubsetCaseTests {
  static func pool(_ count: Int) -> [(item: Digest, label: Int?)] {
    (0..<count).map { (Digest.sha256(of: Array("item \($0)".utf8)), $0 % 3) }
  }

  /// A key that does not change from run to run.
  static func key(_ seed: Int) throws -> SecretKey {
    try #require(
      SecretKey(hexadecimal: Digest.sha256(of: Array("\(seed)".utf8)).hexadecimal))
  }

  static func subset(
    _ count: Int, withinClasses: Bool = false, key: SecretKey? = nil
  ) throws -> SubsetSecret {
    let key = try key ?? Self.key(5)
    return SubsetSecret(
      kind: .images, pool: pool(count), share: 0.5, withinClasses: withinClasses, task: "digits",
      data: nil, windows: nil, key: key, tool: "tests")
  }

  private func answers(_ losses: [Double], _ name: String) -> PoolAnswers {
    PoolAnswers(
      name: name, form: .losses, digest: .sha256(of: Array(name.utf8)), losses: losses)
  }

  private func testCase(
    _ subset: SubsetSecret, _ suspects: [PoolAnswers], victim: PoolAnswers? = nil,
    draws: Int = 4999
  ) throws -> SubsetCase {
    try SubsetCase(
      SubsetCase.Inputs(
        subset: subset, subsetFile: .sha256(of: [1]), head: nil, reference: nil, score: .values,
        draws: draws, seed: 7, rule: ExactVerdictRule(), victim: victim, suspects: suspects),
      tool: "tests", command: "tests")
  }

  @Test func aSuspectThatKnowsTheSecretIsFoundAndOthersAreNot() throws {
    let subset = try Self.subset(200)
    var generator = SplitMix64(seed: 3)
    let noise = (0..<200).map { _ in Double(generator.index(below: 1000)) / 1000 }
    let knowing = zip(noise, subset.used).map { $1 ? $0 - 0.5 : $0 }
    let result = try testCase(subset, [answers(knowing, "copy"), answers(noise, "stranger")])
    #expect(result.verdicts[0].conclusion == .consistentWithReuse)
    #expect(result.verdicts[0].words == "consistent with reuse of digits")
    #expect(result.suspects[0].result.pValue == 1.0 / 5000)
    #expect(result.verdicts[1].conclusion == .noEvidenceOfReuse)
    // Where the victim itself would hardly be found, nothing found means nothing.
    let weak = try testCase(
      subset, [answers(noise, "stranger")], victim: answers(noise, "victim"))
    #expect(weak.verdicts[0].conclusion == .inconclusive)
  }

  @Test("innocents who depend on everything public are accused no more often than stated")
  func atLeastUniform() throws {
    var generator = SplitMix64(seed: 11)
    // Outliers, ties and a trend over the pool: functions of public things.
    let innocents: [[Double]] = [
      (0..<60).map { Double($0) }, (0..<60).map { $0 == 5 ? 1000 : 0 },
      (0..<60).map { _ in Double(generator.index(below: 4)) },
    ]
    for losses in innocents {
      for withinClasses in [false, true] {
        var pValues: [Double] = []
        for trial in 0..<600 {
          let subset = try Self.subset(
            60, withinClasses: withinClasses, key: Self.key(trial))
          pValues.append(
            try testCase(subset, [answers(losses, "innocent")], draws: 199).suspects[0].result
              .pValue)
        }
        for level in [0.01, 0.05, 0.1, 0.25, 0.5] {
          let tail = BinomialBound.upperTail(
            events: pValues.count { $0 <= level }, trials: pValues.count, rate: level)
          #expect(tail >= 0.001 / 30, "level \(level)")
        }
      }
    }
  }

  @Test func casesAreReadBackAndComputedAgain() throws {
    let subset = try Self.subset(30, withinClasses: true)
    let losses = (0..<30).map { Double($0 * $0 % 17) }
    let written = try testCase(
      subset, [answers(losses, "a"), answers(losses.reversed(), "b")])
    let folder = try Folder()
    try written.data().write(to: folder.url("case.json"))
    let verified = try OwnerCaseVerification(of: folder.path("case.json"))
    #expect(verified.verified, "\(verified.discrepancies)")
    let text = String(decoding: try written.data(), as: UTF8.self)
    // A changed loss, a changed verdict, a changed membership.
    for (old, new) in [
      ("\"p\" : 0.", "\"p\" : 0.0"), ("\"no evidence of reuse\"", "\"consistent with reuse\""),
      ("\"used\" : true", "\"used\" : false"), ("\"seed\" : 7", "\"seed\" : 8"),
    ] {
      guard let range = text.range(of: old) else {
        Issue.record("the case has \(old)")
        continue
      }
      let changed = text.replacingCharacters(in: range, with: new)
      try Data(changed.utf8).write(to: folder.url("changed.json"))
      let verification = try OwnerCaseVerification(of: folder.path("changed.json"))
      #expect(!verification.verified, "\(old)")
    }
  }

  @Test func secretsThatWereEditedAreRefused() throws {
    let subset = try Self.subset(20)
    let text = String(decoding: try subset.data(), as: UTF8.self)
    #expect(try SubsetSecret.read(Array(text.utf8), file: "s").used == subset.used)
    for (old, new) in [
      ("\"used\" : true", "\"used\" : false"), ("\"share\" : 0.5", "\"share\" : 0.4"),
      ("\"label\" : 2", "\"label\" : 1"), ("\"tool\"", "\"tol\" : 1, \"tool\""),
      ("routemark.subset/1", "routemark.subset/2"),
    ] {
      guard let range = text.range(of: old) else {
        Issue.record("the secret has \(old)")
        continue
      }
      let changed = text.replacingCharacters(in: range, with: new)
      #expect(throws: OwnerFileError.self, "\(old)") {
        try SubsetSecret.read(Array(changed.utf8), file: "s")
      }
    }
  }

  /// A folder that goes away.
  final class Folder {
    private let root = FileManager.default.temporaryDirectory
      .appendingPathComponent("routemark-owner-\(UUID().uuidString)")

    init() throws {
      try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: root) }

    func url(_ name: String) -> URL { root.appendingPathComponent(name) }
    func path(_ name: String) -> String { url(name).path }
  }
}
