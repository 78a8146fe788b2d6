import Checkpoints
import Diagnostics
import Documents
import Files
import RoutingFingerprints

/// Routing traces of format 2: sites whose experts differ, scores per item or per token, and selections.
///
/// Guides/Traces.md has the tensors and the metadata.
public enum SiteTraceFile {
  /// The schema this version reads.
  public static let schema = "routemark.trace/2"

  /// Whether a checkpoint is such a trace.
  public static func recognizes(_ checkpoint: Checkpoint) -> Bool {
    checkpoint.metadata["schema"] == schema
  }
}

/// A site as a trace's metadata states it.
struct StatedSite: Decodable {
  let name: String
  let layer: Int
  let iteration: Int?
  let stream: String?
  let experts: [String]
  let null: [Int]

  enum CodingKeys: String, CodingKey, CaseIterable {
    case name, layer, iteration, stream, experts, null
  }

  private struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let known = Set(CodingKeys.allCases.map(\.stringValue))
    for key in try decoder.container(keyedBy: AnyKey.self).allKeys
    where !known.contains(key.stringValue) {
      throw DecodingError.dataCorruptedError(
        forKey: .name, in: container, debugDescription: "a site has no key `\(key.stringValue)`")
    }
    name = try container.decode(String.self, forKey: .name)
    layer = try container.decode(Int.self, forKey: .layer)
    iteration = try container.decodeIfPresent(Int.self, forKey: .iteration)
    stream = try container.decodeIfPresent(String.self, forKey: .stream)
    experts = try container.decode([String].self, forKey: .experts)
    null = try container.decodeIfPresent([Int].self, forKey: .null) ?? []
    let columns = Set(null)
    guard !experts.isEmpty, columns.count == null.count, columns.count < experts.count,
      columns.allSatisfy(experts.indices.contains)
    else {
      throw DecodingError.dataCorruptedError(
        forKey: .null, in: container,
        debugDescription: "`null` names columns of \(experts.count), each once, and not all of them"
      )
    }
  }

  /// Columns of experts that do something.
  var kept: [Int] {
    let columns = Set(null)
    return experts.indices.filter { !columns.contains($0) }
  }
}

/// A trace of format 2, read site by site.
public struct SiteTraceReader: Sendable {
  /// The file.
  public let path: String
  /// Tasks, sites and origin; numbers and counts are empty.
  public let frame: SiteFingerprint
  /// S, the number of items.
  public let itemCount: Int
  /// T, the number of tokens, where the trace knows them.
  public let tokenCount: Int?
  /// Rows of the suite that the trace holds.
  public let rows: Range<Int>
  /// Whether the file has scores, and selections.
  public let holds: (scores: Bool, selections: Bool)
  /// Whether the digest of the data that the file states is that of its data; `nil` where it states none.
  public let dataDigestAgrees: Bool?
  private let checkpoint: Checkpoint
  private let stated: [StatedSite]
  private let tasks: [Int]
  private let items: [Int]?
  private let lengths: [Int]?

  private static let metadataKeys: Set<String> = [
    "schema", "tasks", "sites", "slots", "scores", "suite_sha256", "model_sha256",
    "preprocessing_sha256", "tokenizer_sha256", "data_sha256", "tool", "framework", "precision",
    "instructions", "router_state", "router_origin", "router_row_norms", "first_sample", "format",
  ]

