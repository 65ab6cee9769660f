// touch MIB: touches so much memory and gives it back. Where the machine is a guest that hands idle memory to its host, that
// makes it warm: the next who takes new pages gets those that the host has just given.
#include <stdlib.h>
#include <sys/mman.h>

int main(int argc, char **argv) {
  if (argc != 2) return 64;
  size_t bytes = (size_t)atol(argv[1]) << 20;
  return mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0) == MAP_FAILED;
}
