/// What a folder of cores needs of Linux: access for one more user, and work that nobody waits for.
///
/// As CLinux.h, it includes no header of the system.
#ifndef CLINUX_STORE_H
#define CLINUX_STORE_H

/// Gives an open file an extended attribute; -1 where the file system has none, or not this one.
int linux_set_attribute(int fd, const char *name, const void *value, unsigned long size);

/// Lets all other work go before that of this thread, on the processor and on the disk.
void linux_lower_priority(void);

#endif