  /// Opens a trace and checks its metadata, shapes and the digest of its data.
  ///
  /// - Throws: ``ProbingError``; `FingerprintError`, located in the file; `CheckpointError`,
  ///   `DocumentError`.
  public init(path: String) throws {
    let checkpoint = try Checkpoint(path: path)
    self.path = path
    self.checkpoint = checkpoint
    let metadata = SiteTraceMetadata(file: path, values: checkpoint.metadata)
    try metadata.refuseOthers(than: Self.metadataKeys)
    stated = try metadata.sites()
    guard let shape = checkpoint.descriptor(of: "task")?.shape, shape.count == 1, shape[0] > 0
    else {
      throw ProbingError.malformedTrace(
        file: path, tensor: "task", expected: "of shape [S], and not empty", actual: "not")
    }
    let count = shape[0]
    itemCount = count
    tasks = try checkpoint.integers("task", shape: [count])
    lengths =
      checkpoint.contains("token_count")
      ? try checkpoint.integers("token_count", shape: [count]) : nil
    if let itemShape = checkpoint.descriptor(of: "item")?.shape {
      items = try checkpoint.integers("item", shape: itemShape)
    } else {
      items = nil
    }
    if let items {
      try Self.check(items, lengths: lengths, itemCount: count, file: path)
    }
    tokenCount = items?.count
    if let lengths, let short = lengths.firstIndex(where: { $0 < 1 }) {
      throw ProbingError.malformedTrace(
        file: path, tensor: "token_count", expected: "1 or more", actual: "\(lengths[short])")
    }
    holds = (checkpoint.contains("site.0.scores"), checkpoint.contains("site.0.selected"))
    guard holds.scores || holds.selections else {
      throw ProbingError.malformedTrace(
        file: path, tensor: "site.0.scores", expected: "there, or `site.0.selected`",
        actual: "not there")
    }
    frame = try metadata.frame(sites: stated, hasScores: holds.scores)
    let first = try metadata.integer("first_sample") ?? 0
    guard first >= 0, !first.addingReportingOverflow(count).overflow else {
      throw metadata.malformed("first_sample", expected: "a row of the suite", actual: "\(first)")
    }
    rows = first..<first + count
    dataDigestAgrees = try metadata.digest("data_sha256").map { try Self.dataDigest(path) == $0 }
    if dataDigestAgrees == false {
      throw metadata.malformed(
        "data_sha256", expected: "the digest of the file's data", actual: "another")
    }
  }

  private static func check(
    _ items: [Int], lengths: [Int]?, itemCount: Int, file: String
  ) throws(ProbingError) {
    var found = [Int](repeating: 0, count: itemCount)
    for item in items {
      guard found.indices.contains(item) else {
        throw .malformedTrace(
          file: file, tensor: "item", expected: "below \(itemCount)", actual: "\(item)")
      }
      found[item] += 1
    }
    if let empty = found.firstIndex(of: 0) {
      throw .malformedTrace(
        file: file, tensor: "item", expected: "a token of item \(empty)", actual: "none")
    }
    if let lengths, lengths != found {
      throw .malformedTrace(
        file: file, tensor: "token_count", expected: "as many tokens as `item` has of each",
        actual: "others")
    }
  }

  /// The digest of everything behind the header.
  private static func dataDigest(_ path: String) throws -> Digest {
    let file = try MappedFile(path: path)
    return file.withBytes(0..<file.count) { bytes in
      let length = (0..<8).reduce(0) { $0 | Int(bytes[$1]) << (8 * $1) }
      return Digest.sha256(of: UnsafeRawBufferPointer(rebasing: bytes[(8 + length)...]))
    }
  }

  /// The sums of all items.
  ///
  /// - Throws: ``ProbingError`` for tensors of another shape, and numbers that are none of the signal.
  public func sums(progress: ProgressHandler? = nil) throws -> SiteAccumulator {
    var sums = SiteAccumulator(frame)
    for (item, task) in tasks.enumerated() {
      guard frame.tasks.indices.contains(task) else {
        throw LocatedError(
          FingerprintError.taskOutOfRange(sample: item, task: task, taskCount: frame.tasks.count),
          in: path)
      }
      sums.count(task: task, row: rows.lowerBound + item)
    }
    for site in stated.indices {
      let means = holds.scores ? try scores(site) : try frequencies(site)
      for (item, values) in means.enumerated() {
        sums.add(values, site: site, task: tasks[item], row: rows.lowerBound + item)
      }
      progress?(site + 1, stated.count)
    }
    return sums
  }

