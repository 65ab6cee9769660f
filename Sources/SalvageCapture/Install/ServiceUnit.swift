/// The text of our units of systemd.
enum ServiceUnit {
  static let name = "coresalvage-capture.service"
  static let sliceName = "coresalvage.slice"
  /// Where the daemon listens. In the first mount namespace: containers reach it.
  static let socket = "/run/coresalvage/capture.sock"

  static func text(program: String, store: String, words: [String], masked: [String]) -> String {
    let program = SystemdWord.quoted(program)
    let command =
      (["capture", "serve", "--socket", socket, "--store", store, "--set-pattern"] + words)
      .map(SystemdWord.quoted).joined(separator: " ")
    let place = SystemdWord.path(store)
    return """
      \(InstalledFile.mark)
      \(masked.map { "# masked: \($0)\n" }.joined())[Unit]
      Description=Captures core dumps so that no kill can spoil them
      Documentation=man:coresalvage-capture(8)
      # Whoever else sets core_pattern has done so then; its settings are remembered, and come back when this stops.
      After=systemd-sysctl.service systemd-coredump-register.service apport.service abrt-ccpp.service
      # tracefs tells who sends a kill.
      Wants=sys-kernel-tracing.mount
      After=sys-kernel-tracing.mount
      RequiresMountsFor=\(place)
      StartLimitIntervalSec=0

      [Service]
      Type=notify
      NotifyAccess=main
      ExecStart=\(program) \(command)
      # The daemon has a watch of its own for that; this is for the day when both are killed.
      ExecStopPost=\(program) capture restore-pattern
      Restart=always
      RestartSec=100ms
      TimeoutStartSec=60
      # What is under way is finished, however large: a limit here is what cuts cores.
      TimeoutStopSec=infinity
      KillMode=mixed
      Slice=\(sliceName)
      OOMScoreAdjust=-1000
      ManagedOOMPreference=omit
      # A handler that is dumped waits for itself.
      LimitCORE=0
      LimitNOFILE=65536
      TasksMax=16384
      UMask=0077
      RuntimeDirectory=coresalvage
      RuntimeDirectoryMode=0755
      # What was set before is remembered there, also while this is restarted.
      RuntimeDirectoryPreserve=restart

      # CAP_SYS_PTRACE: memory and maps of every process, and to hold them by a page fault of our own.
      # CAP_CHECKPOINT_RESTORE: files that a process has mapped and nobody can name any more (/proc/PID/map_files).
      # CAP_DAC_READ_SEARCH: its program and libraries, whosever they are.
      # CAP_SYS_NICE: to hold a process's memory, and to see who sends a kill, before they are gone.
      CapabilityBoundingSet=CAP_SYS_PTRACE CAP_CHECKPOINT_RESTORE CAP_DAC_READ_SEARCH CAP_SYS_NICE
      AmbientCapabilities=
      NoNewPrivileges=yes
      # None of ProtectSystem=, PrivateTmp= and their like: each gives the daemon a mount namespace of its own, and from there
      # Linux takes no socket for core_pattern.
      ProtectClock=yes
      DevicePolicy=closed
      # No private network: `capture status` finds the socket in /proc/net/unix. Nothing but local sockets can be had anyway.
      RestrictAddressFamilies=AF_UNIX
      IPAddressDeny=any
      RestrictNamespaces=yes
      RestrictRealtime=yes
      RestrictSUIDSGID=yes
      LockPersonality=yes
      MemoryDenyWriteExecute=yes
      KeyringMode=private
      SystemCallArchitectures=native
      SystemCallFilter=@system-service process_vm_readv userfaultfd pidfd_open
      SystemCallErrorNumber=EPERM

      [Install]
      WantedBy=multi-user.target

      """
  }

  /// Apart from what else runs, so that its limits are not the daemon's.
  static let slice = """
    \(InstalledFile.mark)
    [Unit]
    Description=Capturing core dumps
    Documentation=man:coresalvage-capture(8)
    DefaultDependencies=no
    Before=slices.target

    [Slice]
    # A crash of a busy service is captured beside what else wants the disk, and not before it.
    CPUWeight=100
    IOWeight=50

    """
}
