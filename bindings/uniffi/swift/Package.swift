// swift-tools-version:5.9
// `cargo xtask swift` puts the generated sources, headers and native libraries beside this file, below `target/swift/package`.

import PackageDescription

let libraries = "\(Context.packageDirectory)/Libraries"

let package = Package(
    name: "Idvkit",
    platforms: [.macOS(.v12), .iOS(.v15)],
    products: [
        .library(name: "Idvkit", targets: ["Idvkit"]),
        .library(name: "IdvkitClient", targets: ["IdvkitClient"]),
    ],
    targets: [
        .systemLibrary(name: "IdvkitFFI"),
        .systemLibrary(name: "IdvkitClientFFI"),
        .target(name: "Idvkit", dependencies: ["IdvkitFFI"], resources: [.copy("web")], linkerSettings: link("idvkit_uniffi")),
        .target(name: "IdvkitClient", dependencies: ["IdvkitClientFFI"], linkerSettings: link("idvkit_client")),
        .testTarget(name: "IdvkitTests", dependencies: ["Idvkit"]),
        .testTarget(name: "IdvkitClientTests", dependencies: ["IdvkitClient"]),
    ]
)

func link(_ library: String) -> [LinkerSetting] {
    [.linkedLibrary(library), .unsafeFlags(["-L\(libraries)", "-Xlinker", "-rpath", "-Xlinker", libraries])]
}
