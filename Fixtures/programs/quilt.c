// As many segments as its argument says: one-page patches of alternating protection, which the
// kernel can't join. Every sixteenth is touched. From 65,535 segments on, the file header can't
// hold their number, and the kernel puts it into a section header at the end of the core.
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { patch_bytes = 4096 };

__attribute__((noinline)) static void tear(void) { __builtin_trap(); }

__attribute__((noinline)) static void sew(unsigned char *cloth, long patches) {
  for (long i = 0; i < patches; i++) {
    unsigned char *patch = cloth + i * patch_bytes;
    if (i % 16 == 0) memset(patch, 1 + i % 255, patch_bytes);
    if (i % 2) mprotect(patch, patch_bytes, PROT_READ | PROT_WRITE | PROT_EXEC);
  }
  tear();
}

int main(int argc, char **argv) {
  long patches = argc > 1 ? atol(argv[1]) : 16;
  sew(mmap(NULL, patches * patch_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
           0),
      patches);
  return 0;
}
