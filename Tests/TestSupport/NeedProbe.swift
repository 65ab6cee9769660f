import Glibc
import Synchronization
import SystemPackage

/// Whether this machine has what a test needs: really tried, once in a run.
enum NeedProbe {
  private static let known = Mutex<[Need: Bool]>([:])

  static func isMet(_ need: Need) -> Bool {
    if let answer = known.withLock({ $0[need] }) { return answer }
    let answer = probe(need)
    known.withLock { $0[need] = answer }
    return answer
  }

  private static func probe(_ need: Need) -> Bool {
    switch need {
    case .root: geteuid() == 0
    case .kernelCores: KernelSettings.canHold(KernelCores.settings)
    case .socketCores:
      isMet(.root) && KernelSettings.canHold(["kernel.core_pattern": "@@/socket"])
        && runs("grep", ["-qw", "socket", "/proc/sys/kernel/core_modes"])
    case .kernelSetting(let name): KernelSettings.value(of: name) != nil
    case .mounts: runs("unshare", ["-m", "mount", "-t", "tmpfs", "none", "/mnt"])
    case .fileSystem(let type):
      isMet(.mounts) && FileTree.exists("/dev/loop-control")
        && (runs("grep", ["-qw", type, "/proc/filesystems"]) || runs("modprobe", ["-q", type]))
    case .fuse: isMet(.mounts) && FileTree.exists("/dev/fuse")
    case .userAttributes: keepsAttributes()
    case .tracing:
      // Some kernels let nobody but root trace what is not his own child.
      (isMet(.root) || ["0", nil].contains(KernelSettings.value(of: "kernel.yama.ptrace_scope")))
        && runs("strace", ["-o", "/dev/null", "true"])
    case .vsyscall: runs("grep", ["-q", "vsyscall", "/proc/self/maps"])
    case .guardRegions: runs("python3", ["-c", "import mmap; mmap.mmap(-1, 4096).madvise(102)"])
    case .otherUser: isMet(.root) && otherUserRunsCommand()
    case .tool(let name): Tool.isInstalled(name)
    case .request(let variable): Environment[variable] != nil
    case .pythonModule(let name): runs("python3", ["-c", "import \(name)"])
    case .build(let compiler, let flags): builds(compiler, flags)
    case .path(let path): FileTree.exists(FilePath(path))
    case .lz4(let version):
      (try? Tool("lz4", ["--version"]).run().text.contains("v\(version),")) ?? false
    }
  }

  private static func runs(_ program: String, _ arguments: [String]) -> Bool {
    (try? Tool(program, arguments).run().ending) == .exit(0)
  }

  private static func keepsAttributes() -> Bool {
    guard let folder = try? ScratchFolder(), let file = try? folder.write([], to: "file") else {
      return false
    }
    let code = "import os; os.setxattr('\(file)', 'user.coredump.pid', b'1')"
    return runs("python3", ["-c", code])
  }

  private static func otherUserRunsCommand() -> Bool {
    guard let folder = try? ScratchFolder() else { return false }
    chmod(folder.path.string, 0o755)
    return (try? OtherUser.command(["--version"], in: folder).run().ending) == .exit(0)
  }

  private static func builds(_ compiler: String, _ flags: [String]) -> Bool {
    guard let folder = try? ScratchFolder(),
      let source = try? folder.write(
        Array("#include <stdio.h>\nint main(void) { return puts(\"\"); }\n".utf8), to: "main.c")
    else { return false }
    return runs(compiler, flags + ["-o", folder.file("main").string, source.string])
  }
}
