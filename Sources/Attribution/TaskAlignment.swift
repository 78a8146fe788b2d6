import Diagnostics
import RoutingFingerprints

/// Two fingerprints whose tasks are in the same order, so that they can be compared.
public struct TaskAlignment: Sendable, Equatable {
  /// The reference, as it was given.
  public let victim: ModelFingerprint
  /// The model under examination, its tasks in the victim's order.
  public let suspect: ModelFingerprint

  /// Brings the suspect's tasks into the victim's order, by name.
  ///
  /// - Throws: ``AttributionError/suitesDiffer(victim:suspect:)``,
  ///   ``AttributionError/tasksDiffer(onlyVictim:onlySuspect:)``,
  ///   ``AttributionError/countsDiffer(task:victim:suspect:)``,
  ///   ``AttributionError/layerCountsDiffer(victim:suspect:)``,
  ///   ``AttributionError/signalsDiffer(victim:suspect:)``,
  ///   ``AttributionError/optionsDiffer(option:victim:suspect:)``.
  public init(victim: ModelFingerprint, suspect: ModelFingerprint) throws(AttributionError) {
    try Self.requireSameSuite(victim, suspect)
    guard victim.layerCount == suspect.layerCount else {
      throw .layerCountsDiffer(victim: victim.layerCount, suspect: suspect.layerCount)
    }
    guard victim.signal.compares(with: suspect.signal) else {
      throw .signalsDiffer(victim: victim.signal, suspect: suspect.signal)
    }
    let options = (victim: victim.options, suspect: suspect.options)
    guard options.victim.rpfMode == options.suspect.rpfMode else {
      throw .optionsDiffer(
        option: "rpfMode", victim: options.victim.rpfMode.rawValue,
        suspect: options.suspect.rpfMode.rawValue)
    }
    guard options.victim.jsdBase == options.suspect.jsdBase else {
      throw .optionsDiffer(
        option: "jsdBase", victim: options.victim.jsdBase.rawValue,
        suspect: options.suspect.jsdBase.rawValue)
    }
    self.victim = victim
    self.suspect = suspect.reordered(tasks: victim.tasks)
  }

  /// Two fingerprints that are known to be comparable, tasks in the same order.
  init(aligned victim: ModelFingerprint, _ suspect: ModelFingerprint) {
    self.victim = victim
    self.suspect = suspect
  }

  private static func requireSameSuite(
    _ victim: ModelFingerprint, _ suspect: ModelFingerprint
  ) throws(AttributionError) {
    let (victimTasks, suspectTasks) = (Set(victim.tasks), Set(suspect.tasks))
    guard victimTasks == suspectTasks else {
      throw .tasksDiffer(
        onlyVictim: victim.tasks.filter { !suspectTasks.contains($0) },
        onlySuspect: suspect.tasks.filter { !victimTasks.contains($0) })
    }
    guard victim.suiteDigest == suspect.suiteDigest else {
      throw .suitesDiffer(victim: victim.suiteDigest, suspect: suspect.suiteDigest)
    }
    let suspectCounts = Dictionary(uniqueKeysWithValues: zip(suspect.tasks, suspect.counts))
    for (task, count) in zip(victim.tasks, victim.counts) where suspectCounts[task] != count {
      throw .countsDiffer(task: task, victim: count, suspect: suspectCounts[task] ?? 0)
    }
  }
}
