import Checkpoints
import Documents

/// Multiplies all router logits by a number: weight and bias of the last map of every gate.
public struct RouterScaling: MixtureTampering {
  /// What logits are multiplied by.
  public let factor: Double

  /// A finite factor.
  ///
  /// - Throws: ``TamperingError/valueOutOfRange(name:expected:actual:)``.
  public init(factor: Double) throws(TamperingError) {
    try OperationRanges.check("factor", factor, "a finite number", true)
    self.factor = factor
  }

  /// `scale-router`.
  public var name: String { "scale-router" }
  /// The factor.
  public var parameters: [String: JSONValue] { ["factor": .number(factor)] }

  /// Scales the gates.
  public func tamper(_ mixture: inout EditableMixture) throws {
    let factor = Float(factor)
    for layer in mixture.gates.indices {
      mixture.gates[layer].rows = mixture.gates[layer].rows.map { $0.map { $0 * factor } }
      mixture.gates[layer].biases = mixture.gates[layer].biases.map { $0 * factor }
    }
  }
}

/// Adds a constant to an expert's router logit in every layer, as router-biasing attacks do.
public struct RouterShifting: MixtureTampering {
  /// What is added, by expert.
  public let shifts: [String: Double]

  /// Finite shifts for one expert or more.
  ///
  /// - Throws: ``TamperingError/valueOutOfRange(name:expected:actual:)``,
  ///   ``TamperingError/tooFewExperts(operation:expected:actual:)``.
  public init(_ shifts: [String: Double]) throws(TamperingError) {
    guard !shifts.isEmpty else {
      throw .tooFewExperts(operation: "shift-router", expected: 1, actual: 0)
    }
    for name in shifts.keys.sorted() {
      try OperationRanges.check("shift of \(name)", shifts[name] ?? 0, "a finite number", true)
    }
    self.shifts = shifts
  }

  /// `shift-router`.
  public var name: String { "shift-router" }
  /// The shift of every expert that has one.
  public var parameters: [String: JSONValue] {
    ["shift": .object(shifts.mapValues { .number($0) })]
  }

  /// Shifts the gates' last biases.
  public func tamper(_ mixture: inout EditableMixture) throws {
    for (name, shift) in shifts {
      let place = try mixture.index(of: name)
      for layer in mixture.gates.indices { mixture.gates[layer].biases[place] += Float(shift) }
    }
  }
}
