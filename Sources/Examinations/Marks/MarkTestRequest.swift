import Checkpoints
import Diagnostics
import ExactTests
import ModelMerging
import OwnerFiles
import RoutedModels
import Tensors
import VisionTransformers
import WeightMarks

/// Whether suspects carry the mark of a key, and whose.
///
/// Every expert of every suspect is compared with the unmarked reference after it was made comparable
/// (`ComparableSuspect`); every licensee's pattern is tried, and p-values are adjusted over all that was tried (Holm).
public struct MarkTestRequest: ExaminationRequest {
  /// The file of the key.
  public var key: String
  /// The unmarked expert.
  public var reference: String
  /// What it was trained from; sharper for blends and merges, if it is named.
  public var base: String?
  /// The models under examination, by names that differ.
  public var suspects: [NamedPath]
  /// Whose patterns are tried; the one without a licensee when empty.
  public var licensees: [String] = []
  /// Which weights carry the mark.
  public var scope = MarkScope.mlp
  /// From p-values to words.
  public var rule: ExactVerdictRule
  /// Threads; as many as there are processors when `nil`.
  public var threads: Int?
  /// The case to write.
  public var output: OutputPlace?

  /// A request.
  public init(
    key: String, reference: String, suspects: [NamedPath], rule: ExactVerdictRule
  ) {
    self.key = key
    self.reference = reference
    self.suspects = suspects
    self.rule = rule
  }

  /// Tests all experts of all suspects.
  ///
  /// - Throws: `WeightMarkError`, `OwnerFileError`, `ExactTestError`; what reading models throws.
  public func run(_ examiner: Examiner) throws -> MarkCase {
    let inputs = OpenedInputs(examiner)
    let file = try MarkKeyFile.read(at: key)
    let reference = try inputs.model(self.reference)
    let base = try self.base.map { try inputs.model($0) }
    let unmarked = try Self.tower(of: reference)
    let origin = try base.map { try Self.tower(of: $0) }
    let names: [String?] = licensees.isEmpty ? [nil] : licensees
    let patterns = names.map {
      MarkPattern(file.key, licensee: $0, values: file.kind.values)
    }
    var experts: [MarkCase.Expert] = []
    let unexamined = try examiner.examiningEach(suspects) { suspect in
      let model = try inputs.model(suspect.path, assuming: reference.configuration)
      let digest = try model.digest()
      let towers = model.expertTowers
      var found: [MarkCase.Expert] = []
      try examiner.stage("reading \(suspect.name)") { stage in
        for (index, tower) in towers.enumerated() {
          let comparable = try ComparableSuspect(
            tower.tensors, tower.configuration, with: unmarked, base: origin, scope: scope,
            reference.configuration)
          let sums = try Self.sums(
            comparable, patterns, kind: file.kind, pool: WorkerPool(threads: threads))
          found.append(
            MarkCase.Expert(
              name: towers.count == 1 ? suspect.name : "\(suspect.name)/\(tower.name)",
              model: digest,
              comparison: comparable.comparison(
                equalCount: sums.equalCount, similarity: sums.similarity),
              readings: try zip(names, sums.marks).map {
                try MarkCase.Reading(licensee: $0, sums: $1)
              }))
          stage.update(index + 1, towers.count)
        }
      }
      experts += found
    }
    let result = try MarkCase(
      key: Digest.sha256(ofFile: key), scope: scope.rawValue, reference: reference.digest(),
      base: base?.digest(), rule: rule, experts: experts, unexamined: unexamined,
      tool: examiner.tool,
      command: examiner.command)
    if let output { try DocumentFile.write(result, to: output) }
    return result
  }

  private static func tower(of model: ModelFolder) throws(WeightMarkError) -> any TensorSource {
    guard case .tower(let tensors) = model.form else { throw .notAPlainTower(path: model.path) }
    return tensors
  }

  /// What is summed over an expert's tensors.
  private struct Sums: Sendable {
    var marks: [KeyedMark]
    var equalCount = 0
    var suspectSquare = 0.0
    var referenceSquare = 0.0
    var product = 0.0

    /// The cosine of both.
    var similarity: Double {
      let scale = (suspectSquare * referenceSquare).squareRoot()
      return scale > 0 ? product / scale : 0
    }
  }

  /// The sums of every pattern, and of what both have in common, tensor after tensor.
  private static func sums(
    _ suspect: ComparableSuspect, _ patterns: [MarkPattern], kind: KeyedMark.Kind, pool: WorkerPool
  ) throws -> Sums {
    let tensors = suspect.roles
    let isMasked = suspect.findings.isMasked
    let parts = try pool.map(tensors.count) { index -> Sums in
      let pair = try suspect.pair(tensors[index])
      var sums = Sums(marks: [])
      for pattern in patterns {
        var mark = try KeyedMark(kind: kind)
        try mark.add(
          suspect: pair.suspect, reference: pair.reference,
          key: pattern.values(over: pair.role, count: pair.suspect.count),
          leavingOutZeros: isMasked)
        sums.marks.append(mark)
      }
      for (own, other) in zip(pair.suspect, pair.original) where !(isMasked && own == 0) {
        if own == other { sums.equalCount += 1 }
        sums.suspectSquare += Double(own) * Double(own)
        sums.referenceSquare += Double(other) * Double(other)
        sums.product += Double(own) * Double(other)
      }
      return sums
    }
    var total = Sums(marks: try patterns.map { _ in try KeyedMark(kind: kind) })
    for part in parts {
      for index in total.marks.indices { try total.marks[index].add(part.marks[index]) }
      total.equalCount += part.equalCount
      total.suspectSquare += part.suspectSquare
      total.referenceSquare += part.referenceSquare
      total.product += part.product
    }
    return total
  }
}

extension ComparableSuspect {
  /// What was done, as a case holds it.
  func comparison(equalCount: Int, similarity: Double) -> MarkCase.Comparison {
    MarkCase.Comparison(
      movedUnitShare: findings.movedUnitShare, isMasked: findings.isMasked,
      gridBits: findings.gridBits, coefficient: findings.coefficient, equalCount: equalCount,
      similarity: similarity)
  }
}
