/// The version of library and command.
public enum Version {
  public static let current = "0.1.0"
}
