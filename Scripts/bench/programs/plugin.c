// A plugin that is loaded late, and calls back into the program.
#include <stddef.h>

extern int host_step(int depth);

static int inside(int depth) { return host_step(depth) + 1; }

int plugin_run(int depth) { return inside(depth) + 1; }
