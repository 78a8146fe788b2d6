import ArgumentParser
import RoutingFingerprints

/// Named departures from the standard fingerprint, recorded in it.
struct FingerprintOptionsGroup: ParsableArguments {
  @Option(
    name: .long,
    help: "Preference fingerprint over tasks, or one for each layer: global or perLayer.")
  var rpfMode: RPFMode = .global

  @Option(name: .long, help: "Logarithm of the divergence: two or natural.")
  var jsdBase: JSDBase = .two

  var options: FingerprintOptions { FingerprintOptions(rpfMode: rpfMode, jsdBase: jsdBase) }
}

extension RPFMode: ExpressibleByArgument {}
extension JSDBase: ExpressibleByArgument {}
