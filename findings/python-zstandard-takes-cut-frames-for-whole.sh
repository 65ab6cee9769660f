#!/usr/bin/env bash
# Guess: Python's Zstandard packages raise an error where a frame ends too early, as zstd does and as gzip, lzma and bz2 of the
#   standard library do.
# Found: zstandard 0.25's open, stream_reader, read_to_iter, copy_stream, stream_writer and decompressobj give what there is and
#   no exception, though the frame says its size and has a checksum; only decompressobj has an eof that could be asked. decompress
#   alone raises. pyzstd 0.20, backports.zstd 1.8, cramjam 2.14 and lz4.frame.open 4.4 all raise.
# Here: a core that a script has unpacked so may be a cut one, and nobody was told; `zstd -t` of the archive tells.
. "$(dirname "$0")/lib.sh"
py zstandard==0.25.0 pyzstd==0.20.0 cramjam==2.14.0 backports.zstd==1.8.0 lz4==4.4.5
cat >"$work/ask.py" <<'P'
import io, random, backports.zstd, cramjam, lz4.frame, pyzstd, zstandard
data = random.Random(1).randbytes(1 << 20) + b"abc" * 500000
frame = zstandard.ZstdCompressor(write_checksum=True).compress(data)
cut = frame[:len(frame) // 2]
assert zstandard.get_frame_parameters(frame).content_size == len(data)
def copied(cut):
    there = io.BytesIO()
    zstandard.ZstdDecompressor().copy_stream(io.BytesIO(cut), there)
    return there.getvalue()
def written(cut):
    there = io.BytesIO()
    with zstandard.ZstdDecompressor().stream_writer(there, closefd=False) as writer: writer.write(cut)
    return there.getvalue()
one = zstandard.ZstdDecompressor
ways = dict(
    decompress=lambda: one().decompress(cut), open=lambda: zstandard.open(io.BytesIO(cut)).read(),
    stream_reader=lambda: one().stream_reader(io.BytesIO(cut)).read(), read_to_iter=lambda: b"".join(one().read_to_iter(cut)),
    copy_stream=lambda: copied(cut), stream_writer=lambda: written(cut), decompressobj=lambda: one().decompressobj().decompress(cut),
    pyzstd=lambda: pyzstd.open(io.BytesIO(cut)).read(), backports=lambda: backports.zstd.open(io.BytesIO(cut)).read(),
    cramjam=lambda: bytes(cramjam.zstd.decompress(cut)),
    lz4=lambda: lz4.frame.open(io.BytesIO(lz4.frame.compress(data)[:1 << 19])).read())
for name, way in ways.items():
    try: found = way()
    except Exception: print(name, "raises")
    else: print(name, "gives a beginning" if 0 < len(found) < len(data) and data.startswith(found) else "gives something else")
P
python3 -W ignore "$work/ask.py" >"$work/seen"
for way in open stream_reader read_to_iter copy_stream stream_writer decompressobj; do
  expect "zstandard.$way" "gives a beginning" "$(sed -n "s/^$way //p" "$work/seen")"
done
for way in decompress pyzstd backports cramjam lz4; do expect "$way" raises "$(sed -n "s/^$way //p" "$work/seen")"; done
