// swift-tools-version:6.1
import PackageDescription

// Mutated inputs for every reader, apart from the package; see README.md.

let package = Package(
  name: "Fuzzing",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "routemark", path: "..")],
  targets: [
    .executableTarget(
      name: "FuzzReaders",
      dependencies: [.product(name: "RouteMark", package: "routemark")])
  ]
)