  /// Each item's mean scores of a site, `[S, E]` without null columns.
  private func scores(_ site: Int) throws -> [[Double]] {
    let (name, width, kept) = ("site.\(site).scores", stated[site].experts.count, stated[site].kept)
    let shape = checkpoint.descriptor(of: name)?.shape ?? []
    let perToken = items != nil && shape.first == items?.count && shape.first != itemCount
    guard shape.count == 2, shape[1] == width, perToken || shape[0] == itemCount else {
      throw ProbingError.malformedTrace(
        file: path, tensor: name, expected: "of shape [S, \(width)] or [T, \(width)]",
        actual: shape.isEmpty ? "not there" : "of shape \(shape)")
    }
    var sums = [[Double]](repeating: [Double](repeating: 0, count: kept.count), count: itemCount)
    var counts = [Int](repeating: 0, count: itemCount)
    let stream = try checkpoint.stream(name)
    let block = max(1, (1 << 20) / max(1, width))
    for start in stride(from: 0, to: shape[0], by: block) {
      let range = start..<min(start + block, shape[0])
      let values = try stream.floats(rows: range)
      for row in range {
        let line = values[(row - start) * width..<(row - start + 1) * width]
        let item = perToken ? (items?[row] ?? row) : row
        let logits = try logits(line, site: site, row: row)
        for (place, column) in kept.enumerated() { sums[item][place] += logits[column] }
        counts[item] += 1
      }
    }
    return zip(sums, counts).map { row, count in row.map { $0 / Double(count) } }
  }

  private func logits(_ line: ArraySlice<Float>, site: Int, row: Int) throws -> [Double] {
    let signal = frame.signal
    if signal == .probabilities {
      let sum = line.reduce(0.0) { $0 + Double($1) }
      guard abs(sum - 1) <= 5e-3 else {
        throw ProbingError.malformedTrace(
          file: path, tensor: "site.\(site).scores", expected: "rows that sum to 1 over experts",
          actual: "\(sum) in row \(row)")
      }
    }
    guard let logits = SiteAccumulator.logits(line, signal: signal) else {
      throw ProbingError.malformedTrace(
        file: path, tensor: "site.\(site).scores", expected: "all \(signal.rawValue)",
        actual: "not, in row \(row)")
    }
    return logits
  }

  /// How often each item's tokens chose an expert of a site, `[S, E]` without null columns.
  private func frequencies(_ site: Int) throws -> [[Double]] {
    let (name, width, kept) = (
      "site.\(site).selected", stated[site].experts.count, stated[site].kept
    )
    guard let items else {
      throw ProbingError.malformedTrace(
        file: path, tensor: "item", expected: "there, since selections are per token",
        actual: "not there")
    }
    guard let shape = checkpoint.descriptor(of: name)?.shape, shape.count == 2,
      shape[0] == items.count, shape[1] > 0
    else {
      throw ProbingError.malformedTrace(
        file: path, tensor: name, expected: "of shape [\(items.count), k]", actual: "not")
    }
    // The table is as large as names and items together make it, and not as the file is.
    let cells = itemCount.multipliedReportingOverflow(by: width)
    guard !cells.overflow, cells.partialValue <= TraceDescription.valueLimit else {
      throw LocatedError(
        FingerprintError.tooLarge(
          tasks: itemCount, experts: width, layers: 1, limit: TraceDescription.valueLimit),
        in: path)
    }
    var chosen = [[Double]](repeating: [Double](repeating: 0, count: width), count: itemCount)
    var tokens = [Int](repeating: 0, count: itemCount)
    for item in items { tokens[item] += 1 }
    let stream = try checkpoint.stream(name)
    let block = max(1, (1 << 20) / shape[1])
    for start in stride(from: 0, to: shape[0], by: block) {
      let range = start..<min(start + block, shape[0])
      let values = try stream.integers(rows: range)
      for (offset, column) in values.enumerated() where column != -1 {
        guard (0..<width).contains(column) else {
          throw ProbingError.malformedTrace(
            file: path, tensor: name, expected: "columns below \(width), or -1",
            actual: "\(column)")
        }
        chosen[items[start + offset / shape[1]]][column] += 1
      }
    }
    return zip(chosen, tokens).map { row, count in kept.map { row[$0] / Double(count) } }
  }
}
