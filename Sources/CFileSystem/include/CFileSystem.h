#ifndef ROUTEMARK_FILE_SYSTEM_H
#define ROUTEMARK_FILE_SYSTEM_H

// Renaming that Swift's C library modules do not show: it never replaces, or it exchanges.
//
// Each returns 0 or an `errno`; ENOSYS where the system, EINVAL where the file system cannot.

// Gives `from` the name `to` unless that name is taken (EEXIST).
int routemark_rename_new(const char *from, const char *to);

// Exchanges two names that both exist, in one step: at no moment is either of them missing.
int routemark_rename_exchange(const char *from, const char *to);

#endif
