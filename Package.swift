// swift-tools-version: 6.2
import PackageDescription

/// libFuzzer's own `main` and what it drives, for Scripts/fuzz.sh: no other build has a use for it, or can link it.
let isFuzzing = Context.environment["CORESALVAGE_FUZZ"] != nil

/// What every Swift target of ours is built with: no warning passes, no unsafe call goes unmarked.
let strict: [SwiftSetting] = [
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// Tests leave strict memory safety off: the expansion of `#expect` trips it.
let tests: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
]

let systemPackage = Target.Dependency.product(name: "SystemPackage", package: "swift-system")

/// The targets of the library, each of which knows those before it.
let house: [Target.Dependency] = [
  "ELFCore", "CoreIO", "CoreModel", "ArchiveFormat", "Salvage", "SalvageArchive", "SalvageBatch",
  "SalvageCapture", "SalvageText",
]

let package = Package(
  name: "coresalvage",
  products: [
    .library(
      name: "Salvage",
      targets: [
        "Salvage", "SalvageArchive", "SalvageBatch", "SalvageCapture", "SalvageText",
      ]),
    .library(name: "SalvageFoundation", targets: ["SalvageFoundation"]),
    .executable(name: "coresalvage", targets: ["coresalvage"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
  ],
  targets: [
    .systemLibrary(
      name: "CArchive", pkgConfig: "libarchive",
      providers: [.apt(["libarchive-dev", "zlib1g-dev"])]),
    .target(name: "CLinux"),
    .target(name: "CStart"),
    .systemLibrary(
      name: "CXXHash", pkgConfig: "libxxhash", providers: [.apt(["libxxhash-dev"])]),
    .systemLibrary(name: "CLZ4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .target(name: "ELFCore", swiftSettings: strict),
    .target(
      name: "CoreIO",
      dependencies: [
        "CArchive", "CLinux", "CLZ4", "CXXHash", "CZlib", "CZstd", "ELFCore", systemPackage,
      ],
      swiftSettings: strict),
    .target(
      name: "CoreModel", dependencies: ["CoreIO", "ELFCore", systemPackage],
      swiftSettings: strict),
    .target(
      name: "ArchiveFormat",
      dependencies: ["CLZ4", "CoreIO", "CoreModel", "ELFCore", systemPackage],
      swiftSettings: strict),
    .target(
      name: "Salvage",
      dependencies: [
        "ArchiveFormat", "CLinux", "CoreIO", "CoreModel", "ELFCore", systemPackage,
      ],
      swiftSettings: strict),
    .target(
      name: "SalvageArchive",
      dependencies: ["ArchiveFormat", "CoreIO", "CoreModel", "ELFCore", "Salvage", systemPackage],
      swiftSettings: strict),
    .target(
      name: "SalvageBatch",
      dependencies: [
        "ArchiveFormat", "CLinux", "CoreIO", "CoreModel", "ELFCore", "Salvage", "SalvageArchive",
        systemPackage,
      ],
      swiftSettings: strict),
    .target(
      name: "SalvageCapture",
      dependencies: [
        "ArchiveFormat", "CLinux", "CoreIO", "CoreModel", "ELFCore", "Salvage", "SalvageArchive",
        systemPackage,
      ],
      swiftSettings: strict),
    .target(
      name: "SalvageText",
      dependencies: [
        "ArchiveFormat", "CoreIO", "CoreModel", "ELFCore", "Salvage", "SalvageArchive",
        "SalvageBatch", "SalvageCapture", systemPackage,
      ],
      swiftSettings: strict),
    .target(name: "SalvageFoundation", dependencies: ["CoreIO"], swiftSettings: strict),
    .executableTarget(
      name: "coresalvage",
      dependencies: [
        "CStart", "SalvageText", systemPackage,
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      packageAccess: false, swiftSettings: strict),
    .target(
      name: "TestSupport", dependencies: [systemPackage], path: "Tests/TestSupport",
      swiftSettings: tests),
    .target(
      name: "FuzzWays", dependencies: house + [systemPackage],
      path: "Tests/Fuzz/Ways", swiftSettings: tests),
    .testTarget(
      name: "ELFCoreTests", dependencies: ["ELFCore", "TestSupport"], swiftSettings: tests),
    .testTarget(
      name: "CoreIOTests", dependencies: ["CoreIO", "TestSupport", systemPackage],
      swiftSettings: tests),
    .testTarget(
      name: "CoreModelTests", dependencies: house + ["FuzzWays", "TestSupport", systemPackage],
      swiftSettings: tests),
    .testTarget(
      name: "ArchiveFormatTests", dependencies: ["ArchiveFormat", "TestSupport"],
      swiftSettings: tests),
    .testTarget(
      name: "SalvageTests",
      dependencies: house + ["CXXHash", "FuzzWays", "TestSupport", systemPackage],
      swiftSettings: tests),
    .testTarget(
      name: "SalvageArchiveTests",
      dependencies: house + ["CXXHash", "FuzzWays", "TestSupport", systemPackage],
      swiftSettings: tests),
    .testTarget(
      name: "SalvageBatchTests", dependencies: house + ["TestSupport", systemPackage],
      swiftSettings: tests),
    .testTarget(
      name: "SalvageCaptureTests",
      dependencies: house + ["FuzzWays", "TestSupport", systemPackage],
      swiftSettings: tests),
    .testTarget(
      name: "SalvageTextTests",
      dependencies: house + ["FuzzWays", "SalvageFoundation", "TestSupport", systemPackage],
      swiftSettings: tests),
    .testTarget(
      name: "CommandTests",
      dependencies: house + ["coresalvage", "TestSupport", systemPackage], swiftSettings: tests),
  ]
)

if isFuzzing {
  package.targets.append(
    .executableTarget(
      name: "SalvageFuzz", dependencies: ["FuzzWays"], path: "Tests/Fuzz/Entry",
      swiftSettings: tests))
}
