// swift-tools-version: 6.2
// Targets stand in dependency order: an arrow may only point upwards in this file.

import PackageDescription

/// Swift 6 language mode comes with the tools version; every warning is an error.
let swift: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// Code of tests is not optimised, what it tests is: a clean build of everything took 460 s in place of 645 s so (two processors of an AMD
/// EPYC, a simulator at low priority beside both), and 513 s alone on the machine with those that stay optimised.
/// Some tests compute enough themselves that this would be lost again (`computing`).
let testing = swift + [.unsafeFlags(["-Onone"])]

/// C is built optimised in every configuration: unoptimised kernels make tests crawl.
let c: [CSetting] = [.unsafeFlags(["-O3", "-Wall", "-Wextra", "-Werror", "-std=gnu2x"])]

let package = Package(
    name: "HaShiFlex",
    products: [.executable(name: "hashiflex", targets: ["hashiflex"])],
    targets: [
        // System libraries: module maps only.
        .systemLibrary(name: "CRDKafka", pkgConfig: "rdkafka", providers: [.apt(["librdkafka-dev"])]),
        .systemLibrary(name: "CLZ4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"])]),
        .systemLibrary(name: "CXXHash", pkgConfig: "libxxhash", providers: [.apt(["libxxhash-dev"])]),
        .systemLibrary(name: "CMalloc"),
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),

        // C: SIMD kernels and library shims.
        .target(name: "CShiftKernels", exclude: ["inventory.inc"], cSettings: c),
        .target(
            name: "CImageCodecs", cSettings: c,
            linkerSettings: [.linkedLibrary("jpeg"), .linkedLibrary("png")]),
        .target(
            name: "COnnx", exclude: ["onnx.proto"], cSettings: c,
            linkerSettings: [.linkedLibrary("protobuf-c")]),
        .target(name: "CHDF5", cSettings: c),
        .target(name: "CEmbeddedModel", exclude: ["data"], cSettings: c),

        // Pure layer: bytes in, bytes out. No clock, no locks, no network.
        .target(name: "Artifacts", dependencies: ["CCrypto"], swiftSettings: swift),
        .target(name: "QuantizedTensors", swiftSettings: swift),
        .target(
            name: "HardenedBackbone", dependencies: ["CShiftKernels", "QuantizedTensors", "Artifacts"],
            swiftSettings: swift),
        .target(
            name: "ClassifierHead", dependencies: ["CShiftKernels", "QuantizedTensors", "Artifacts"],
            swiftSettings: swift),
        .target(
            name: "HardenedModel", dependencies: ["Artifacts", "HardenedBackbone", "ClassifierHead"],
            swiftSettings: swift),
        .target(
            name: "ImageDecoding", dependencies: ["CImageCodecs", "CShiftKernels"], swiftSettings: swift),
        .target(
            name: "PipelineMessages", dependencies: ["Artifacts", "CLZ4", "CXXHash"], swiftSettings: swift),
        .target(name: "Cutover", dependencies: ["PipelineMessages", "Artifacts"], swiftSettings: swift),
        .target(
            name: "FleetMachines", dependencies: ["Artifacts", "PipelineMessages", "Cutover"],
            swiftSettings: swift),

        .target(
            name: "FleetSimulator",
            dependencies: ["Artifacts", "PipelineMessages", "Cutover", "FleetMachines"],
            swiftSettings: swift),

        // Pure layer, reports: drawings, pages, tables.
        .target(name: "Figures", swiftSettings: swift),

        // Pure layer, the chip: what the artefact costs and gives as hardware.
        .target(
            name: "ChipModel",
            dependencies: ["Artifacts", "QuantizedTensors", "HardenedBackbone", "ClassifierHead", "Figures"],
            swiftSettings: swift),
        .target(
            name: "ChipRTL",
            dependencies: [
                "Artifacts", "QuantizedTensors", "HardenedBackbone", "ClassifierHead", "ChipModel",
            ],
            swiftSettings: swift),

        // The chip through other people's tools: liberty files, Yosys, netlists, timing.
        .target(name: "ChipTools", dependencies: ["ImageDecoding"], swiftSettings: swift),
        .target(
            name: "ChipFlow",
            dependencies: [
                "Artifacts", "QuantizedTensors", "HardenedBackbone", "ClassifierHead", "ChipModel", "ChipRTL",
                "ChipTools",
            ],
            swiftSettings: swift),

        // Pure layer, model toolchain: from a float network to a hardened one, and what that costs.
        .target(
            name: "FloatNetwork", dependencies: ["QuantizedTensors", "HardenedBackbone"], swiftSettings: swift
        ),
        .target(
            name: "NetworkExchange",
            dependencies: [
                "Artifacts", "COnnx", "QuantizedTensors", "HardenedBackbone", "ClassifierHead",
                "FloatNetwork",
            ],
            swiftSettings: swift),
        .target(name: "HDF5", dependencies: ["Artifacts", "CHDF5"], swiftSettings: swift),
        .target(
            name: "Hardening",
            dependencies: [
                "Artifacts", "QuantizedTensors", "HardenedBackbone", "ClassifierHead", "FloatNetwork",
            ],
            swiftSettings: swift),
        .target(
            name: "Evaluation",
            dependencies: ["Artifacts", "QuantizedTensors", "HardenedBackbone", "ClassifierHead", "Figures"],
            swiftSettings: swift),
        .target(
            name: "Sensitivity",
            dependencies: [
                "Artifacts", "QuantizedTensors", "HardenedBackbone", "ClassifierHead", "Evaluation",
                "Figures",
            ],
            swiftSettings: swift),

        // I/O layer.
        .target(name: "Threads", dependencies: ["CMalloc"], swiftSettings: swift),
        .target(name: "Kafka", dependencies: ["CRDKafka", "Threads"], swiftSettings: swift),
        .target(
            name: "ControlPlane",
            dependencies: ["Artifacts", "PipelineMessages", "Cutover", "Kafka", "Threads"],
            swiftSettings: swift),
        .target(
            name: "Ingest",
            dependencies: ["ImageDecoding", "PipelineMessages", "FleetMachines", "Kafka", "Threads"],
            swiftSettings: swift),
        .target(
            name: "Worker",
            dependencies: [
                "Artifacts", "HardenedBackbone", "ClassifierHead", "ImageDecoding", "PipelineMessages",
                "Cutover", "FleetMachines", "Kafka", "Threads", "ControlPlane",
            ],
            swiftSettings: swift),
        .target(
            name: "Coordinator",
            dependencies: [
                "Artifacts", "PipelineMessages", "Cutover", "FleetMachines", "Kafka", "Threads",
                "ControlPlane",
            ],
            swiftSettings: swift),

        // The command line: knows nothing of HaShiFlex.
        .target(name: "ArgumentParser", swiftSettings: swift),

        // The command: the only place that knows everything.
        .executableTarget(
            name: "hashiflex",
            dependencies: [
                "CEmbeddedModel", "Artifacts", "HardenedBackbone", "ClassifierHead", "HardenedModel",
                "ImageDecoding",
                "PipelineMessages", "Cutover", "FleetMachines", "FleetSimulator", "Kafka", "Threads",
                "ControlPlane", "Ingest", "Worker",
                "Coordinator", "FloatNetwork", "NetworkExchange", "HDF5", "Hardening", "Evaluation",
                "Sensitivity",
                "ChipModel", "ChipRTL", "ChipTools", "ChipFlow", "ArgumentParser",
            ],
            swiftSettings: swift),
    ]
)

