/// What the process was started with, as the kernel put it on the stack.
#ifndef CSTART_H
#define CSTART_H

/// The words of the command line, the command's own name first. Swift's CommandLine reads them from /proc, which need not
/// be there.
int start_word_count(void);
const char *start_word(int index);

#endif
