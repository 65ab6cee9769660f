internal import CoreIO
package import ELFCore

/// A program or library that the process had mapped, and what we may know of it from where.
package struct Module: Sendable {
  /// The path as the kernel named it, raw, without the word that it adds for a deleted file.
  package var path: [UInt8]
  /// Where its first mapping begins.
  package var base: UInt64
  /// How far it lies from where it was linked for (`l_addr`).
  package var bias: UInt64
  /// From the core where its header page survived, else from the verified file; nil where neither can be had.
  package var headers: ImageHeaders?
  /// Its mappings, by address.
  package var mappings: [MappedFiles.Entry]
  /// The file, where it is the one that was mapped.
  package var file: ModuleFile?
  package var verdict: ModuleVerdict
  /// How words call the file that it was compared with.
  var subject = FileSubject.here
  /// Whether the kernel said that the file was gone, or another had taken its place, when the core was written.
  package var isDeleted = false
  /// Whether the file of its name here is known to be another.
  package var isAnother = false
  /// Whether the headers are those that survived in the core, whatever the file is.
  package var hasHeadersInCore = false

  /// Where its dynamic section lies (`l_ld`).
  package var dynamicRange: Range<UInt64>? { headers?.dynamicRange(bias: bias) }

  /// The name for it in a link map of ours: debuggers open what has that name, and not all compare it with the core.
  package var listedPath: [UInt8] {
    isAnother ? path + Array((isDeleted ? " (deleted)" : " (replaced)").utf8) : path
  }

  package func contains(_ address: UInt64) -> Bool {
    mappings.contains { $0.range.contains(address) }
  }
}

/// How a module was verified.
public struct ModuleVerdict: Hashable, Sendable {
  /// What it was compared with. The raw value is how reports say it.
  public enum Verification: String, Hashable, Sendable {
    /// The file has the build-id that survived in the core.
    case buildID = "build-id"
    /// No build-id is known; the file begins with the page that survived in the core, and nothing else that survived
    /// tells against it.
    case headerPage = "header page"
    /// The header page is lost, or a part of it; the mappings are those that the file's headers ask for, all and no others. Other memory
    /// that survived agrees with the file: pages, pointers, return addresses.
    case evidence
    /// The same, and nothing that survived tells for the file or against it.
    case layout
    /// The headers survived in the core, and the file is not the one that was mapped, or can't be had.
    case core = "headers in the core"
    /// Nothing vouches for the file, so nothing of it was used.
    case leftOut = "not verified: left out"
  }

  /// How sure it is that a file is the one that was mapped. The raw value is how reports say it.
  public enum Certainty: String, Hashable, Sendable {
    /// Nothing but the same file has what was compared.
    case certain
    /// Only a build in which hardly anything moved would agree as much.
    case likely
    /// Another build can share all that was compared.
    case possible
  }

  /// What it was compared with.
  public let verification: Verification
  /// What there is to say of the file; empty where all is well.
  public let remark: String

  /// `remark` has to be safe to print.
  public init(_ verification: Verification, _ remark: String = "") {
    self.verification = verification
    self.remark = remark
  }
}

extension ModuleVerdict.Verification {
  /// How sure it is that the file is the one; nil where there is none that may be.
  public var certainty: ModuleVerdict.Certainty? {
    switch self {
    case .buildID: .certain
    case .headerPage, .evidence: .likely
    case .layout: .possible
    case .core, .leftOut: nil
    }
  }

  /// Those by which a file may be another than the one that was mapped, the weakest first.
  package static let weak: [Self] = [.layout, .headerPage, .evidence]
}

extension ModuleVerdict {
  /// Why so many modules may not be the ones that the process had, in words that don't name them; nil for none, and
  /// where nothing is in doubt.
  package func doubt(of count: Int) -> String? {
    guard count > 0 else { return nil }
    let (its, it) = count == 1 ? ("its", "it") : ("their", "them")
    return switch verification {
    case .buildID: nil
    case .headerPage:
      "known by \(its) first \(count == 1 ? "page" : "pages"), which another build can share"
    case .layout: "known by hardly more than \(its) layout, which another build can share"
    case .evidence:
      "known by \(its) layout and what points into \(it), as a build in which nothing moved would be"
    case .core: remark
    case .leftOut: remark + "; left out"
    }
  }
}

extension CoreVerdict.Reason {
  /// That what is rebuilt of a module is from a file that may be another; nil where it is known to be the one.
  package init?(rebuiltOf path: [UInt8], by verification: ModuleVerdict.Verification) {
    guard ModuleVerdict.Verification.weak.contains(verification),
      let words = ModuleVerdict(verification).doubt(of: 1)
    else { return nil }
    self.init(
      .files, "What is rebuilt of \(PrintableText(path)) is from a file \(words).",
      isDamage: false)
  }

  /// All that it may say so of this module.
  package static func all(rebuiltOf path: [UInt8]) -> [Self] {
    ModuleVerdict.Verification.weak.compactMap { Self(rebuiltOf: path, by: $0) }
  }
}
