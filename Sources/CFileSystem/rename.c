#if defined(__linux__)
#define _GNU_SOURCE
#endif
#include "CFileSystem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>

// The system call itself: older C libraries have no wrapper for it.
static int rename_with(const char *from, const char *to, unsigned int flags) {
#if defined(SYS_renameat2)
  return syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags) == 0 ? 0 : errno;
#else
  return ENOSYS;
#endif
}

int routemark_rename_new(const char *from, const char *to) { return rename_with(from, to, 1); }

int routemark_rename_exchange(const char *from, const char *to) { return rename_with(from, to, 2); }

#elif defined(__APPLE__)

int routemark_rename_new(const char *from, const char *to) {
  return renamex_np(from, to, RENAME_EXCL) == 0 ? 0 : errno == ENOTSUP ? ENOSYS : errno;
}

int routemark_rename_exchange(const char *from, const char *to) {
  return renamex_np(from, to, RENAME_SWAP) == 0 ? 0 : errno == ENOTSUP ? ENOSYS : errno;
}

#else

int routemark_rename_new(const char *from, const char *to) { return ENOSYS; }

int routemark_rename_exchange(const char *from, const char *to) { return ENOSYS; }

#endif
