/// What Swift's Glibc module does not show of Linux: hole seeking, clones, early writeback.
///
/// It includes no header of the system: with _GNU_SOURCE those define types in other words than Swift's own modules, and
/// the compiler then refuses both. All that needs them stands in CLinux.c.
#ifndef CLINUX_H
#define CLINUX_H

/// The first byte of data at or after `offset`, or -1 (errno ENXIO: only a hole follows).
long linux_seek_data(int fd, long offset);

/// The first hole at or after `offset`; every file ends in one.
long linux_seek_hole(int fd, long offset);

/// Makes the empty file `to` share all extents of `from` (XFS, Btrfs); -1 where that can't be had.
int linux_clone(int from, int to);

/// Makes a stretch of a file a hole again; -1 where the file system can't.
int linux_punch_hole(int fd, long offset, long length);

/// Starts writing the range back without waiting, so that a later fsync has less to wait for.
int linux_start_writeback(int fd, long offset, long length);

/// Waits until the range is on the disk, and takes it out of the page cache: 0, or an errno. That error is told once: a
/// later fsync of the same descriptor doesn't know it any more.
int linux_finish_writeback(int fd, long offset, long length);

/// Brings all of a file's system to the disk, with one flush of the disk's cache; -1 where it is none of those of which it is
/// known that this does all that fsync(2) of each file does. Whether a file was written without an error it doesn't tell.
int linux_sync_file_system(int fd);

/// Waits for what of a file is on its way to the disk: 0, or the error of writing it, which is told once.
int linux_await_writeback(int fd);

/// pread(2) that leaves nothing in the page cache that was not there before; EOPNOTSUPP where the file system can't: before
/// Linux 6.14 none can.
long linux_read_once(int fd, void *buffer, unsigned long count, long offset);

/// The first place of `pattern` in `bytes`, or NULL.
const void *linux_find(const void *bytes, unsigned long count, const void *pattern, unsigned long length);

/// Renames without replacing: EEXIST when `to` is there.
int linux_rename_exclusively(const char *from, const char *to);

/// Opens a regular file that someone else named, for reading only; else -1 with EINVAL for what is no such file. Below
/// `root`, where that is not NULL, no link leads out of it; a kernel before 5.6 follows none there.
int linux_open_regular(const char *root, const char *path);

/// The same with another's rights, which the kernel checks on the whole path. Only this thread's are changed, and
/// given back before it returns; -1 with EPERM where they can't be taken.
int linux_open_regular_as(const char *root, const char *path, unsigned user, unsigned group);

/// How many bytes users may still write to the file's system, and how large its blocks are; -1 where that can't be had.
int linux_file_system(int fd, unsigned long *free_bytes, unsigned long *block_size);

/// An unnamed file in a folder, for us alone; -1 where the file system has none.
int linux_open_unnamed(const char *folder);

/// Makes a pipe hold up to `size` bytes; -1 where it is no pipe or the limit is lower.
int linux_set_pipe_size(int fd, int size);

/// Whether anybody has the file open for writing: 1 or 0, or -1 where that can't be asked. A read lease is only given on a
/// file that has no writer. It is given back at once; should a writer come between, the signal is one that is ignored.
int linux_has_writer(int fd);

/// The value of an extended attribute, and its size; -1 where there is none or `size` is too small.
long linux_attribute(int fd, const char *name, void *value, unsigned long size);

/// Whether a file has any extended attribute, as far as that can be told.
int linux_has_attributes(int fd);

/// Locks a whole file for as long as it stays open: 0, or -1 (EWOULDBLOCK: somebody else has it).
int linux_lock(int fd);

/// The same with others that share it, and giving either up.
int linux_lock_shared(int fd);
int linux_unlock(int fd);

/// Gives an open file another name; EEXIST when that is taken.
int linux_link_open_file(int fd, const char *to);

/// Whether a descriptor is one that can be neither read nor written.
_Bool linux_is_path_only(int fd);

/// Whether a signal is ignored at the moment.
_Bool linux_ignores_signal(int number);

/// Takes the numbers 0 to 2 where they are closed, so that no file of ours gets them and is written to by whoever means
/// standard output. Reading and writing there goes on to fail.
void linux_hold_standard_streams(void);

#include "CLinuxCapture.h"
#include "CLinuxStore.h"

#endif
