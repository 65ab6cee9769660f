/// What Swift's Glibc module does not show of Linux: hole seeking, clones, unnamed files.
#ifndef CLINUX_H
#define CLINUX_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
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

/// Opens a regular file that someone else named, for reading only; else -1 with EINVAL for what is no such file.
///
/// O_PATH first: opening a FIFO can wait for ever, opening a device can do anything. Files of the kernel (/proc, /sys)
/// say they are regular and are not.
static inline int linux_open_regular(const char *path) {
  int place = open(path, O_PATH | O_CLOEXEC);
  if (place < 0) return -1;
  struct stat status;
  struct statfs system;
  int descriptor = -1;
  int reason = EINVAL;
  if (fstat(place, &status) == 0 && S_ISREG(status.st_mode) && fstatfs(place, &system) == 0 &&
      system.f_type != PROC_SUPER_MAGIC && system.f_type != SYSFS_MAGIC &&
      system.f_type != DEBUGFS_MAGIC && system.f_type != TRACEFS_MAGIC) {
    char name[40];
    snprintf(name, sizeof name, "/proc/self/fd/%d", place);
    descriptor = open(name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    reason = errno;
  }
  close(place);
  errno = reason;
  return descriptor;
}

/// The same with another's rights, which the kernel checks on the whole path. Only this thread's are changed, and
/// given back before it returns; -1 with EPERM where they can't be taken.
static inline int linux_open_regular_as(const char *path, uid_t user, gid_t group) {
  enum { most = 1024 };
  gid_t groups[most];
  uid_t own_user = (uid_t)setfsuid((uid_t)-1);
  gid_t own_group = (gid_t)setfsgid((gid_t)-1);
  int count = getgroups(most, groups);
  // Not glibc's setgroups(), which changes every thread of the process.
  if (count < 0 || syscall(SYS_setgroups, 0, groups) != 0) {
    errno = EPERM;
    return -1;
  }
  setfsgid(group);
  setfsuid(user);
  int descriptor = -1;
  int reason = EPERM;
  if ((uid_t)setfsuid((uid_t)-1) == user && (gid_t)setfsgid((gid_t)-1) == group) {
    descriptor = linux_open_regular(path);
    reason = errno;
  }
  setfsuid(own_user);
  setfsgid(own_group);
  syscall(SYS_setgroups, count, groups);
  errno = reason;
  return descriptor;
}

#endif
