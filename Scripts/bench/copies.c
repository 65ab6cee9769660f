// copies FROM TO THREADS [together]: copies every file of a folder into another one as a plain program would, with the syncs that
// `coresalvage batch` makes: each file written under a temporary name, its writeback begun, groups of 64 synced file by
// file, renamed, and their folder synced. What the same reads and writes cost, and nothing else. With `together`, a group
// is synced by syncfs(2), as batch does where it may.
#define _GNU_SOURCE
#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { group = 64, chunk = 1 << 20 };

static DIR *from;
static int from_fd, to_fd, together;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int next_name(char *name) {
  pthread_mutex_lock(&lock);
  struct dirent *entry;
  while ((entry = readdir(from)) && entry->d_name[0] == '.');
  if (entry) strcpy(name, entry->d_name);
  pthread_mutex_unlock(&lock);
  return entry != NULL;
}

static void *work(void *unused) {
  char names[group][256], temporary[300];
  int files[group], count = 0;
  char *buffer = malloc(chunk);
  for (;;) {
    int more = next_name(names[count]);
    if (more) {
      int in = openat(from_fd, names[count], O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
      struct stat status;
      if (in < 0 || fstat(in, &status) < 0) err(1, "%s", names[count]);
      snprintf(temporary, sizeof temporary, ".%s.new", names[count]);
      int out = openat(to_fd, temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
      if (out < 0) err(1, "%s", temporary);
      ssize_t length;
      off_t offset = 0;
      while ((length = pread(in, buffer, chunk, offset)) > 0) {
        if (pwrite(out, buffer, length, offset) != length) err(1, "write");
        offset += length;
      }
      fchown(out, status.st_uid, status.st_gid);
      fchmod(out, status.st_mode & 0777);
      close(in);
      sync_file_range(out, 0, offset, SYNC_FILE_RANGE_WRITE);
      files[count++] = out;
    }
    if (count == group || (!more && count > 0)) {
      if (together && syncfs(files[0]) < 0) err(1, "sync");
      for (int i = 0; i < count && !together; i++)
        if (fsync(files[i]) < 0) err(1, "sync");
      for (int i = 0; i < count; i++) {
        snprintf(temporary, sizeof temporary, ".%s.new", names[i]);
        if (renameat2(to_fd, temporary, to_fd, names[i], RENAME_NOREPLACE) < 0) err(1, "rename");
        close(files[i]);
      }
      if (fsync(to_fd) < 0) err(1, "sync the folder");
      count = 0;
    }
    if (!more) return unused;
  }
}

int main(int argc, char **argv) {
  together = argc == 5 && strcmp(argv[4], "together") == 0;
  if (argc != 4 && !together) errx(64, "usage: copies FROM TO THREADS [together]");
  mkdir(argv[2], 0755);
  from = opendir(argv[1]);
  from_fd = open(argv[1], O_RDONLY | O_DIRECTORY);
  to_fd = open(argv[2], O_RDONLY | O_DIRECTORY);
  if (!from || from_fd < 0 || to_fd < 0) err(1, "%s, %s", argv[1], argv[2]);
  int count = atoi(argv[3]);
  pthread_t threads[count];
  for (int i = 0; i < count; i++) pthread_create(&threads[i], NULL, work, NULL);
  for (int i = 0; i < count; i++) pthread_join(threads[i], NULL);
}
