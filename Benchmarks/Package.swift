// swift-tools-version:6.1
import PackageDescription

// Measurements, apart from the package so that nobody builds them by accident; see README.md.

let models = Target.Dependency.product(name: "RouteMarkModels", package: "routemark")
let everything = Target.Dependency.product(name: "RouteMark", package: "routemark")
let evidence = Target.Dependency.product(name: "RouteMarkEvidence", package: "routemark")

let package = Package(
  name: "Benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "routemark", path: "..")],
  targets: [
    .target(name: "Measuring"),
    .executableTarget(name: "KernelBenchmarks", dependencies: ["Measuring", models]),
    .executableTarget(name: "ForwardBenchmarks", dependencies: ["Measuring", models]),
    .executableTarget(name: "GrowthBenchmarks", dependencies: ["Measuring", models, evidence]),
    .executableTarget(name: "EngineBenchmarks", dependencies: ["Measuring", everything]),
  ]
)
