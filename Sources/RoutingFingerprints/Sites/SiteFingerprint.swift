import Diagnostics
import Documents

/// A model's routing fingerprint site by site: for routers that differ in their experts from layer to layer.
///
/// Equation: F[i, e, l] = 1/|S_i| * sum over s in S_i of a[s, e, l]           (RouteMark, eq. 8)
/// per site l over the experts that it routes to. Columns that do nothing when they are chosen are left
/// out before anything is centred.
public struct SiteFingerprint: Sendable, Equatable {
  /// The schema this version writes and reads.
  public static let schema = "routemark.site-fingerprint/1"

  /// One router.
  public struct Site: Sendable, Equatable, Codable {
    /// What the trace calls it.
    public var name: String
    /// The layer, counted from 0.
    public var layer: Int
    /// Which of several passes through the layer.
    public var iteration: Int?
    /// Which of several routers of a layer.
    public var stream: String?
    /// Names of its experts; the same name at two sites is one shared expert.
    public var experts: [String]
    /// How many columns did nothing and were left out.
    public var nullCount: Int
    /// Mean signal, `[N, E]`.
    public var means: [[Double]]
    /// The same over items of even and of odd rows, `[2, N, E]`; `nil` where a task has one kind only.
    public var halves: [[[Double]]]?

    enum CodingKeys: String, CodingKey {
      case name, layer, iteration, stream, experts, means, halves
      case nullCount = "null_count"
    }

    /// A site by its parts; ``SiteFingerprint/validate()`` checks them.
    public init(
      name: String, layer: Int, iteration: Int? = nil, stream: String? = nil, experts: [String],
      nullCount: Int = 0, means: [[Double]], halves: [[[Double]]]? = nil
    ) {
      self.name = name
      self.layer = layer
      self.iteration = iteration
      self.stream = stream
      self.experts = experts
      self.nullCount = nullCount
      self.means = means
      self.halves = halves
    }
  }

  /// Names of the N tasks.
  public var tasks: [String]
  /// Items of each task, `[N]`.
  public var counts: [Int]
  /// What was recorded.
  public var signal: SiteSignal
  /// What columns are.
  public var slots: SiteSlots
  /// The routers in order.
  public var sites: [Site]
  /// The suite's digest.
  public var suiteDigest: Digest
  /// The model's digest, where known.
  public var modelDigest: Digest?
  /// The digest of how texts or images became numbers, where known.
  public var preprocessingDigest: Digest?
  /// Whether the router was trained, where known.
  public var routerState: RouterState?
  /// How the router came about, where known.
  public var routerOrigin: RouterOrigin?
  /// Who wrote the trace.
  public var tool: String

  /// A fingerprint by its parts.
  ///
  /// - Throws: what ``validate()`` throws.
  public init(
    tasks: [String], counts: [Int], signal: SiteSignal, slots: SiteSlots, sites: [Site],
    suiteDigest: Digest, modelDigest: Digest? = nil, preprocessingDigest: Digest? = nil,
    routerState: RouterState? = nil, routerOrigin: RouterOrigin? = nil, tool: String
  ) throws(FingerprintError) {
    self.tasks = tasks
    self.counts = counts
    self.signal = signal
    self.slots = slots
    self.sites = sites
    self.suiteDigest = suiteDigest
    self.modelDigest = modelDigest
    self.preprocessingDigest = preprocessingDigest
    self.routerState = routerState
    self.routerOrigin = routerOrigin
    self.tool = tool
    try validate()
  }

  /// A fingerprint without numbers, to be filled: a file of few items may name many tasks and experts, and memory
  /// must follow from what it holds.
  package init(
    frameOf tasks: [String], signal: SiteSignal, slots: SiteSlots, sites: [Site],
    suiteDigest: Digest, modelDigest: Digest?, preprocessingDigest: Digest?,
    routerState: RouterState?, routerOrigin: RouterOrigin?, tool: String
  ) throws(FingerprintError) {
    self.tasks = tasks
    counts = []
    self.signal = signal
    self.slots = slots
    self.sites = sites
    self.suiteDigest = suiteDigest
    self.modelDigest = modelDigest
    self.preprocessingDigest = preprocessingDigest
    self.routerState = routerState
    self.routerOrigin = routerOrigin
    self.tool = tool
    try validateNames()
  }

  /// Checks names, lengths, counts and numbers.
  ///
  /// - Throws: ``FingerprintError`` naming the key and the index at fault.
  public func validate() throws(FingerprintError) {
    try validateNames()
    try ModelFingerprint.validate(counts, tasks: tasks)
    for (place, site) in sites.enumerated() {
      let key = "sites[\(place)]"
      try ModelFingerprint.validate(
        site.means, rows: tasks.count, columns: site.experts.count,
        limit: ModelFingerprint.magnitudeLimit, key: "\(key).means")
      guard let halves = site.halves else { continue }
      guard halves.count == 2 else {
        throw .wrongLength(key: "\(key).halves", expected: 2, actual: halves.count)
      }
      for (index, half) in halves.enumerated() {
        try ModelFingerprint.validate(
          half, rows: tasks.count, columns: site.experts.count,
          limit: ModelFingerprint.magnitudeLimit, key: "\(key).halves[\(index)]")
      }
    }
  }

