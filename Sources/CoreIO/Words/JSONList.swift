/// The values of a JSON array, in their order. Those of a long one are made as they are read: as a tree, a million ranges
/// take many times the room that they have as numbers.
public struct JSONList: RandomAccessCollection, Sendable {
  private enum Storage: Sendable {
    case values([JSONValue])
    indirect case making(count: Int, value: @Sendable (Int) -> JSONValue)
  }

  private let storage: Storage

  /// Values that there are.
  public init(_ values: [JSONValue]) { storage = .values(values) }

  /// Values that are made of the elements each time that they are read.
  public init<Elements: RandomAccessCollection & Sendable>(
    of elements: Elements, _ value: @escaping @Sendable (Elements.Element) -> JSONValue
  ) where Elements.Index == Int {
    let start = elements.startIndex
    storage = .making(count: elements.count) { value(elements[start + $0]) }
  }

  /// 0
  public var startIndex: Int { 0 }

  /// How many values there are.
  public var endIndex: Int {
    switch storage {
    case .values(let values): values.count
    case .making(let count, _): count
    }
  }

  /// The value at that place.
  public subscript(index: Int) -> JSONValue {
    switch storage {
    case .values(let values): return values[index]
    case .making(let count, let value):
      precondition(0..<count ~= index)
      return value(index)
    }
  }
}

extension JSONList: Hashable {
  /// Whether the values are the same, however they are had.
  public static func == (left: JSONList, right: JSONList) -> Bool { left.elementsEqual(right) }

  /// Hashes the values.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(count)
    for value in self { hasher.combine(value) }
  }
}
