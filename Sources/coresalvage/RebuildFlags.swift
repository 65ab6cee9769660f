public import ArgumentParser
public import SalvageText
internal import SystemPackage

extension RepairOptions.Rebuild: @retroactive ExpressibleByArgument {}
extension RepairOptions.WithFiles: @retroactive ExpressibleByArgument {}

/// The options of what a repair makes anew, as typed.
struct RebuildFlags: ParsableArguments {
  @Option(
    help: """
      What is made anew: the dynamic linker's list and the header pages of mapped files, without which debuggers \
      name no function (all), or nothing.
      """)
  var rebuild = RepairOptions.Rebuild.all

  @Option(
    help: """
      What is put in from the files that the process had mapped, once they are known to be the same: nothing, \
      lost first pages, or all that was mapped read-only, for a machine without those files.
      """)
  var withFiles = RepairOptions.WithFiles.headers

  @Flag(
    help: """
      Leave NT_FILE alone. gdb then shows the files' bytes for data that is lost, which the process may have \
      changed.
      """)
  var keepMappings = false

  @Option(
    help: ArgumentHelp(
      """
      A folder that stands for the root of the core's machine, with a .build-id tree or without. Can be given \
      several times; files of this machine are then not looked at.
      """, valueName: "folder"),
    completion: .directory)
  var sysroot: [FileArgument] = []

  @Option(
    help: ArgumentHelp("The program's file, whatever the core calls it.", valueName: "file"))
  var program: FileArgument?

  func validate() throws {
    guard rebuild == .all || withFiles == .headers else {
      throw ValidationError("--with-files asks for what --rebuild none leaves out")
    }
  }

  /// Throws where a file or folder that was named is not there: nothing would be found in it, and no word said.
  func set(_ options: inout RepairOptions) throws {
    for folder in sysroot { try folder.expect(isFolder: true) }
    try program?.expect(isFolder: false)
    options.rebuild = rebuild
    options.withFiles = withFiles
    options.keepMappings = keepMappings
    options.sysroots = sysroot.map(\.path)
    options.program = program?.path
  }
}
