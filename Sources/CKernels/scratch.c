#include "Scratch.h"

#include <pthread.h>
#include <stdlib.h>

typedef struct {
  void *memory;
  size_t bytes;
} Scratch;

static pthread_key_t scratch_key;
static pthread_once_t scratch_once = PTHREAD_ONCE_INIT;

static void release(void *value) {
  Scratch *scratch = value;
  free(scratch->memory);
  free(scratch);
}

static void create_key(void) {
  if (pthread_key_create(&scratch_key, release) != 0) abort();
}

void *rm_scratch(size_t bytes) {
  pthread_once(&scratch_once, create_key);
  Scratch *scratch = pthread_getspecific(scratch_key);
  if (scratch == NULL) {
    scratch = calloc(1, sizeof(Scratch));
    if (scratch == NULL || pthread_setspecific(scratch_key, scratch) != 0) abort();
  }
  if (scratch->bytes < bytes) {
    // Whole 64 KiB steps, so that calls of slightly different sizes do not move it again and again.
    size_t rounded = (bytes + 0xffff) & ~(size_t)0xffff;
    free(scratch->memory);
    scratch->memory = NULL;
    if (posix_memalign(&scratch->memory, 64, rounded) != 0) abort();
    scratch->bytes = rounded;
  }
  return scratch->memory;
}
