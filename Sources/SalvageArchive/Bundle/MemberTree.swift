/// Names below a folder, each of which is one thing: nothing stands there twice, nothing above the folder, and nothing below a
/// file or a link. Whoever unpacks it follows no link that leads out.
struct MemberTree<File: Sendable>: Sendable {
  enum Node: Sendable {
    case folder
    case file(File)
    /// A link to a file of the tree, by that one's name.
    case link([UInt8])
  }

  /// By name, without a slash at either end.
  private(set) var nodes: [[UInt8]: Node] = [:]

  private static var slash: UInt8 { UInt8(ascii: "/") }
  /// No file system has longer ones as a rule.
  private static var longestPart: Int { 255 }
  private static var longestName: Int { 4096 }

  /// A path of the process as a name in the tree; nil for one that no file can have.
  static func name(_ path: [UInt8]) -> [UInt8]? {
    guard path.count <= longestName, !path.contains(0) else { return nil }
    var parts: [ArraySlice<UInt8>] = []
    for part in path.split(separator: slash) where part != [UInt8(ascii: ".")][...] {
      guard part.count <= longestPart else { return nil }
      if part == Array("..".utf8)[...] { _ = parts.popLast() } else { parts.append(part) }
    }
    return parts.isEmpty ? nil : Array(parts.joined(separator: [slash]))
  }

  /// The names of the folders that a path goes through, the outermost first.
  private static func folders(of path: [UInt8]) -> [[UInt8]] {
    path.indices.filter { path[$0] == slash }.compactMap { name(Array(path[..<$0])) }
  }

  /// Adds a node and the folders that it is in; false where something else has its place, or that of one of them.
  mutating func add(_ path: [UInt8], _ node: Node) -> Bool {
    guard let name = Self.name(path), nodes[name] == nil else { return false }
    guard addFolders(of: name), nodes[name] == nil else { return false }
    nodes[name] = node
    return true
  }

  /// Adds the folders that a path goes through, also those that it leaves again: `/a/b/../c` needs `a/b`. False where
  /// something else has the place of one.
  @discardableResult
  mutating func addFolders(of path: [UInt8]) -> Bool {
    for folder in Self.folders(of: path) {
      switch nodes[folder] {
      case .folder: continue
      case nil: nodes[folder] = .folder
      case .file, .link: return false
      }
    }
    return true
  }

  /// All of it, each folder before what is in it.
  var sorted: [(name: [UInt8], node: Node)] {
    nodes.map { ($0.key, $0.value) }.sorted { $0.0.lexicographicallyPrecedes($1.0) }
  }

  /// How a link at `name` says where `target` is, both in the tree.
  static func relative(_ target: [UInt8], from name: [UInt8]) -> [UInt8] {
    let depth = name.count { $0 == slash }
    return Array(repeatElement(Array("../".utf8), count: depth).joined()) + target
  }
}
