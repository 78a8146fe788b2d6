#ifndef TABLES_H
#define TABLES_H

#include "CKernels.h"

extern const RMKernels rm_kernels_portable;
#if defined(__aarch64__)
extern const RMKernels rm_kernels_neon;
#endif
#if defined(__x86_64__)
extern const RMKernels rm_kernels_avx2;
extern const RMKernels rm_kernels_avx512;
extern const RMKernels rm_kernels_avx512bf16;
#endif

#endif
