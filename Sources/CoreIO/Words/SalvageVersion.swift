/// The version of library and command.
public enum SalvageVersion {
  public static let current = "0.1.0"
}