/// Every target with a test folder of its own, what its tests import beyond the target itself, and data
/// that they read by path.
let tests: [(target: String, also: [String], data: [String])] = [
    ("Artifacts", [], ["Golden"]),
    ("HardenedBackbone", ["QuantizedTensors", "Artifacts", "CShiftKernels", "AllocationCounter"], []),
    ("ClassifierHead", ["QuantizedTensors", "Artifacts"], ["Golden"]),
    ("HardenedModel", ["Artifacts", "HardenedBackbone", "ClassifierHead"], []),
    ("ChipModel", ["QuantizedTensors", "Artifacts", "HardenedBackbone", "ClassifierHead", "Figures"], []),
    (
        "ChipRTL", ["QuantizedTensors", "Artifacts", "HardenedBackbone", "ClassifierHead", "ChipModel"],
        []
    ),
    ("ChipTools", ["ImageDecoding"], ["Golden"]),
    (
        "ChipFlow",
        ["Artifacts", "QuantizedTensors", "HardenedBackbone", "ChipModel", "ChipRTL", "ChipTools"], []
    ),
    ("ImageDecoding", [], ["Golden"]),
    ("PipelineMessages", ["Artifacts", "CXXHash"], []),
    ("Cutover", ["PipelineMessages", "Artifacts", "Threads"], []),
    ("FloatNetwork", ["HardenedBackbone", "QuantizedTensors"], []),
    (
        "NetworkExchange",
        [
            "Artifacts", "CMalloc", "COnnx", "FloatNetwork", "HDF5", "HardenedBackbone", "ClassifierHead",
            "ImageDecoding", "QuantizedTensors",
        ],
        ["Golden"]
    ),
    (
        "Hardening", ["Artifacts", "QuantizedTensors", "HardenedBackbone", "FloatNetwork", "ClassifierHead"],
        []
    ),
    ("Evaluation", ["Artifacts", "HardenedBackbone", "ClassifierHead", "Figures"], []),
    (
        "Sensitivity",
        ["Artifacts", "QuantizedTensors", "HardenedBackbone", "ClassifierHead", "Evaluation", "Figures"], []
    ),
    ("HDF5", ["Artifacts"], ["Files"]),
    ("ArgumentParser", [], []),
    ("Threads", [], []),
    ("Kafka", ["Threads"], []),
    ("FleetMachines", ["PipelineMessages", "Cutover", "Artifacts"], []),
    ("FleetSimulator", [], []),
    ("Ingest", ["ImageDecoding", "PipelineMessages", "Kafka", "Threads"], []),
    (
        "Worker",
        [
            "Artifacts", "ClassifierHead", "HardenedBackbone", "ImageDecoding", "Kafka", "PipelineMessages",
            "Threads",
        ], []
    ),
    ("Coordinator", ["PipelineMessages", "Cutover", "Artifacts", "Kafka", "ControlPlane", "Threads"], []),
]
/// Of them those whose tests compute much themselves: not optimised they took 112 of 140 s that the whole suite took more.
let computing: Set = ["HardenedBackbone", "ClassifierHead", "NetworkExchange", "FloatNetwork"]
// What several test folders share; no product depends on it.
package.targets.append(
    .target(
        name: "TestSupport", dependencies: ["HardenedBackbone"], path: "Tests/TestSupport",
        swiftSettings: swift))
