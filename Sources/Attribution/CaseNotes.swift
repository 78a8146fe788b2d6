import Diagnostics
import RoutingFingerprints

/// What a reader of a case should know about the two fingerprints before its verdicts.
enum CaseNotes {
  /// The notes that follow from two fingerprints, most important first.
  static func about(victim: ModelFingerprint, suspect: ModelFingerprint) -> [String] {
    var notes: [String] = []
    for (role, fingerprint) in [("victim", victim), ("suspect", suspect)] {
      if fingerprint.hasUntrainedRouter {
        notes.append(
          "the \(role)'s router is untrained: its routing says nothing about its experts; train the "
            + "gates, then capture again")
      }
      if fingerprint.looksLikeProbabilities {
        notes.append(
          "the \(role)'s logits lie in 0...1 and sum to 1 over experts: they look like probabilities; "
            + "if they are, write its trace with the signal `probabilities`")
      }
    }
    if victim.signal != suspect.signal {
      let role = victim.signal == .probabilities ? "victim" : "suspect"
      notes.append(
        "the \(role) was recorded as probabilities: their logarithms minus the mean over experts are "
          + "its centred logits, which are compared")
    }
    let preprocessing = (
      victim.description.preprocessingDigest, suspect.description.preprocessingDigest
    )
    if let own = preprocessing.0, let other = preprocessing.1, own != other {
      notes.append(
        "victim and suspect saw differently preprocessed images (victim \(own.abbreviated), suspect "
          + "\(other.abbreviated)): a part of what differs is the preprocessing")
    }
    if let own = victim.modelDigest, own == suspect.modelDigest {
      notes.append("victim and suspect are the same model: both have the digest \(own)")
    }
    return notes
  }
}
