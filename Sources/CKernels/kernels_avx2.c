// 16 registers of eight lanes: tiles of 6 x 16, two to a panel.
#if defined(__x86_64__)
#include "CKernels.h"
#include "Scratch.h"

#include <string.h>

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define LANES 8
#define TILE_ROWS 6
#define TILE_VECTORS 2
#define FMA(a, b, c) __builtin_elementwise_fma(a, b, c)
#define TABLE rm_kernels_avx2
#include "KernelBody.h"
#pragma clang attribute pop
#endif
