import VisionTransformers

extension VisionTowerConfiguration {
  /// Refuses another tower's configuration that has not the same shape and functions.
  func check(_ other: VisionTowerConfiguration, at path: String) throws(TamperingError) {
    guard let difference = difference(from: other) else { return }
    throw .configurationMismatch(
      path: path, key: difference.key, expected: difference.expected, actual: difference.actual)
  }
}
