internal import ELFCore

/// Where a dynamic linker looks for libraries, without its settings: beside the program and the linker, and in the
/// folders that distributions use.
struct LibraryFolders {
  private let folders: [[UInt8]]

  init(_ machine: Machine, interpreter: [UInt8]?, program: [UInt8]) {
    var names: [[UInt8]] = [program, interpreter ?? []].map { path in
      Array(path[..<(path.lastIndex(of: UInt8(ascii: "/")) ?? 0)])
    }
    let triplets = Self.triplets[machine] ?? []
    names += triplets.flatMap { ["/lib/\($0)", "/usr/lib/\($0)"] }.map { Array($0.utf8) }
    names += ["/lib64", "/usr/lib64", "/lib", "/usr/lib", "/lib32", "/usr/lib32"].map {
      Array($0.utf8)
    }
    folders = names.filter { $0.first == UInt8(ascii: "/") }
  }

  private static let triplets: [Machine: [String]] = [
    .x86_64: ["x86_64-linux-gnu", "x86_64-linux-gnux32"], .i386: ["i386-linux-gnu"],
    .aarch64: ["aarch64-linux-gnu"], .arm: ["arm-linux-gnueabihf", "arm-linux-gnueabi"],
    .riscv: ["riscv64-linux-gnu"], .ppc64: ["powerpc64le-linux-gnu", "powerpc64-linux-gnu"],
    .ppc: ["powerpc-linux-gnu"], .s390: ["s390x-linux-gnu"], .loongArch: ["loongarch64-linux-gnu"],
  ]

  /// The paths that a name from DT_NEEDED may stand for, in the order in which they are tried.
  func paths(of name: [UInt8]) -> [[UInt8]] {
    let slash = UInt8(ascii: "/")
    if name.first == slash { return [name] }
    guard !name.isEmpty, !name.contains(slash) else { return [] }
    return folders.map { $0 + [slash] + name }
  }
}
