/// The version of library and command.
public enum SalvageVersion {
  /// As `coresalvage --version` and the notes of repaired cores have it.
  public static let current = "0.1.0"
}
