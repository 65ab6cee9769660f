internal import SystemPackage

/// What stands where an output is to go, as far as its own notes tell.
enum PriorOutput {
  case none
  /// What this input and these options give; the plan says which bytes.
  case current(Plan)
  /// Ours, of an input or of options that have changed.
  case outdated
  /// Nothing that we know to be ours.
  case foreign

  static func look(at path: FilePath, for repair: Repair) -> PriorOutput {
    guard let present = FileIdentity(at: path, followingLinks: false) else { return .none }
    guard present.isRegular, let output = try? InputFile(path),
      output.identity.isSameFile(as: present),
      let structure = try? Probe.structure(of: output)
    else { return .foreign }
    guard let plan = repair.plan else { return lookForCopy(output, structure, repair) }
    guard let line = try? Origin.line(in: structure, output) else { return .foreign }
    for plan in [plan, repair.planWithoutExtension].compactMap(\.self)
    where plan.size == output.size && plan.origin?.isSame(as: line) == true {
      return .current(plan)
    }
    return .outdated
  }

  /// A copy has no note of its own: its length and the digest of its headers and notes tell.
  private static func lookForCopy(
    _ output: InputFile, _ structure: CoreStructure, _ repair: Repair
  ) -> PriorOutput {
    if output.size == repair.source.size,
      (try? Origin.digest(of: structure, output)) == repair.inputs.digest
    {
      return .current(Plan(copying: output.size))
    }
    // A repair of the input as it was before all of it had been written.
    return (try? Origin.line(in: structure, output)) == nil ? .foreign : .outdated
  }
}
