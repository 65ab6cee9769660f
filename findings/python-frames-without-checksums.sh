#!/usr/bin/env bash
# Guess: Python's packages write Zstandard and LZ4 frames with the checksum that the commands zstd and lz4 write, in blocks
#   that stand for themselves as lz4's do.
# Found: none of zstandard, pyzstd, backports.zstd, cramjam (zstd) and lz4.frame writes any checksum by default: a flipped byte
#   in a stored block passes `zstd -t` and `lz4 -t`. lz4.frame and cramjam also link each LZ4 block to the one before.
# Here: "the stream is whole" says of a core that Python packed that it came to its end, not that its bytes are right; and
#   damage in one of its LZ4 blocks costs all that follow.
. "$(dirname "$0")/lib.sh"
deb lz4=1.9.4-1 zstd=1.5.4+dfsg2-5
py lz4==4.4.5 zstandard==0.25.0 pyzstd==0.20.0 cramjam==2.14.0 backports.zstd==1.8.0
seen=$(python3 - "$work/root/usr/bin" <<'P'
import subprocess, sys, cramjam, lz4.frame, pyzstd, zstandard
from backports import zstd
data = bytes(range(256)) * 4000
def command(name): return subprocess.run([sys.argv[1] + "/" + name, "-qc"], input=data, stdout=subprocess.PIPE).stdout
for name, packed in [("zstd", command("zstd")), ("zstandard", zstandard.ZstdCompressor().compress(data)),
                     ("pyzstd", pyzstd.compress(data)), ("backports.zstd", zstd.compress(data)),
                     ("cramjam.zstd", bytes(cramjam.zstd.compress(data)))]:
    print(name, "checksum" if zstandard.get_frame_parameters(packed).has_checksum else "no checksum")
for name, packed in [("lz4", command("lz4")), ("lz4.frame", lz4.frame.compress(data)),
                     ("cramjam.lz4", bytes(cramjam.lz4.compress(data)))]:
    info = lz4.frame.get_frame_info(packed)
    print(name, "checksum" if info["content_checksum"] or info["block_checksum"] else "no checksum",
          "linked" if info["block_linked"] else "independent")
P
)
expect "frames" "zstd checksum
zstandard no checksum
pyzstd no checksum
backports.zstd no checksum
cramjam.zstd no checksum
lz4 checksum independent
lz4.frame no checksum linked
cramjam.lz4 checksum linked" "$seen"
