#define _GNU_SOURCE 1

#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <unistd.h>

long linux_seek_data(int fd, long offset) { return lseek(fd, offset, SEEK_DATA); }

long linux_seek_hole(int fd, long offset) { return lseek(fd, offset, SEEK_HOLE); }

int linux_clone(int from, int to) { return ioctl(to, FICLONE, from); }

int linux_punch_hole(int fd, long offset, long length) {
  return fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, length);
}

int linux_start_writeback(int fd, long offset, long length) {
  return sync_file_range(fd, offset, length, SYNC_FILE_RANGE_WRITE);
}

int linux_finish_writeback(int fd, long offset, long length) {
  const unsigned wait = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
  if (sync_file_range(fd, offset, length, wait) != 0) return errno;
  // Advice: whoever can't follow it keeps the pages.
  posix_fadvise(fd, offset, length, POSIX_FADV_DONTNEED);
  return 0;
}

int linux_sync_file_system(int fd) {
  struct statfs system;
  if (fstatfs(fd, &system) != 0) return -1;
  // FUSE, for one, says that it did it, and its server was never asked.
  if (system.f_type != EXT4_SUPER_MAGIC && system.f_type != XFS_SUPER_MAGIC) {
    errno = EOPNOTSUPP;
    return -1;
  }
  return syncfs(fd);
}

int linux_await_writeback(int fd) {
  return sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WAIT_BEFORE) == 0 ? 0 : errno;
}

#ifndef RWF_DONTCACHE
#define RWF_DONTCACHE 0x80
#endif

long linux_read_once(int fd, void *buffer, unsigned long count, long offset) {
  const struct iovec part = {buffer, count};
  long done = preadv2(fd, &part, 1, offset, RWF_DONTCACHE);
  // Old kernels, and file systems that don't know the flag.
  if (done < 0 && (errno == EINVAL || errno == ENOSYS)) errno = EOPNOTSUPP;
  return done;
}

const void *linux_find(const void *bytes, unsigned long count, const void *pattern, unsigned long length) {
  return memmem(bytes, count, pattern, length);
}

int linux_rename_exclusively(const char *from, const char *to) {
  return renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
}

// Below a root that no link leads out of: absolute ones begin there, as they do for processes that have it for their root.
// Where the kernel has no such way (before 5.6, or a filter keeps it away), no link is followed at all: ELOOP.
static int open_below(const char *root, const char *path, int flags) {
  int folder = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return -1;
  struct open_how how = {.flags = (unsigned)flags, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
  long file;
  int tries = 16;
  // EAGAIN: a folder was moved meanwhile.
  do file = syscall(SYS_openat2, folder, path, &how, sizeof how);
  while (file < 0 && errno == EAGAIN && --tries > 0);
  if (file >= 0 || (errno != ENOSYS && errno != EPERM)) {
    int reason = errno;
    close(folder);
    errno = reason;
    return (int)file;
  }
  for (;;) {
    while (*path == '/') path++;
    size_t length = strcspn(path, "/");
    char name[NAME_MAX + 1];
    int next = -1;
    int reason = length == 0 ? ENOENT : length > NAME_MAX ? ENAMETOOLONG : ELOOP;
    const int is_last = path[length] == 0;
    if (length > 0 && length <= NAME_MAX) {
      memcpy(name, path, length);
      name[length] = 0;
      // With O_PATH a link itself would be opened.
      const int kind = is_last ? flags : O_PATH | O_CLOEXEC;
      struct stat status;
      if (strcmp(name, "..") != 0) {
        next = openat(folder, name, kind | O_NOFOLLOW);
        reason = errno;
      }
      if (next >= 0 && (fstat(next, &status) != 0 || S_ISLNK(status.st_mode))) {
        close(next);
        next = -1;
        reason = ELOOP;
      }
    }
    close(folder);
    errno = reason;
    if (next < 0 || is_last) return next;
    folder = next;
    path += length;
  }
}

static int open_place(const char *root, const char *path, int flags) {
  return root ? open_below(root, path, flags) : open(path, flags);
}

// Without /proc a file can only be opened by its path again, where another may stand by then: that one is given up.
static int open_same(const char *root, const char *path, const struct stat *seen) {
  int descriptor = open_place(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (descriptor < 0) return -1;
  struct stat status;
  if (fstat(descriptor, &status) == 0 && status.st_dev == seen->st_dev && status.st_ino == seen->st_ino)
    return descriptor;
  close(descriptor);
  errno = EINVAL;
  return -1;
}

// O_PATH first: opening a FIFO can wait for ever, opening a device can do anything. Files of the kernel (/proc, /sys)
// say they are regular and are not.
int linux_open_regular(const char *root, const char *path) {
  int place = open_place(root, path, O_PATH | O_CLOEXEC);
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
    if (descriptor < 0 && reason == ENOENT && access("/proc/self/fd", F_OK) != 0) {
      descriptor = open_same(root, path, &status);
      reason = errno;
    }
  }
  close(place);
  errno = reason;
  return descriptor;
}

int linux_open_regular_as(const char *root, const char *path, unsigned user, unsigned group) {
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
    descriptor = linux_open_regular(root, path);
    reason = errno;
  }
  setfsuid(own_user);
  setfsgid(own_group);
  syscall(SYS_setgroups, count, groups);
  errno = reason;
  return descriptor;
}

