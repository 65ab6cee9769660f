import FuzzWays
import Glibc

/// The one way that `CORESALVAGE_FUZZ_WAY` names; without it the first byte of an input chooses.
private let way: Way? = getenv("CORESALVAGE_FUZZ_WAY").flatMap {
  Way(rawValue: String(cString: $0))
}

/// What libFuzzer calls with every input.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  Way.take(Array(UnsafeBufferPointer(start: bytes, count: count)), as: way)
  return 0
}
