#ifndef SCRATCH_H
#define SCRATCH_H

#include <stddef.h>

/// This thread's scratch memory, 64-byte aligned and at least `bytes` long. Its contents are
/// undefined, and a later call on the same thread may move it. Freed when the thread ends.
void *rm_scratch(size_t bytes);

#endif
