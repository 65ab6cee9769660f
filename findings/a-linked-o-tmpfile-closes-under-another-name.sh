#!/usr/bin/env bash
# Guess: a file that is made by O_TMPFILE and gets its name by linkat() looks to a watcher of the folder (inotify) as any new file:
#   IN_CREATE, IN_MODIFY and IN_CLOSE_WRITE, all with its name, from then on.
# Found: IN_CREATE alone has the name. What the descriptor does before and after that comes as "#NUMBER", the inode's number,
#   a name that never was in the folder (ext4, tmpfs, xfs; Linux 6.18): IN_CLOSE_WRITE too. Whoever waits for
#   IN_CLOSE_WRITE of the new name waits for ever, and opening what the event names fails.
# Here: a core that appears whole and at once, as ours do, doesn't wake collectors that wait for IN_CLOSE_WRITE; IN_CREATE does, or
#   IN_MOVED_TO, which a rename gives. Needs root, for the loop mount.
. "$(dirname "$0")/lib.sh"
events() { # FOLDER: what a watcher hears of a file that is made there so.
  python3 - "$1" <<'P'
import ctypes, os, struct, sys
libc, folder = ctypes.CDLL(None, use_errno=True), sys.argv[1]
watch = libc.inotify_init1(os.O_NONBLOCK)
libc.inotify_add_watch(watch, folder.encode(), 0x10a)  # IN_MODIFY, IN_CLOSE_WRITE, IN_CREATE
file = os.open(folder, os.O_TMPFILE | os.O_RDWR, 0o600)
own = f"#{os.fstat(file).st_ino}"
if libc.linkat(-100, b"/proc/self/fd/%d" % file, -100, folder.encode() + b"/name", 0x400): sys.exit("no linkat")
os.write(file, b"bytes")
os.close(file)
data, at, words = os.read(watch, 65536), 0, []
while at < len(data):
    _, mask, _, length = struct.unpack_from("iIII", data, at)
    name = data[at + 16:at + 16 + length].rstrip(b"\0").decode()
    at += 16 + length
    words.append({2: "modify", 8: "close_write", 0x100: "create"}[mask] + " " + ("#inode" if name == own else name))
print(", ".join(words), "|", ", ".join(os.listdir(folder)))
P
}
mkdir "$work/folder" "$work/tmpfs" "$work/xfs"
trap 'umount "$work/tmpfs" "$work/xfs" 2>/dev/null || true; rm -rf "$work"' EXIT
mount -t tmpfs none "$work/tmpfs"
wanted="create name, modify #inode, close_write #inode | name"
expect "the folder's own file system" "$wanted" "$(events "$work/folder")"
expect "tmpfs" "$wanted" "$(events "$work/tmpfs")"
if [[ -n $(type -P mkfs.xfs) ]]; then
  truncate -s 400M "$work/disk"
  mkfs.xfs -q "$work/disk"
  mount -o loop "$work/disk" "$work/xfs"
  expect "xfs" "$wanted" "$(events "$work/xfs")"
fi
