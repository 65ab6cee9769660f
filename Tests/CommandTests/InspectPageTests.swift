import SystemPackage
import TestSupport
import Testing

@Suite("The page of inspect", .serialized)
struct InspectPageTests {
  private static func page(of cores: [FilePath], in folder: ScratchFolder) throws -> FilePath {
    let page = folder.file("page.html")
    let result = try Tool.coresalvage(
      ["inspect"] + cores.map(\.string) + ["--html", page.string, "--force"]
    ).run()
    #expect(result.status == 1 || result.status == 0)
    return page
  }

  private static func text(_ path: FilePath) throws -> String {
    String(decoding: try ReferenceSource.contents(of: path), as: UTF8.self)
  }

  private static func cores(in folder: ScratchFolder) throws -> [FilePath] {
    try ["bakery.fsize-mid-stack", "bakery.whole"].map {
      try SampleCores.fixture("\($0).core", into: folder)
    }
  }

  @Test(
    "its policy names its own style and script by their digests, and nothing else",
    .needs(.tool("openssl")))
  func policyFits() throws {
    let folder = try ScratchFolder()
    let html = try Self.text(Self.page(of: Self.cores(in: folder), in: folder))
    for (element, directive) in [("style", "style-src"), ("script", "script-src")] {
      let start = try #require(html.firstRange(of: "<\(element)>")).upperBound
      let end = try #require(html[start...].firstRange(of: "</\(element)>")).lowerBound
      let file = try folder.write(Array(html[start..<end].utf8), to: element)
      let command = "openssl dgst -sha256 -binary '\(file)' | base64"
      let digest = try Tool("sh", ["-c", command]).runSuccessfully().text.split(separator: "\n")[0]
      #expect(html.contains("\(directive) 'sha256-\(digest)'"), "\(digest)")
    }
    #expect(html.contains("default-src 'none'"))
    for word in ["http://", "https://", "src=", "url(http", "@import", "style=\"", "onload"] {
      #expect(!html.contains(word), "\(word)")
    }
  }

  @Test("headless Chromium shows it at two widths, in light and dark", .needs(.tool("chromium")))
  func looksRight() throws {
    let folder = try ScratchFolder()
    let page = try Self.page(of: Array(Self.cores(in: folder).prefix(1)), in: folder)
    var pictures: [[UInt8]] = []
    for (width, extra) in [(1280, []), (500, []), (500, ["--force-dark-mode"])] {
      let picture = folder.file("\(width)\(extra.count).png")
      let flags = [
        "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
        "--user-data-dir=\(folder.file("profile"))", "--window-size=\(width),1200",
        "--screenshot=\(picture)",
      ]
      let result = try Tool("chromium", flags + extra + ["file://\(page)"]).run()
      #expect(FileTree.exists(picture), "\(result)")
      // A page whose style the policy refused would say so here.
      #expect(!result.text.contains("Content Security Policy"))
      pictures.append(try ReferenceSource.contents(of: picture))
    }
    #expect(pictures.allSatisfy { $0.count > 20_000 })
    #expect(Set(pictures).count == 3)
  }

  @Test(
    "the table of a batch has a shadow where it goes on, on a phone, and none where all is shown",
    .needs(.tool("chromium"), .tool("python3")))
  func phone() throws {
    let folder = try ScratchFolder()
    let page = folder.file("batch.html")
    _ = try Tool.coresalvage(
      ["batch"] + Self.cores(in: folder).map(\.string) + [
        "-o", folder.file("out").string, "--report", page.string,
      ]
    ).run()
    // What lies beside the table is 16 pixels wide.
    for (width, column) in [(390, 373), (1600, 1583)] {
      let picture = folder.file("\(width).png")
      let flags = [
        "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
        "--force-device-scale-factor=1", "--user-data-dir=\(folder.file("profile"))",
        "--window-size=\(width),900", "--screenshot=\(picture)", "file://\(page)",
      ]
      let result = try Tool("chromium", flags).run()
      #expect(FileTree.exists(picture), "\(result)")
      let script = Tool.packageRoot.appending("Tests/Tools/picture-edge.py").string
      let shown = try Tool("python3", [script, picture.string, "\(column)"]).runSuccessfully()
      let rows = try #require(Int(shown.lines[0]))
      #expect(width == 390 ? rows > 40 : rows == 0, "\(rows) rows at \(width)")
    }
  }

  @Test("its script sorts the overview, and works under the policy", .needs(.tool("chromium")))
  func sorts() throws {
    let folder = try ScratchFolder()
    let page = try Self.page(of: Self.cores(in: folder), in: folder)
    let flags = [
      "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom",
      "--user-data-dir=\(folder.file("profile"))",
    ]
    let result = try Tool("chromium", flags + ["file://\(page)"]).run()
    #expect(result.text.contains("<button>size found</button>"))
  }

  @Test("every range can be focused and is named for a screen reader")
  func isAccessible() throws {
    let folder = try ScratchFolder()
    let html = try Self.text(Self.page(of: Self.cores(in: folder), in: folder))
    let groups = html.split(separator: "<g ").dropFirst()
    #expect(groups.count > 20)
    for group in groups {
      #expect(group.hasPrefix("tabindex=\"0\" role=\"img\" aria-label=\""))
      #expect(group.contains("<title>"))
    }
    #expect(html.contains("<html lang=\"en\">"))
    #expect(html.contains("name=\"viewport\""))
    #expect(html.contains("prefers-color-scheme:dark"))
  }
}
