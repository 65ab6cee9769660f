/// What a core_pattern handler needs of Linux: the kernel's requests on a socket, and the memory of a process that dies.
///
/// As CLinux.h, it includes no header of the system.
#ifndef CLINUX_CAPTURE_H
#define CLINUX_CAPTURE_H

// MARK: Ourselves

/// No core is ever made of this process: a handler that crashes would wait for itself. -1 where that can't be had.
int linux_forbid_own_core(void);

/// Runs `body(argument)` in a thread of its own that nobody joins, with a small stack and all signals blocked; an errno where
/// that can't be had.
int linux_start_thread(void (*body)(void *), void *argument);

/// Opens a file in a folder that is open, for reading only, without following a link in its last part.
int linux_open_entry(int folder, const char *name);

/// The same for a folder, which itself may be a link.
int linux_open_folder(const char *path);

// MARK: A socket for the kernel

/// A listening socket at `path`, for root alone, in place of one that nobody listens on any more; -1, with EADDRINUSE where
/// somebody does.
int linux_listen(const char *path, int backlog);

/// Takes the next connection; -1 where there is none.
int linux_accept(int listener);

/// The process at the other end: its id in our pid namespace and a descriptor of it (-1 where the kernel gives none).
int linux_peer(int socket, int *process, int *descriptor);

/// A descriptor of a process, which can be read once that has ended; -1 where there is no such process.
int linux_open_process(int process);

/// What the kernel says of the dump of a process: a mask of `linux_dump_…`; -1 where it can't be asked. `user` and `group` get
/// its real ids.
long linux_dump_state(int process_descriptor);
enum { linux_dump_is_running = 1, linux_dump_is_skipped = 2, linux_dump_for_user = 4, linux_dump_for_root = 8 };

/// Waits until `fd` can be read: 1; 0 after so many milliseconds (-1: never); -1 on an error. A hang-up can be read, too.
int linux_wait_readable(int fd, int milliseconds);

/// Waits until one of two can be read: 1 for the first, 2 for the second, 0 after the time.
int linux_wait_either(int first, int second, int milliseconds);

/// Sends without a signal where nobody listens any more.
long linux_send(int socket, const void *bytes, unsigned long count);

// MARK: The memory of a process that dies

struct linux_pin;

/// Keeps the address space of a process from going away: one read of its /proc/PID/mem, of the page at `address`, stays
/// unfinished until `linux_unpin`. NULL where that can't be had, or not within so many milliseconds.
struct linux_pin *linux_pin_memory(int memory, unsigned long address, int milliseconds);

/// Lets it go.
void linux_unpin(struct linux_pin *pin);

/// process_vm_readv(2) of one stretch.
long linux_read_process(int process, unsigned long address, void *buffer, unsigned long count);

/// The next stretches in `start..<end` that hold pages, which are neither absent nor the page of zeros: up to `most` pairs of a
/// start and an end in `stretches`. Returns how many, and in `walked` how far it looked; -1 where the kernel has no
/// PAGEMAP_SCAN (before 6.7).
long linux_scan_pages(int pagemap, unsigned long start, unsigned long end, unsigned long *stretches, unsigned long most,
                      unsigned long *walked);

/// Whether a file is one of huge pages.
_Bool linux_is_huge_pages(int fd);

/// Takes room on the disk for a stretch of a file, which becomes no longer; -1 where it has none.
int linux_reserve(int fd, long offset, long length);

/// Swaps standard input for /dev/null, and so gives up the reading end of the kernel's pipe.
void linux_drop_standard_input(void);

#endif
