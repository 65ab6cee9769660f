#define _GNU_SOURCE 1

#include "CLinuxCapture.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/magic.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

// MARK: Ourselves

int linux_forbid_own_core(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

struct start {
  void (*body)(void *);
  void *argument;
};

static void *run(void *box) {
  struct start start = *(struct start *)box;
  free(box);
  start.body(start.argument);
  return NULL;
}

int linux_start_thread(void (*body)(void *), void *argument) {
  struct start *box = malloc(sizeof *box);
  if (!box) return ENOMEM;
  *box = (struct start){body, argument};
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, 1 << 20);
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  pthread_t thread;
  int result = pthread_create(&thread, &attributes, run, box);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attributes);
  if (result != 0) free(box);
  return result;
}

int linux_open_entry(int folder, const char *name) {
  return openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

int linux_open_folder(const char *path) { return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC); }

// MARK: A socket for the kernel

static _Bool is_listened_on(const struct sockaddr_un *address) {
  int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (probe < 0) return 1;
  int result = connect(probe, (const struct sockaddr *)address, sizeof *address);
  int reason = errno;
  close(probe);
  return result == 0 || reason != ECONNREFUSED;
}

int linux_listen(const char *path, int backlog) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  strcpy(address.sun_path, path);
  int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (listener < 0) return -1;
  mode_t mask = umask(0177);
  int result = bind(listener, (struct sockaddr *)&address, sizeof address);
  if (result != 0 && errno == EADDRINUSE) {
    struct stat status;
    if (lstat(path, &status) == 0 && S_ISSOCK(status.st_mode) && !is_listened_on(&address) && unlink(path) == 0)
      result = bind(listener, (struct sockaddr *)&address, sizeof address);
    else
      errno = EADDRINUSE;
  }
  int reason = errno;
  umask(mask);
  if (result == 0) {
    result = listen(listener, backlog);
    reason = errno;
  }
  if (result == 0) return listener;
  close(listener);
  errno = reason;
  return -1;
}

int linux_accept(int listener) { return accept4(listener, NULL, NULL, SOCK_CLOEXEC); }

int linux_peer(int socket, int *process, int *descriptor) {
  enum { peer_pidfd = 77 };
  struct ucred credentials;
  socklen_t size = sizeof credentials;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return -1;
  *process = credentials.pid;
  int fd = -1;
  size = sizeof fd;
  if (getsockopt(socket, SOL_SOCKET, peer_pidfd, &fd, &size) != 0) fd = -1;
  *descriptor = fd;
  return 0;
}

// struct pidfd_info of Linux 6.16, which this system's headers don't have yet.
struct process_info {
  uint64_t mask;
  uint64_t cgroup;
  uint32_t ids[11];
  int32_t exit_code;
  uint32_t dump_mask;
  uint32_t dump_signal;
};

long linux_dump_state(int process_descriptor) {
  enum { wants_dump = 1 << 4 };
  struct process_info info = {.mask = wants_dump};
  if (ioctl(process_descriptor, _IOWR(0xff, 11, struct process_info), &info) != 0) return -1;
  return info.mask & wants_dump ? (long)info.dump_mask : 0;
}

int linux_wait_readable(int fd, int milliseconds) {
  struct pollfd entry = {.fd = fd, .events = POLLIN};
  int result = poll(&entry, 1, milliseconds);
  return result < 0 ? -1 : result > 0;
}

int linux_wait_either(int first, int second, int milliseconds) {
  struct pollfd entries[2] = {{.fd = first, .events = POLLIN}, {.fd = second, .events = POLLIN}};
  int result = poll(entries, 2, milliseconds);
  if (result <= 0) return 0;
  return entries[0].revents ? 1 : 2;
}

long linux_send(int socket, const void *bytes, unsigned long count) {
  return send(socket, bytes, count, MSG_NOSIGNAL);
}

// MARK: The memory of a process that dies

struct linux_pin {
  int memory;
  unsigned long address;
  int faults;
  void *page;
  unsigned long size;
  int ended[2];
  pthread_t thread;
};

// Sleeps in the kernel's copy to a page that we don't let it have, and so inside the read.
static void *hold(void *argument) {
  struct linux_pin *pin = argument;
  ssize_t result = pread(pin->memory, pin->page, pin->size, (off_t)pin->address);
  (void)result;
  close(pin->ended[1]);
  return NULL;
}

static void end_pin(struct linux_pin *pin, _Bool has_thread) {
  if (pin->faults >= 0) {
    struct uffdio_zeropage zero = {.range = {(uintptr_t)pin->page, pin->size}};
    if (has_thread && ioctl(pin->faults, UFFDIO_ZEROPAGE, &zero) != 0) {
      // The page is there already, or the thread has not come so far: it will not wait any more.
      struct uffdio_range range = {(uintptr_t)pin->page, pin->size};
      ioctl(pin->faults, UFFDIO_UNREGISTER, &range);
    }
    if (has_thread) pthread_join(pin->thread, NULL);
    close(pin->faults);
  }
  if (!has_thread && pin->ended[1] >= 0) close(pin->ended[1]);
  if (pin->ended[0] >= 0) close(pin->ended[0]);
  if (pin->page != MAP_FAILED) munmap(pin->page, pin->size);
  free(pin);
}

