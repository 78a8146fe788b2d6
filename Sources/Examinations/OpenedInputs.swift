import Diagnostics
import Files
import ModelMerging
import Probes
import Synchronization
import VisionTransformers

/// What one request has opened.
///
/// Every model and suite is opened once, however many parts of the request need it. A model hashes its
/// weights once as well.
///
/// Each first opening is told to the listener as ``ExaminationEvent/opened(_:)``.
package final class OpenedInputs: Sendable {
  private struct State {
    var models: [String: ModelFolder] = [:]
    var suites: [String: OpenSuite] = [:]
  }

  private let examiner: Examiner
  private let state = Mutex(State())

  package init(_ examiner: Examiner) { self.examiner = examiner }

  /// A model by its folder, or a file of weights.
  ///
  /// - Parameter assumed: the configuration of a model that states none itself.
  /// - Throws: what opening a model throws.
  package func model(
    _ path: String, assuming assumed: VisionTowerConfiguration? = nil
  ) throws -> ModelFolder {
    let key = RelativePath.canonical(path)
    // One folder under two names is opened twice, because a report calls it as it was asked for.
    if let known = state.withLock({ $0.models[key] }), known.path == path { return known }
    let model = try ModelFolder(path: path, assuming: assumed)
    examiner.opened(path)
    state.withLock { $0.models[key] = model }
    return model
  }

  /// A probe suite by its manifest, its images hashed.
  ///
  /// - Throws: what opening a suite throws.
  package func suite(_ path: String) throws -> OpenSuite {
    let key = RelativePath.canonical(path)
    if let known = state.withLock({ $0.suites[key] }) { return known }
    let suite = try examiner.stage("hashing images") { stage in
      try OpenSuite(contentsOf: path, progress: stage.handler)
    }
    examiner.opened(path)
    state.withLock { $0.suites[key] = suite }
    return suite
  }
}
