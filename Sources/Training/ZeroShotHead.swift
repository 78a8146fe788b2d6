/// A frozen zero-shot classifier: one direction a class, from a text encoder.
///
/// Equation: logits = scale * (f / |f|) . (w_c / |w_c|)
public struct ZeroShotHead: Sendable, Equatable {
  /// What the head classifies; used in messages.
  public let name: String
  /// C: number of classes.
  public let classes: Int
  /// Length of a direction, equal to the tower's projection.
  public let width: Int
  /// Multiplies the cosines (the exponential of CLIP's `logit_scale`).
  public let scale: Float
  /// Unit rows `[C, width]`.
  let rows: [Float]

  /// A head of the given directions `[C, width]`, which are normalised here.
  ///
  /// - Throws: ``TrainingError/wrongElementCount(tensor:expected:actual:)``,
  ///   ``TrainingError/nonFiniteParameter(tensor:index:)``,
  ///   ``TrainingError/zeroHeadRow(head:row:)``,
  ///   ``TrainingError/invalidHyperparameter(name:value:requirement:)``.
  public init(
    name: String, directions: [Float], classes: Int, scale: Float
  ) throws(TrainingError) {
    guard classes > 0, directions.count % classes == 0, !directions.isEmpty else {
      throw .wrongElementCount(
        tensor: name, expected: max(classes, 1), actual: directions.count)
    }
    guard scale > 0, scale.isFinite else {
      throw .invalidHyperparameter(
        name: "logit scale", value: "\(scale)", requirement: "a finite number above 0")
    }
    if let index = directions.firstIndex(where: { !$0.isFinite }) {
      throw .nonFiniteParameter(tensor: name, index: index)
    }
    let width = directions.count / classes
    var rows: [Float] = []
    rows.reserveCapacity(directions.count)
    for row in 0..<classes {
      let values = directions[(row * width)..<((row + 1) * width)]
      let length = values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      guard length > 0 else { throw .zeroHeadRow(head: name, row: row) }
      rows += values.map { Float(Double($0) / length) }
    }
    self.name = name
    self.classes = classes
    self.width = width
    self.scale = scale
    self.rows = rows
  }
}