package.targets.append(.target(name: "AllocationCounter", path: "Tests/AllocationCounter"))
package.targets.append(
    // Records as anyone may write them, and what takes them; for Tests/Fuzz and for the suite.
    .target(
        name: "RecordFuzzing",
        dependencies: [
            "Artifacts", "ClassifierHead", "PipelineMessages", "Cutover", "FleetMachines", "ControlPlane",
            "TestSupport",
        ],
        path: "Tests/RecordFuzzing", swiftSettings: swift))
package.targets.append(
    // Drives the built program; depends on it so that it is built.
    .testTarget(
        name: "CommandLineTests",
        dependencies: [
            "hashiflex", "Artifacts", "ClassifierHead", "ControlPlane", "FleetMachines", "HardenedBackbone",
            "HardenedModel", "ImageDecoding", "Ingest", "Kafka", "PipelineMessages", "RecordFuzzing",
            "TestSupport", "CRDKafka",
        ],
        exclude: ["Golden", "Shells"],
        swiftSettings: testing))
package.targets.append(
    .testTarget(
        name: "SchemaTests", dependencies: ["PipelineMessages", "Artifacts", "RecordFuzzing"],
        swiftSettings: testing))
package.targets += tests.map { test in
    .testTarget(
        name: "\(test.target)Tests",
        dependencies: ([test.target, "TestSupport"] + test.also).map { .init(stringLiteral: $0) },
        exclude: test.data,
        swiftSettings: computing.contains(test.target) ? swift : testing)
}
// Programs for Tests/Fuzz/run, which gives them libFuzzer's main.
if Context.environment["HASHIFLEX_FUZZ"] != nil {
    let programs: [(name: String, uses: [String])] = [
        ("FuzzONNX", ["NetworkExchange"]), ("FuzzArguments", ["ArgumentParser"]),
        // Reads some sources of the command through links: a program can not be imported by another.
        (
            "FuzzRecords",
            ["RecordFuzzing", "Artifacts", "ControlPlane", "FleetMachines", "PipelineMessages", "Threads"]
        ),
    ]
    package.targets += programs.map { program in
        .executableTarget(
            name: program.name, dependencies: program.uses.map { .init(stringLiteral: $0) },
            path: "Tests/Fuzz/\(program.name)", swiftSettings: swift)
    }
}