struct linux_pin *linux_pin_memory(int memory, unsigned long address, int milliseconds) {
  struct linux_pin *pin = malloc(sizeof *pin);
  if (!pin) return NULL;
  *pin = (struct linux_pin){.memory = memory, .address = address, .faults = -1, .page = MAP_FAILED, .ended = {-1, -1}};
  pin->size = (unsigned long)sysconf(_SC_PAGESIZE);
  // One that blocks can be read, but polls as an error.
  struct uffdio_api api = {.api = UFFD_API};
  int reason = 0;
  if ((pin->faults = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK)) < 0 || ioctl(pin->faults, UFFDIO_API, &api) != 0 ||
      (pin->page = mmap(NULL, pin->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) == MAP_FAILED) {
    reason = errno;
    end_pin(pin, 0);
    errno = reason;
    return NULL;
  }
  struct uffdio_register range = {.range = {(uintptr_t)pin->page, pin->size}, .mode = UFFDIO_REGISTER_MODE_MISSING};
  if (ioctl(pin->faults, UFFDIO_REGISTER, &range) != 0 || pipe2(pin->ended, O_CLOEXEC) != 0) {
    reason = errno;
    end_pin(pin, 0);
    errno = reason;
    return NULL;
  }
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 64 << 10);
  reason = pthread_create(&pin->thread, &attributes, hold, pin);
  pthread_attr_destroy(&attributes);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (reason != 0) {
    end_pin(pin, 0);
    errno = reason;
    return NULL;
  }
  struct pollfd entries[2] = {{.fd = pin->faults, .events = POLLIN}, {.fd = pin->ended[0], .events = POLLIN}};
  struct uffd_msg message;
  int result = poll(entries, 2, milliseconds);
  if (result > 0 && entries[0].revents & POLLIN && !entries[1].revents &&
      read(pin->faults, &message, sizeof message) == sizeof message)
    return pin;
  end_pin(pin, 1);
  errno = result == 0 ? ETIMEDOUT : EIO;
  return NULL;
}

void linux_unpin(struct linux_pin *pin) { end_pin(pin, 1); }

long linux_read_process(int process, unsigned long address, void *buffer, unsigned long count) {
  struct iovec here = {buffer, count};
  struct iovec there = {(void *)address, count};
  return process_vm_readv(process, &here, 1, &there, 1, 0);
}

// PAGEMAP_SCAN of Linux 6.7, which this system's headers don't have yet.
struct page_region {
  uint64_t start, end, categories;
};
struct scan_argument {
  uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
  uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};

long linux_scan_pages(int pagemap, unsigned long start, unsigned long end, unsigned long *stretches, unsigned long most,
                      unsigned long *walked) {
  enum { is_present = 1 << 3, is_swapped = 1 << 4, is_zero = 1 << 5, most_at_once = 256 };
  struct page_region regions[most_at_once];
  if (most > most_at_once) most = most_at_once;
  struct scan_argument scan = {
      .size = sizeof scan,
      .start = start,
      .end = end,
      .vec = (uintptr_t)regions,
      .vec_len = most,
      .category_inverted = is_zero,
      .category_mask = is_zero,
      .category_anyof_mask = is_present | is_swapped,
      .return_mask = is_present | is_swapped,
  };
  long count = ioctl(pagemap, _IOWR('f', 16, struct scan_argument), &scan);
  if (count < 0) return -1;
  long taken = 0;
  for (long index = 0; index < count; index++) {
    if (taken > 0 && stretches[2 * taken - 1] == regions[index].start) {
      stretches[2 * taken - 1] = regions[index].end;
    } else {
      stretches[2 * taken] = regions[index].start;
      stretches[2 * taken + 1] = regions[index].end;
      taken++;
    }
  }
  *walked = scan.walk_end ? scan.walk_end : end;
  return taken;
}

_Bool linux_is_huge_pages(int fd) {
  struct statfs system;
  return fstatfs(fd, &system) == 0 && (unsigned long)system.f_type == HUGETLBFS_MAGIC;
}

int linux_reserve(int fd, long offset, long length) {
  return fallocate(fd, FALLOC_FL_KEEP_SIZE, offset, length);
}

void linux_drop_standard_input(void) {
  int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (null < 0) {
    close(0);
    return;
  }
  dup2(null, 0);
  close(null);
}

int linux_open_process(int process) { return (int)syscall(SYS_pidfd_open, process, 0); }
