import ModelMerging

/// What becomes of the gates when experts are replaced, added or deleted.
public enum RouterTreatment: String, Sendable, CaseIterable {
  /// Rows stay: a new expert in another's place inherits its row, a deleted expert's row goes with
  /// it, an added expert has a fresh row.
  case keep
  /// Rows of experts that are gone are cut, new experts have fresh rows.
  case cut
  /// All gates are made anew.
  case reinit
}

extension EditableMixture {
  /// Gives the gates one row for every expert of the current list.
  ///
  /// - Parameter origins: for each current slot the former row it keeps; `nil` for a fresh row.
  /// - Throws: `MergeError.unsupportedGateDepth`.
  mutating func treatRouter(
    _ treatment: RouterTreatment, origins: [Int?], seed: UInt64
  ) throws {
    precondition(origins.count == slots.count, "every slot has an origin or a fresh row")
    let needsFresh = treatment == .reinit || origins.contains(nil)
    guard needsFresh else {
      for layer in gates.indices { gates[layer].select(origins.compactMap { $0 }) }
      return
    }
    let fresh = try GateWeights.fresh(
      configuration, depth: original.gateDepth, expertCount: slots.count, seed: seed)
    if treatment == .reinit {
      gates = fresh
      return
    }
    for layer in gates.indices {
      let former = gates[layer]
      for (slot, origin) in origins.enumerated() {
        let row = origin.map { former.rows[$0] } ?? fresh[layer].rows[slot]
        let bias = origin.map { former.biases[$0] } ?? fresh[layer].biases[slot]
        if slot == 0 {
          gates[layer].rows = [row]
          gates[layer].biases = [bias]
        } else {
          gates[layer].rows.append(row)
          gates[layer].biases.append(bias)
        }
      }
    }
  }
}

extension GateWeights {
  /// Row i becomes former row `order[i]`.
  mutating func select(_ order: [Int]) {
    rows = order.map { rows[$0] }
    biases = order.map { biases[$0] }
  }
}
