#!/usr/bin/env bash
# Guess: the one-call decompressors of Python's LZ4 and Zstandard packages give all that a file of several frames holds,
#   as `lz4 -d` and `zstd -d` do, or raise an error about the rest; and the ways of one package agree with each other.
# Found: lz4.frame.decompress and zstandard's decompress, read_to_iter and decompressobj give the first frame alone and
#   say nothing, while lz4.frame.open and zstandard's copy_stream, stream_reader and open give everything. A script that is
#   changed from copy_stream to read_to_iter loses the end of every core that was packed in parallel (pzstd) or appended.
# Here: our archives are several frames; the manual names readers that take all of them.
. "$(dirname "$0")/lib.sh"
py lz4==4.4.5 zstandard==0.25.0
seen=$(python3 - <<'P'
import io, lz4.frame, zstandard
first, second = b"A" * 100000, b"B" * 50000
packed = lz4.frame.compress(first) + lz4.frame.compress(second)
print("lz4.frame.decompress", len(lz4.frame.decompress(packed)))
print("lz4.frame.open", len(lz4.frame.open(io.BytesIO(packed)).read()))
pack = zstandard.ZstdCompressor().compress
packed = pack(first) + pack(second)
reader = zstandard.ZstdDecompressor
out = io.BytesIO()
reader().copy_stream(io.BytesIO(packed), out)
print("zstandard.decompress", len(reader().decompress(packed)))
print("zstandard.read_to_iter", len(b"".join(reader().read_to_iter(io.BytesIO(packed)))))
print("zstandard.decompressobj", len(reader().decompressobj().decompress(packed)))
print("zstandard.copy_stream", len(out.getvalue()))
print("zstandard.stream_reader", len(reader().stream_reader(io.BytesIO(packed)).read()))
print("zstandard.open", len(zstandard.open(io.BytesIO(packed)).read()))
P
)
expect "bytes of 150000, lz4 4.4.5 and zstandard 0.25.0" "lz4.frame.decompress 100000
lz4.frame.open 150000
zstandard.decompress 100000
zstandard.read_to_iter 100000
zstandard.decompressobj 100000
zstandard.copy_stream 150000
zstandard.stream_reader 150000
zstandard.open 150000" "$seen"
