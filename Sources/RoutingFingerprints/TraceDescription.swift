import Diagnostics

/// What the numbers of a routing trace refer to: axes, signal and origin.
///
/// Shards of one model and one probe suite have equal descriptions, up to the tool version.
public struct TraceDescription: Sendable, Equatable, Codable {
  /// The most values `[N, E, L]` a fingerprint may have; more is taken for a damaged file.
  public static let valueLimit = 1 << 26

  /// Names of the N tasks, in the order of the trace's task indices.
  public var tasks: [String]
  /// Names of the E experts, in the order of the trace's expert axis.
  public var experts: [String]
  /// The number L of routed layers.
  public var layerCount: Int
  /// What was recorded.
  public var signal: RouterSignal
  /// The model's digest; `nil` when the trace's writer did not know it.
  public var modelDigest: Digest?
  /// The probe suite's digest.
  ///
  /// Only fingerprints of one suite are comparable.
  public var suiteDigest: Digest
  /// The program that recorded the trace, with its version.
  public var toolVersion: String
  /// The digest of the preprocessing; `nil` when the trace's writer did not know it.
  public var preprocessingDigest: Digest?
  /// Whether the gates were trained; `nil` when the trace's writer did not know it.
  public var routerState: RouterState?

  /// Describes a trace; nothing is checked until ``validate()``.
  public init(
    tasks: [String], experts: [String], layerCount: Int, signal: RouterSignal = .logits,
    modelDigest: Digest?, suiteDigest: Digest, toolVersion: String,
    preprocessingDigest: Digest? = nil, routerState: RouterState? = nil
  ) {
    self.tasks = tasks
    self.experts = experts
    self.layerCount = layerCount
    self.signal = signal
    self.modelDigest = modelDigest
    self.suiteDigest = suiteDigest
    self.toolVersion = toolVersion
    self.preprocessingDigest = preprocessingDigest
    self.routerState = routerState
  }

  /// Checks names, layer count and total size.
  ///
  /// - Throws: ``FingerprintError/noNames(key:)``, ``FingerprintError/emptyName(key:index:)``,
  ///   ``FingerprintError/duplicateName(key:name:first:second:)``,
  ///   ``FingerprintError/invalidLayerCount(actual:)``,
  ///   ``FingerprintError/tooLarge(tasks:experts:layers:limit:)``.
  public func validate() throws(FingerprintError) {
    try Self.validate(tasks, key: "tasks")
    try Self.validate(experts, key: "experts")
    guard layerCount >= 1 else { throw .invalidLayerCount(actual: layerCount) }
    let perLayer = tasks.count.multipliedReportingOverflow(by: experts.count)
    let total = perLayer.partialValue.multipliedReportingOverflow(by: layerCount)
    guard !perLayer.overflow, !total.overflow, total.partialValue <= Self.valueLimit else {
      throw .tooLarge(
        tasks: tasks.count, experts: experts.count, layers: layerCount, limit: Self.valueLimit)
    }
  }

  static func validate(_ names: [String], key: String) throws(FingerprintError) {
    guard !names.isEmpty else { throw .noNames(key: key) }
    var seen: [String: Int] = [:]
    for (index, name) in names.enumerated() {
      guard !name.isEmpty else { throw .emptyName(key: key, index: index) }
      if let first = seen.updateValue(index, forKey: name) {
        throw .duplicateName(key: key, name: name, first: first, second: index)
      }
    }
  }
}
