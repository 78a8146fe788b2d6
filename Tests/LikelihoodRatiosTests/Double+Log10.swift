import Foundation

extension Double {
  /// The base-10 logarithm.
  var log10: Double { Foundation.log10(self) }
}
