/// Rows of text in columns, for a terminal. The last column is not padded.
struct Table {
  private let rows: [[String]]
  private let rightAligned: [Int]

  init(_ titles: [String], _ rows: [[String]], rightAligned: [Int] = []) {
    self.rows = [titles] + rows
    self.rightAligned = rightAligned
  }

  /// The rows, indented by two spaces. Columns without any text are left out.
  var lines: [String] {
    let columns = rows[0].indices.filter { column in
      rows.dropFirst().contains { !$0[column].isEmpty }
    }
    let widths = columns.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      let cells = zip(columns, widths).map { column, width in
        rightAligned.contains(column)
          ? row[column].padded(to: width, atEnd: false) : row[column].padded(to: width)
      }
      var line = "  " + cells.joined(separator: "  ")
      while line.last == " " { line.removeLast() }
      return line
    }
  }
}

extension String {
  /// The string with spaces up to a width.
  package func padded(to width: Int, atEnd: Bool = true) -> String {
    let spaces = String(repeating: " ", count: max(0, width - count))
    return atEnd ? self + spaces : spaces + self
  }
}