  /// Checks names, and how many numbers there are to be.
  private func validateNames() throws(FingerprintError) {
    try TraceDescription.validate(tasks, key: "tasks")
    try TraceDescription.validate(sites.map(\.name), key: "sites")
    var size = 0
    for (place, site) in sites.enumerated() {
      let key = "sites[\(place)]"
      try TraceDescription.validate(site.experts, key: "\(key).experts")
      let cells = tasks.count.multipliedReportingOverflow(by: site.experts.count)
      let sum = size.addingReportingOverflow(cells.partialValue)
      guard !cells.overflow, !sum.overflow, sum.partialValue <= TraceDescription.valueLimit else {
        throw .tooLarge(
          tasks: tasks.count, experts: site.experts.count, layers: sites.count,
          limit: TraceDescription.valueLimit)
      }
      size = sum.partialValue
    }
    if slots == .columns, let first = sites.first.map({ Set($0.experts) }),
      let other = sites.firstIndex(where: { Set($0.experts) != first })
    {
      throw .columnsDiffer(site: sites[other].name, first: sites[0].name)
    }
  }

  /// Centred scores of a site, `[N, E]`.
  ///
  /// Equation: F~[i, e, l] = F[i, e, l] - 1/E * sum over e' of F[i, e', l]     (RouteMark, eq. 9)
  /// Numerics: experts are centred as differences from expert 0, so that equal experts give exactly zero.
  public static func centred(_ means: [[Double]]) -> [[Double]] {
    means.map { row in
      let reference = row[0]
      let mean = row.reduce(0) { $0 + ($1 - reference) } / Double(row.count)
      return row.map { ($0 - reference) - mean }
    }
  }

  /// The same fingerprint with its tasks in another order.
  ///
  /// - Precondition: `order` names every task once.
  public func reordered(tasks order: [String]) -> SiteFingerprint {
    guard order != tasks else { return self }
    let places = Dictionary(uniqueKeysWithValues: zip(tasks, tasks.indices))
    let sources = order.compactMap { places[$0] }
    precondition(
      sources.count == tasks.count && Set(sources).count == tasks.count,
      "the new order names every task once")
    var result = self
    result.tasks = order
    result.counts = sources.map { counts[$0] }
    for place in sites.indices {
      result.sites[place].means = sources.map { sites[place].means[$0] }
      result.sites[place].halves = sites[place].halves.map { halves in
        halves.map { half in sources.map { half[$0] } }
      }
    }
    return result
  }
}

extension SiteFingerprint: Codable {
  private enum CodingKeys: String, CodingKey {
    case schema, tasks, counts, signal, slots, sites, tool
    case suiteDigest = "suite_sha256"
    case modelDigest = "model_sha256"
    case preprocessingDigest = "preprocessing_sha256"
    case routerState = "router_state"
    case routerOrigin = "router_origin"
  }

  /// Reads and validates a fingerprint.
  ///
  /// - Throws: ``FingerprintError/unknownSchema(expected:actual:)``, what ``validate()`` throws;
  ///   `DecodingError`.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let schema = try container.decode(String.self, forKey: .schema)
    guard schema == Self.schema else {
      throw FingerprintError.unknownSchema(expected: Self.schema, actual: schema)
    }
    try self.init(
      tasks: try container.decode([String].self, forKey: .tasks),
      counts: try container.decode([Int].self, forKey: .counts),
      signal: try container.decode(SiteSignal.self, forKey: .signal),
      slots: try container.decode(SiteSlots.self, forKey: .slots),
      sites: try container.decode([Site].self, forKey: .sites),
      suiteDigest: try container.decode(Digest.self, forKey: .suiteDigest),
      modelDigest: try container.decodeIfPresent(Digest.self, forKey: .modelDigest),
      preprocessingDigest: try container.decodeIfPresent(Digest.self, forKey: .preprocessingDigest),
      routerState: try container.decodeIfPresent(RouterState.self, forKey: .routerState),
      routerOrigin: try container.decodeIfPresent(RouterOrigin.self, forKey: .routerOrigin),
      tool: try container.decode(String.self, forKey: .tool))
  }

  /// Writes a fingerprint.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(Self.schema, forKey: .schema)
    try container.encode(tasks, forKey: .tasks)
    try container.encode(counts, forKey: .counts)
    try container.encode(signal, forKey: .signal)
    try container.encode(slots, forKey: .slots)
    try container.encode(sites, forKey: .sites)
    try container.encode(suiteDigest, forKey: .suiteDigest)
    try container.encodeIfPresent(modelDigest, forKey: .modelDigest)
    try container.encodeIfPresent(preprocessingDigest, forKey: .preprocessingDigest)
    try container.encodeIfPresent(routerState, forKey: .routerState)
    try container.encodeIfPresent(routerOrigin, forKey: .routerOrigin)
    try container.encode(tool, forKey: .tool)
  }
}
