#define _GNU_SOURCE 1

#include "CLinuxStore.h"

#include <linux/ioprio.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

int linux_set_attribute(int fd, const char *name, const void *value, unsigned long size) {
  return fsetxattr(fd, name, value, size, 0);
}

void linux_lower_priority(void) {
  // Linux has a nice value for each thread, whatever POSIX says of processes.
  id_t thread = (id_t)syscall(SYS_gettid);
  setpriority(PRIO_PROCESS, thread, 19);
  syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, thread, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0));
}
