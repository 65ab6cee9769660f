/// What Swift's Glibc module does not show of Linux: hole seeking, clones, unnamed files.
#ifndef CLINUX_H
#define CLINUX_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif

#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

/// The first byte of data at or after `offset`, or -1 (errno ENXIO: only a hole follows).
static inline off_t linux_seek_data(int fd, off_t offset) { return lseek(fd, offset, SEEK_DATA); }

/// The first hole at or after `offset`; every file ends in one.
static inline off_t linux_seek_hole(int fd, off_t offset) { return lseek(fd, offset, SEEK_HOLE); }

/// Makes the empty file `to` share all extents of `from` (XFS, Btrfs); -1 where that can't be had.
static inline int linux_clone(int from, int to) { return ioctl(to, FICLONE, from); }

/// Makes a stretch of a file a hole again; -1 where the file system can't.
static inline int linux_punch_hole(int fd, off_t offset, off_t length) {
  return fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, length);
}

/// Starts writing the range back without waiting, so that a later fsync has less to wait for.
static inline int linux_start_writeback(int fd, off_t offset, off_t length) {
  return sync_file_range(fd, offset, length, SYNC_FILE_RANGE_WRITE);
}

/// Renames without replacing: EEXIST when `to` is there.
static inline int linux_rename_exclusively(const char *from, const char *to) {
  return renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
}

#endif
