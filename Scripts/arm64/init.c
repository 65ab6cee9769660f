// The first and only process of the machine that try-arm64.sh starts: loads the modules for its disk, lets /srv/victim crash in
// each way that the kernel's command line has behind `--`, writes the cores to the disk as a tar, and turns the machine off.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

static void end(const char *words) {
  if (words) perror(words);
  sync();
  reboot(RB_POWER_OFF);
  _exit(1);
}

static void put(int to, const void *bytes, size_t count) {
  for (const char *next = bytes; count;) {
    ssize_t put = write(to, next, count);
    if (put <= 0) end("/dev/vda");
    next += put, count -= put;
  }
}

static void pack(int disk, const char *name) {
  static char block[512], zeros[512];
  struct stat about;
  int core = open(name, O_RDONLY);
  if (core < 0 || fstat(core, &about)) end(name);
  memset(block, 0, sizeof block);
  snprintf(block, 100, "%s", name);
  memcpy(block + 100, "0000644", 8);
  memcpy(block + 108, "0000000\0000000000", 16);
  snprintf(block + 124, 12, "%011llo", (unsigned long long)about.st_size);
  memcpy(block + 136, "00000000000", 12);
  memcpy(block + 148, "        0", 9);
  memcpy(block + 257, "ustar\00000", 8);
  unsigned sum = 0;
  for (size_t i = 0; i < sizeof block; i++) sum += (unsigned char)block[i];
  snprintf(block + 148, 8, "%06o", sum);
  put(disk, block, sizeof block);
  static char bytes[1 << 20];
  off_t packed = 0;
  for (ssize_t count; (count = read(core, bytes, sizeof bytes)) > 0; packed += count) put(disk, bytes, count);
  if (packed != about.st_size) end(name);
  put(disk, zeros, -packed & 511);
  close(core);
}

int main(int count, char **ways) {
  mkdir("/proc", 0755), mkdir("/dev", 0755), mkdir("/cores", 0755);
  if (mount("proc", "/proc", "proc", 0, NULL) || mount("dev", "/dev", "devtmpfs", 0, NULL)) end("mount");
  int console = open("/dev/console", O_RDWR);
  dup2(console, 1), dup2(console, 2);
  char module[] = "/modules/0.ko";
  for (; !access(module, F_OK); module[9]++) {
    int file = open(module, O_RDONLY);
    if (syscall(SYS_finit_module, file, "", 0)) end(module);
    close(file);
  }
  struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
  setrlimit(RLIMIT_CORE, &unlimited);
  chdir("/cores");
  int disk = open("/dev/vda", O_WRONLY);
  if (disk < 0) end("/dev/vda");
  for (int i = 1; i < count; i++) {
    char name[64];
    snprintf(name, sizeof name, "%s.core", ways[i]);
    FILE *pattern = fopen("/proc/sys/kernel/core_pattern", "w");
    fputs(name, pattern);
    if (fclose(pattern)) end("core_pattern");
    int status, child = fork();
    if (!child) {
      execl("/srv/victim", "victim", ways[i], (char *)NULL);
      _exit(127);
    }
    waitpid(child, &status, 0);
    printf("init: %s: status %#x\n", ways[i], status);
    pack(disk, name);
  }
  struct utsname here;
  uname(&here);
  // The tar's end are the zeros that the disk has.
  printf("init: done: Linux %s %s\n", here.release, here.machine);
  fflush(stdout);
  fsync(disk);
  end(NULL);
}