int linux_file_system(int fd, unsigned long *free_bytes, unsigned long *block_size) {
  struct statfs system;
  if (fstatfs(fd, &system) != 0 || system.f_bsize <= 0)
    return -1;
  *block_size = (unsigned long)system.f_bsize;
  return __builtin_mul_overflow(*block_size, (unsigned long)system.f_bavail, free_bytes) ? -1 : 0;
}

int linux_open_unnamed(const char *folder) {
  return open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

int linux_set_pipe_size(int fd, int size) { return fcntl(fd, F_SETPIPE_SZ, size); }

int linux_has_writer(int fd) {
  if (fcntl(fd, F_SETSIG, SIGURG) != 0) return -1;
  if (fcntl(fd, F_SETLEASE, F_RDLCK) != 0) return errno == EAGAIN ? 1 : -1;
  fcntl(fd, F_SETLEASE, F_UNLCK);
  return 0;
}

long linux_attribute(int fd, const char *name, void *value, unsigned long size) {
  return fgetxattr(fd, name, value, size);
}

int linux_has_attributes(int fd) { return flistxattr(fd, NULL, 0) != 0; }

int linux_lock(int fd) { return flock(fd, LOCK_EX | LOCK_NB); }

int linux_lock_shared(int fd) { return flock(fd, LOCK_SH | LOCK_NB); }

int linux_unlock(int fd) { return flock(fd, LOCK_UN); }

int linux_link_open_file(int fd, const char *to) {
  char from[40];
  snprintf(from, sizeof from, "/proc/self/fd/%d", fd);
  if (linkat(AT_FDCWD, from, AT_FDCWD, to, AT_SYMLINK_FOLLOW) == 0) return 0;
  // Without /proc: root may, and since Linux 6.10 whoever opened it.
  return errno == ENOENT ? linkat(fd, "", AT_FDCWD, to, AT_EMPTY_PATH) : -1;
}

_Bool linux_is_path_only(int fd) { return (fcntl(fd, F_GETFL) & O_PATH) != 0; }

_Bool linux_ignores_signal(int number) {
  struct sigaction action;
  return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

void linux_hold_standard_streams(void) {
  for (int fd = 0; fd <= 2; fd++) {
    // The lowest free number is this one.
    if (fcntl(fd, F_GETFD) < 0 && errno == EBADF) open("/", O_PATH | O_DIRECTORY);
  }
}
