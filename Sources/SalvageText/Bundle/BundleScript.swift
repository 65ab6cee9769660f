internal import CoreIO
internal import SalvageArchive

/// The scripts of a bundle that open its core in a debugger, with its files and no others, wherever the bundle is.
struct BundleScript {
  let bundle: CoreBundle

  private static let root = "$here/" + CoreBundle.rootName
  private static let core = "\"$here/\(CoreBundle.coreName)\""

  /// For gdb.
  var gdb: [UInt8] {
    // gdb looks there below its sysroot, too. Scripts below this folder it runs: another one would be a stranger's.
    var options = ["\"set sysroot \(Self.root)\"", "'set debug-file-directory /usr/lib/debug'"]
      .map { Array("-iex \($0) ".utf8) }
    if !bundle.searchFolders.isEmpty {
      let folders = bundle.searchFolders.map { Array("\"\(Self.root)/\"".utf8) + Self.quoted($0) }
      options.append(
        Array("-iex 'set solib-search-path '".utf8)
          + Array(folders.joined(separator: Array(":".utf8))) + Array(" ".utf8))
    }
    let program = bundle.program.map { Array("\"\(Self.root)/\"".utf8) + Self.quoted($0) }
    return Self.head("gdb", "GDB")
      + Array("exec \"${GDB:-gdb}\" ".utf8) + options.joined()
      + (program ?? Array("-c".utf8)) + Array(" \(Self.core) \"$@\"\n".utf8)
  }

  /// For lldb. What its sysroot lacks it takes from the machine that it runs on, also where the core has another build-id: such
  /// names would be wrong, and what isn't the bundle's is taken out again.
  var lldb: [UInt8] {
    let program = bundle.program.map { Array("\"\(Self.root)/\"".utf8) + Self.quoted($0) }
    return Self.head("lldb", "LLDB")
      + Array(
        #"""
        # For a file that is missing lldb takes this machine's of that name. The last line takes it out again, by lldb's Python.
        CORESALVAGE_ROOT=$here/root/
        export CORESALVAGE_ROOT
        case $here in *'`'*) echo "run-lldb: lldb can't be given a path with a backquote: $here" >&2; exit 64 ;; esac
        quoted=$(printf '%s' "$here/root" | sed 's/[\\"]/\\&/g')
        exec "${LLDB:-lldb}" -O "platform select --sysroot \"$quoted\" remote-linux" \
          -O "settings append target.debug-file-search-paths \"$quoted/usr/lib/debug\"" \
          -c "$here/core"
        """#.utf8) + Array(" ".utf8) + (program ?? [])
      + Array(
        #"""
         \
          -o 'script _ = [lldb.target.RemoveModule(m) for m in list(lldb.target.module_iter()) if str(m.file).startswith("/") and not str(m.file).startswith(__import__("os").environ["CORESALVAGE_ROOT"])]' "$@"

        """#.utf8)
  }

  private static func head(_ debugger: String, _ variable: String) -> [UInt8] {
    Array(
      """
      #!/bin/sh
      # Opens the core in \(debugger) with the files beside it, and no others. What follows goes to \(debugger); \(variable) names another one.
      # Called by a symbolic link, it is where that leads to.
      self=$0
      while [ -h "$self" ]; do
        link=$(readlink -- "$self") || exit
        case $link in /*) self=$link ;; *) self=$(dirname -- "$self")/$link ;; esac
      done
      here=$(CDPATH= cd -P -- "$(dirname -- "$self")" && pwd) || exit

      """.utf8)
  }

  /// Bytes as a word for a shell, as they are.
  private static func quoted(_ bytes: [UInt8]) -> [UInt8] {
    let quote = UInt8(ascii: "'")
    return [quote] + bytes.flatMap { $0 == quote ? Array("'\\''".utf8) : [$0] } + [quote]
  }
}
