// 32 registers of four lanes: tiles of 6 x 16.
#if defined(__aarch64__)
#include "CKernels.h"
#include "Scratch.h"

#include <string.h>

#define LANES 4
#define TILE_ROWS 6
#define TILE_VECTORS 4
#define FMA(a, b, c) __builtin_elementwise_fma(a, b, c)
#define TABLE rm_kernels_neon
#include "KernelBody.h"
#endif
