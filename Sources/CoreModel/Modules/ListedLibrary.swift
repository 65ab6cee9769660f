internal import CoreIO
internal import ELFCore
internal import SystemPackage

/// A library by the names that the dynamic linker's list has for it, and what a debugger opens by them.
struct ListedLibrary {
  /// What stands where a debugger looks for a name.
  enum Opening {
    /// The very file that was verified.
    case verified
    /// Nothing that can be opened.
    case nothing
    /// Another file, or one of which nobody can tell: a debugger would take functions from it.
    case stranger
  }

  /// nil for what the list names and nothing else tells of.
  let module: Module?
  let names: [[UInt8]]
  /// That of the worst of the names.
  let opening: Opening

  private init(_ module: Module?, _ names: [[UInt8]], _ files: inout ModuleFiles) {
    self.module = module
    self.names = names
    var openings = Set<Opening>()
    for name in names { openings.insert(files.opening(of: name, as: module?.file)) }
    opening =
      openings.contains(.stranger)
      ? .stranger : openings.contains(.nothing) ? .nothing : .verified
  }

  /// - Parameter isListOurs: whether what is missing in the list that survived is added to it.
  static func all(
    of list: ModuleList, _ memory: CoreMemory, _ absence: ProgramAbsence, isListOurs: Bool,
    _ files: inout ModuleFiles
  ) -> [ListedLibrary] {
    guard list.modules.count > 1 else { return [] }
    let search = ModuleSearch(list.modules)
    var names = [[[UInt8]]](repeating: [], count: list.modules.count)
    var result: [ListedLibrary] = []
    for entry in ListedNames(list, memory, absence).entries {
      let name = entry.name.bytes
      if let index = search.module(withDynamicSectionAt: entry.dynamic) {
        names[index].append(name)
      } else if name.contains(UInt8(ascii: "/")), !ModuleFiles.isFixed(name) {
        // Without a slash it is the vdso. Of the others nothing is known that speaks against them.
        result.append(ListedLibrary(nil, [name], &files))
      }
    }
    let program = list.program?.base
    for (module, names) in zip(list.modules, names) where module.base != program {
      if !names.isEmpty {
        result.append(ListedLibrary(module, names, &files))
      } else if module.file != nil || module.isAnother {
        let name = isListOurs ? module.listedPath : module.path
        result.append(ListedLibrary(module, [name], &files))
      }
    }
    return result
  }
}

/// Finds the module of an entry in the dynamic linker's list.
private struct ModuleSearch {
  private var byDynamic: [UInt64: Int] = [:]
  /// Where each mapping begins and ends, by address.
  private var mappings: [(range: Range<UInt64>, module: Int)] = []

  init(_ modules: [Module]) {
    for (index, module) in modules.enumerated() {
      if let dynamic = module.dynamicRange?.lowerBound, byDynamic[dynamic] == nil {
        byDynamic[dynamic] = index
      }
      mappings += module.mappings.map { ($0.range, index) }
    }
    mappings.sort { $0.range.lowerBound < $1.range.lowerBound }
  }

  func module(withDynamicSectionAt address: UInt64) -> Int? {
    if let index = byDynamic[address] { return index }
    let next = mappings.partitioningIndex { $0.range.lowerBound > address }
    guard next > 0, mappings[next - 1].range.contains(address) else { return nil }
    return mappings[next - 1].module
  }
}

extension ModuleFiles {
  /// Whether a name leads to the same file wherever a debugger runs: what is relative, or the kernel's, may lead anywhere.
  static func isFixed(_ name: [UInt8]) -> Bool {
    name.first == UInt8(ascii: "/")
      && !["/proc/", "/dev/"].contains { name.starts(with: Array($0.utf8)) }
  }

  /// What a debugger that knows the first of the folders opens by a name: it puts the folder before it, and follows links as
  /// this machine does, also out of the folder.
  fileprivate mutating func opening(
    of name: [UInt8], as file: ModuleFile?
  ) -> ListedLibrary.Opening {
    guard Self.isFixed(name), !name.contains(0) else { return .stranger }
    let own = FilePath(bytes: name)
    return opening(of: sysroots.first.map { place(of: name, below: $0) } ?? own, as: file)
  }

  /// The same of a path on this machine.
  mutating func opening(of path: FilePath, as file: ModuleFile?) -> ListedLibrary.Opening {
    // It was opened by this path when it was verified.
    if path == file?.path { return .verified }
    guard let identity = FileIdentity(at: path, followingLinks: true) else { return .nothing }
    if let file, file.identity.isSameFile(as: identity) { return .verified }
    guard let other = openedHere(path) else { return .nothing }
    return other.buildID != nil && other.buildID == file?.buildID ? .verified : .stranger
  }
}
