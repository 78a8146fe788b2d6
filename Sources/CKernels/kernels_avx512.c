// 32 registers of sixteen lanes: tiles of 14 x 32, a whole panel wide.
#if defined(__x86_64__)
#include "CKernels.h"
#include "Scratch.h"

#include <string.h>

// Without the preferred width the compiler's own vectorisation would stop at 256 bits.
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx2,fma"), \
                   min_vector_width(512))), \
    apply_to = function)
#define LANES 16
#define TILE_ROWS 14
#define TILE_VECTORS 2
#define BRINGS_AHEAD
#define FMA(a, b, c) __builtin_elementwise_fma(a, b, c)
#define TABLE rm_kernels_avx512
#include "KernelBody.h"
#pragma clang attribute pop
#endif
