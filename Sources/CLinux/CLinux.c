#define _GNU_SOURCE 1

#include "CLinux.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/statfs.h>
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

int linux_rename_exclusively(const char *from, const char *to) {
  return renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
}

int linux_file_system(int fd, unsigned long *free_bytes, unsigned long *block_size) {
  struct statfs system;
  if (fstatfs(fd, &system) != 0 || system.f_bsize <= 0)
    return -1;
  *block_size = (unsigned long)system.f_bsize;
  return __builtin_mul_overflow(*block_size, (unsigned long)system.f_bavail, free_bytes) ? -1 : 0;
}

long linux_attribute(int fd, const char *name, void *value, unsigned long size) {
  return fgetxattr(fd, name, value, size);
}
