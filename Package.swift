// swift-tools-version:6.1
import PackageDescription

// The floor plan is in ARCHITECTURE.md: a module imports only what its column may see.
// `Scripts/check-architecture.py` compares this file, the imports and the plan.

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(
  _ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []
) -> Target {
  .testTarget(
    name: name, dependencies: dependencies, resources: resources, swiftSettings: settings)
}

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
  name: "routemark",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "routemark", targets: ["routemark"]),
    .library(
      name: "RouteMarkEvidence",
      targets: [
        "Diagnostics", "RoutingFingerprints", "Statistics", "ExactTests", "LikelihoodRatios",
        "Calibration", "Attribution", "Reports",
      ]),
    .library(
      name: "RouteMarkModels",
      targets: [
        "Diagnostics", "Checkpoints", "Tensors", "RoutedModels", "VisionTransformers",
        "ModelFamilies", "ModelMerging", "ModelImports", "Probes",
      ]),
    .library(
      name: "RouteMark",
      targets: [
        "Examinations", "Probing", "Probes", "ZeroShotHeads", "Training", "Tampering", "Baselines",
        "NullPools", "Coordinates", "ExpertResponses", "Checkpoints", "Tensors", "RoutedModels",
        "VisionTransformers", "ModelFamilies", "ModelMerging", "ModelImports",
        "RoutingFingerprints", "Statistics", "ExactTests", "LikelihoodRatios", "Calibration",
        "Attribution", "Reports", "CaseFiles", "OwnerFiles", "WeightMarks", "KeyedRandomness",
        "Documents", "Diagnostics",
      ]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
  ],
  targets: [
    // Floor 0
    module("Diagnostics"),
    module("Documents", ["Diagnostics", crypto]),
    module("KeyedRandomness", ["Diagnostics", crypto]),
    .target(name: "CFileSystem"),
    module("Files", ["Diagnostics", "Documents", "CFileSystem"]),
    module("PyTorchFiles", ["Diagnostics"]),
    module("GGUFFiles", ["Diagnostics"]),
    module("Checkpoints", ["Diagnostics", "Documents", "Files", "PyTorchFiles"]),
    .target(name: "CKernels"),
    module("Tensors", ["CKernels"]),

    // Model column
    .systemLibrary(
      name: "CLibJPEG", pkgConfig: "libjpeg",
      providers: [.apt(["libjpeg62-turbo-dev"]), .brew(["jpeg-turbo"])]),
    .systemLibrary(
      name: "CLibPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"]), .brew(["libpng"])]),
    .target(name: "CImageCodecs", dependencies: ["CLibJPEG", "CLibPNG"]),
    module("Probes", ["Documents", "Diagnostics", "Files", "Tensors", "CImageCodecs"]),
    module("RoutedModels", ["Diagnostics", "Checkpoints", "Tensors"]),
    module(
      "DecoderModels",
      [
        "Diagnostics", "Documents", "Files", "Checkpoints", "GGUFFiles", "RoutedModels", "Tensors",
      ]),
    module(
      "ExpertMatching",
      [
        "Diagnostics", "Documents", "Checkpoints", "GGUFFiles", "RoutedModels",
        "DecoderModels", "Tensors",
      ]),
    module("VisionTransformers", ["Diagnostics", "Tensors", "RoutedModels"]),
    module(
      "ModelFamilies",
      [
        "Documents", "Files", "Checkpoints", "ModelImports", "RoutedModels", "VisionTransformers",
      ]),
    module(
      "ModelMerging",
      [
        "ModelFamilies",
        "Documents", "Diagnostics", "Files", "Checkpoints", "Tensors", "RoutedModels",
        "VisionTransformers",
      ]),
    module("ModelImports", ["Diagnostics", "Documents", "Files", "Checkpoints"]),
    module(
      "Training",
      [
        "Diagnostics", "Files", "Checkpoints", "Tensors", "RoutedModels", "VisionTransformers",
        "ModelMerging",
      ]),
    module(
      "Tampering",
      [
        "Documents", "Diagnostics", "Files", "Checkpoints", "Tensors", "RoutedModels",
        "VisionTransformers",
        "ModelMerging",
      ]),
    module(
      "Baselines",
      [
        "Coordinates", "Diagnostics", "Checkpoints", "Tensors", "RoutedModels",
        "VisionTransformers",
        "ModelMerging",
      ]),

    module(
      "Coordinates",
      [
        "Diagnostics", "Statistics", "Tensors", "RoutedModels", "VisionTransformers",
        "ModelMerging",
      ]),
    module(
      "ExpertResponses",
      [
        "Coordinates", "Diagnostics", "Tensors", "RoutedModels", "VisionTransformers",
        "ModelMerging",
      ]),
    module(
      "WeightMarks",
      [
        "Coordinates", "Diagnostics", "Documents", "Files", "Checkpoints", "KeyedRandomness",
        "RoutedModels", "Tensors", "VisionTransformers", "ModelMerging", "ExpertResponses",
      ]),
    module("NullPools", ["Documents", "Diagnostics", "Files", "Checkpoints", "Tensors"]),
    module(
      "EmbeddedWorld",
      [
        "ModelFamilies",
        "Documents", "Diagnostics", "Files", "Checkpoints", "Tensors", "RoutedModels",
        "VisionTransformers",
        "Probes",
      ]),

    // Evidence column
    module("RoutingFingerprints", ["Diagnostics", "Documents"]),
    module("Statistics"),
    module("ExactTests", ["Diagnostics", "Statistics"]),
    module("SlotAttribution", ["Diagnostics", "Statistics", "ExactTests"]),
    module("LikelihoodRatios", ["Diagnostics"]),
    module("Calibration", ["Diagnostics", "Documents", "RoutingFingerprints", "Statistics"]),
    module(
      "Attribution",
      [
        "Diagnostics", "Documents", "RoutingFingerprints", "Statistics", "ExactTests",
        "Calibration",
      ]),
    module(
      "Reports",
      [
        "Diagnostics", "RoutingFingerprints", "Statistics", "ExactTests", "Calibration",
        "Attribution",
      ]),

    // Where the columns meet
    module(
      "CaseFiles",
      [
        "Diagnostics", "Documents", "Files", "RoutingFingerprints", "Calibration", "Attribution",
        "Reports", "ExactTests", "SlotAttribution",
      ]),
    module(
      "OwnerFiles",
      ["Diagnostics", "Documents", "Files", "ExactTests", "KeyedRandomness"]),
    module(
      "Probing",
      [
        "Documents", "Diagnostics", "Files", "Checkpoints", "Probes", "Tensors",
        "RoutedModels",
        "VisionTransformers",
        "ModelMerging", "Baselines", "RoutingFingerprints",
      ]),
    module("ZeroShotHeads", ["Diagnostics", "Documents", "Files", "Checkpoints"]),
    module(
      "Examinations",
      [
        "Diagnostics", "Documents", "CaseFiles", "Files", "Checkpoints", "Probes", "Tensors",
        "RoutedModels", "VisionTransformers", "ModelFamilies", "ModelMerging", "ModelImports",
        "Training", "Tampering", "Baselines", "Coordinates", "ExpertResponses", "NullPools",
        "RoutingFingerprints", "Statistics", "ExactTests", "Calibration", "Attribution",
        "Reports", "Probing", "ZeroShotHeads", "KeyedRandomness", "OwnerFiles", "WeightMarks",
        "DecoderModels", "ExpertMatching", "SlotAttribution",
      ]),
    module(
      "Experiments",
      [
        "Documents", "Diagnostics", "Files", "Checkpoints", "Statistics", "RoutingFingerprints",
        "Calibration",
        "Attribution", "Reports",
      ]),
    module(
      "RouteMarkCommands",
      [
        "Diagnostics", "Documents", "CaseFiles", "Files", "Checkpoints", "Probes", "Tensors",
        "VisionTransformers", "ModelMerging", "Tampering", "Baselines", "NullPools",
        "RoutingFingerprints", "ExactTests", "Calibration", "Attribution", "Reports",
        "Examinations", "Experiments", "EmbeddedWorld", "OwnerFiles", "WeightMarks",
        "SlotAttribution",
        argumentParser,
      ]),
    .executableTarget(
      name: "routemark", dependencies: ["RouteMarkCommands"], swiftSettings: settings),

    // Tests
    tests(
      "CaseFilesTests",
      ["CaseFiles", "Documents", "Diagnostics", "RoutingFingerprints", "Attribution"]),
    tests("GGUFFilesTests", ["GGUFFiles", "Diagnostics"], resources: [.copy("Goldens")]),
    tests(
      "DecoderModelsTests",
      [
        "DecoderModels", "GGUFFiles", "RoutedModels", "Checkpoints", "Diagnostics", "Files",
      ]),
    tests(
      "MixtureExaminationTests",
      [
        "Examinations", "ExpertMatching", "DecoderModels", "GGUFFiles", "SlotAttribution",
        "CaseFiles", "RoutedModels", "Checkpoints", "Diagnostics", "Documents", "ExactTests",
        "Files", "Tensors",
      ]),
    tests("DocumentsTests", ["Documents", "Diagnostics", "Files"]),
    tests("CheckpointsTests", ["Documents", "Checkpoints", "Diagnostics", "Files"]),
    tests("PyTorchFilesTests", ["PyTorchFiles", "Diagnostics"]),
    tests(
      "ModelImportsTests",
      [
        "ModelImports", "PyTorchFiles", "Checkpoints", "Documents", "Diagnostics", "Files",
        "Tensors", "RoutedModels", "VisionTransformers", "ModelMerging",
      ], resources: [.copy("Goldens")]),
    tests("TensorsTests", ["Tensors"]),
    tests(
      "ZeroShotHeadsTests", ["ZeroShotHeads", "Diagnostics", "Files", "Checkpoints", "Documents"],
      resources: [.copy("Goldens")]),
    tests(
      "ProbesTests", ["Documents", "Probes", "Diagnostics", "Files", "Checkpoints"],
      resources: [.copy("Goldens")]),
    tests(
      "RoutedModelsTests",
      ["RoutedModels", "Checkpoints", "Diagnostics", "Files"]),
    tests(
      "ModelFamiliesTests",
      [
        "ModelFamilies", "RoutedModels", "VisionTransformers", "ModelMerging", "Tampering",
        "Baselines", "ExpertResponses", "Training", "Checkpoints", "Documents", "Files", "Tensors",
      ], resources: [.copy("Goldens")]),
    tests(
      "TrainingTests",
      [
        "ModelFamilies",
        "Training", "Tensors", "Checkpoints", "Diagnostics", "RoutedModels", "VisionTransformers",
        "ModelMerging",
      ],
      resources: [.copy("Goldens")]),
    tests(
      "TamperingTests",
      [
        "ModelFamilies",
        "Documents", "Tampering", "Diagnostics", "Files", "Checkpoints", "Tensors", "RoutedModels",
        "VisionTransformers",
        "ModelMerging",
      ]),
    tests(
      "BaselinesTests",
      [
        "ModelFamilies",
        "Files", "Documents", "Baselines", "Diagnostics", "Checkpoints", "Tensors", "RoutedModels",
        "VisionTransformers",
        "ModelMerging",
      ], resources: [.copy("Goldens")]),
    tests(
      "EmbeddedWorldTests",
      [
        "ModelFamilies",
        "EmbeddedWorld", "Diagnostics", "Checkpoints", "Tensors", "RoutedModels",
        "VisionTransformers",
        "Probes",
      ]),
    tests(
      "CoordinatesTests",
      [
        "Coordinates", "ExpertResponses", "ModelFamilies", "ModelMerging", "RoutedModels",
        "Tampering", "Tensors", "VisionTransformers",
      ]),
    tests(
      "ExpertResponsesTests",
      [
        "ModelFamilies",
        "Documents", "Coordinates", "ExpertResponses", "Tampering", "Diagnostics", "Files",
        "Checkpoints", "Tensors",
        "RoutedModels", "VisionTransformers", "ModelMerging",
      ]),
    tests("NullPoolsTests", ["Documents", "NullPools", "Checkpoints", "Diagnostics", "Files"]),
    tests("ExperimentsTests", ["Experiments", "Reports"]),
    tests("RoutingFingerprintsTests", ["Diagnostics", "RoutingFingerprints"]),
    tests("StatisticsTests", ["Statistics"]),
    tests("ExactTestsTests", ["ExactTests", "Diagnostics", "Statistics"]),
    tests("KeyedRandomnessTests", ["KeyedRandomness", "Diagnostics"]),
    tests(
      "OwnerFilesTests",
      ["OwnerFiles", "KeyedRandomness", "ExactTests", "Diagnostics", "Documents", "Statistics"]),
    tests(
      "WeightMarksTests",
      [
        "WeightMarks", "KeyedRandomness", "ExactTests", "Statistics", "Checkpoints",
        "RoutedModels", "VisionTransformers", "ModelMerging", "ModelFamilies", "Tampering",
        "Files",
      ]),
    tests(
      "LikelihoodRatiosTests", ["LikelihoodRatios"], resources: [.copy("Goldens")]),
    tests(
      "CalibrationTests", ["Diagnostics", "RoutingFingerprints", "Statistics", "Calibration"]),
    tests(
      "AttributionTests",
      ["Diagnostics", "RoutingFingerprints", "Statistics", "Calibration", "Attribution"]),
    tests(
      "ReportsTests",
      [
        "Diagnostics", "RoutingFingerprints", "Statistics", "Calibration", "Attribution",
        "Reports", crypto,
      ],
      resources: [.copy("Snapshots")]),
    tests(
      "ParityTests",
      [
        "ModelFamilies",
        "Checkpoints", "Tensors", "RoutedModels", "VisionTransformers", "ModelMerging",
        "Probes", "Probing",
        "RoutingFingerprints", "Attribution",
      ]),
    tests(
      "CommandTests",
      [
        "ModelFamilies", "Files", "Documents", "RouteMarkCommands", "Examinations", "Attribution",
        "Checkpoints", "Probes", "Tensors", "RoutedModels", "VisionTransformers",
      ],
      resources: [.copy("Snapshots")]),
  ]
)
