// swift-tools-version:6.1
import PackageDescription

// Measurements, apart from the package so that nobody builds them by accident:
//   cd Benchmarks && swift run -c release KernelBenchmarks

let package = Package(
  name: "Benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "routemark", path: "..")],
  targets: [
    .executableTarget(
      name: "KernelBenchmarks",
      dependencies: [.product(name: "RouteMarkModels", package: "routemark")])
  ]
)
