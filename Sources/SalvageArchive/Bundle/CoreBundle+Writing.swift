package import CoreIO
internal import CoreModel
public import Salvage
public import SystemPackage

extension CoreBundle {
  /// What was written.
  public struct Written: Sendable {
    /// What is in the bundle.
    public let bundle: CoreBundle
    /// The folder that all of it is in.
    public let folder: FilePath.Component
    /// The size of the bundle in bytes; nil for a stream.
    public let size: UInt64?
    /// What is known of the core now that all of it was read.
    public var report: RepairReport { bundle.repair.report }
  }

  /// A text that stands beside the core.
  package struct Text {
    let name: String
    let bytes: [UInt8]
    let isScript: Bool

    package init(_ name: String, _ bytes: [UInt8], isScript: Bool = false) {
      self.name = name
      self.bytes = bytes
      self.isScript = isScript
    }
  }

  /// The texts of a bundle that is unpacked into a folder.
  package typealias Texts = (CoreBundle, FilePath.Component) -> [Text]

  /// Where the core is, below the bundle's folder.
  package static let coreName = "core"
  /// The folder below the bundle's that stands for the root of the core's machine.
  package static let rootName = "root"

  /// Writes it to a place that was named: a file, which appears only once it is complete, or a stream. Its name tells how it is
  /// packed.
  package func write(
    to place: OutputPlace, texts: Texts, progress: WorkProgress.Observer?
  ) throws(SalvageError) -> Written {
    let name = BundleName(place, of: repair.report.input)
    guard !place.isStream else {
      let output = try place.stream(sparing: inputs)
      let core = PlanSource(repair.plan, StrictSource(repair.source, known: repair.core.damage))
      let tar = try unsafe TarWriter(name.packing, path: output.path, time: time) {
        (bytes) throws(SalvageError) in try unsafe output.write(bytes)
      }
      try write(core, to: tar, name, texts, progress)
      return Written(bundle: self, folder: name.folder, size: nil)
    }
    let output = try OutputFile(place.path, sparing: inputs, replacing: repair.options.force)
    var bundle = self
    var size = try bundle.write(to: output, name, texts, progress)
    // What turned out to be unreadable stands there as zeros: once more, now that it is known.
    while let repair = try bundle.repair.knowingAll() {
      bundle = try CoreBundle(repair)
      size = try bundle.write(to: output, name, texts, progress)
    }
    if let file = repair.intake.coreFile, !repair.options.intake.acceptsGrowing {
      try WriterWatch.refuseGrown(file)
    }
    if let file = repair.intake.file {
      output.takeAccess(of: FileAccess(of: file), and: bundle.files.map(\.identity))
      output.takeTime(of: file.identity)
    }
    try output.publish()
    return Written(bundle: bundle, folder: name.folder, size: size)
  }

  private func write(
    to output: OutputFile, _ name: BundleName, _ texts: Texts, _ progress: WorkProgress.Observer?
  ) throws(SalvageError) -> UInt64 {
    try output.resize(to: 0)
    var size: UInt64 = 0
    let tar = try unsafe TarWriter(name.packing, path: output.path, time: time) {
      (bytes) throws(SalvageError) in
      try unsafe output.write(bytes, at: size)
      size += UInt64(bytes.count)
    }
    try write(PlanSource(repair.plan, repair.source), to: tar, name, texts, progress)
    return size
  }

  private func write(
    _ core: PlanSource, to tar: TarWriter, _ name: BundleName, _ texts: Texts,
    _ observer: WorkProgress.Observer?
  ) throws(SalvageError) {
    let files = tree.sorted
    var total = core.size
    for case (_, .file(let file)) in files { total += file.identity.size }
    let progress = WorkProgress(on: repair.source.path, total: total, report: observer)
    var done: UInt64 = 0
    func add(
      _ name: [UInt8], _ mode: UInt32, _ source: any ByteSource
    ) throws(SalvageError) {
      let start = done
      try tar.add(file: name, mode: mode, source) { position throws(SalvageError) in
        try progress.advance(to: start + position)
      }
      done += source.size
    }
    let folder = name.folder.bytes
    func place(_ name: [UInt8]) -> [UInt8] { folder + [UInt8(ascii: "/")] + name }
    try tar.add(folder: folder)
    for text in texts(self, name.folder) {
      try tar.add(
        file: place(Array(text.name.utf8)), mode: text.isScript ? 0o755 : 0o644,
        MemorySource(text.bytes))
    }
    let mode = repair.intake.file.map { FileAccess(of: $0).mode | 0o400 } ?? 0o600
    try add(place(Array(Self.coreName.utf8)), mode, core)
    try core.confirmSize()
    let root = place(Array(Self.rootName.utf8))
    try tar.add(folder: root)
    for (name, node) in files {
      let place = root + [UInt8(ascii: "/")] + name
      switch node {
      case .folder: try tar.add(folder: place)
      case .link(let target):
        try tar.add(link: place, to: MemberTree<File>.relative(target, from: name))
      case .file(let file):
        let source = try file.open()
        try add(place, file.identity.mode & 0o777 | 0o400, source)
        try source.confirmSize()
      }
    }
    try tar.finish()
  }

  /// When the input was last written to, in seconds: nothing else is known of when the process died.
  private var time: Int64 { max(0, (repair.intake.file?.identity.modified ?? 0) / 1_000_000_000) }

  private var files: [File] {
    tree.nodes.values.compactMap { if case .file(let file) = $0 { file } else { nil } }
  }
}
