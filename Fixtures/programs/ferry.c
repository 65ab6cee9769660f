// One thread and a crash with a request on its way: a timer of io_uring that ends while the kernel dumps. Its completion wakes the
// dumping thread, and a dump into a pipe stops there.
#include <linux/io_uring.h>
#include <linux/time_types.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { cargo_bytes = 8 << 20 };

static struct __kernel_timespec crossing = {.tv_nsec = 300000000};

static char *ring(int file, size_t size, off_t place) {
  return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, file, place);
}

__attribute__((noinline)) static void cast_off(void) {
  struct io_uring_params params = {0};
  int file = (int)syscall(SYS_io_uring_setup, 4, &params);
  if (file < 0) exit(1);
  char *queue = ring(file, params.sq_off.array + 4 * params.sq_entries, IORING_OFF_SQ_RING);
  struct io_uring_sqe *entry =
      (void *)ring(file, params.sq_entries * sizeof *entry, IORING_OFF_SQES);
  entry->opcode = IORING_OP_TIMEOUT;
  entry->addr = (unsigned long)&crossing;
  entry->len = 1;
  *(unsigned *)(queue + params.sq_off.tail) += 1;  // the first place of the array is 0, as is the entry
  if (syscall(SYS_io_uring_enter, file, 1, 0, 0, NULL, 0) != 1) exit(1);
}

__attribute__((noinline)) static void sink(void) { __builtin_trap(); }

int main(void) {
  memset(mmap(NULL, cargo_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 'c',
         cargo_bytes);
  cast_off();
  sink();
  return 0;
}
