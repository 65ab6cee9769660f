#define _GNU_SOURCE 1

#include "CStart.h"

#include <malloc.h>
#include <stdlib.h>
#include <unistd.h>

static int word_count;
static char **words;

// Swift's runtime looks for its own folder before main(), for the sake of backtraces: in /proc/self/exe, unless SWIFT_ROOT
// names it. Where there is no /proc, as in a bare chroot, it would end the process. So this comes before all of that: glibc
// runs constructors by their numbers, those without one last, and hands each the words of the command line.
__attribute__((constructor(101))) static void start(int count, char **given, char **environment) {
  (void)environment;
  word_count = count;
  words = given;
  char byte;
  if (readlink("/proc/self/exe", &byte, 1) < 0) setenv("SWIFT_ROOT", "/", 0);
  // Tables of a large core go back to the system with the last use of them. By itself glibc keeps room of the size that was
  // given back once, and fills it with gaps: a sixth more of memory, for each table outlives another.
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
  // Room of that size at the end of the heap stays ours. What is read in parts, each given back before the next, would get
  // pages that the system clears anew for every part.
  mallopt(M_TRIM_THRESHOLD, 4 << 20);
}

int start_word_count(void) { return word_count; }

const char *start_word(int index) { return index >= 0 && index < word_count ? words[index] : NULL; }
