// swift-tools-version:6.1
import PackageDescription

// Measurements, apart from the package so that nobody builds them by accident:
//   cd Benchmarks && swift run -c release KernelBenchmarks
//   cd Benchmarks && swift run -c release ForwardBenchmarks

let package = Package(
  name: "Benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "routemark", path: "..")],
  targets: [
    .target(name: "Measuring"),
    .executableTarget(
      name: "KernelBenchmarks",
      dependencies: ["Measuring", .product(name: "RouteMarkModels", package: "routemark")]),
    .executableTarget(
      name: "ForwardBenchmarks",
      dependencies: ["Measuring", .product(name: "RouteMarkModels", package: "routemark")]),
    .executableTarget(
      name: "TrainingBenchmarks",
      dependencies: ["Measuring", .product(name: "RouteMarkTraining", package: "routemark")]),
  ]
)
