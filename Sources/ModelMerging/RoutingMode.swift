/// What happens to the gate's output before it multiplies the task vectors.
public enum RoutingMode: String, Sendable, Hashable, Codable, CaseIterable {
  /// w = softmax(gate): equation 4 of the RouteMark paper, the default for new merges.
  case softmax
  /// w = gate as it is, possibly negative: what fusion_bench does.
  case raw
}
