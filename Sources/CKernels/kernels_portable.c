// Four lanes and no fused multiply-add: what every target has.
#include "CKernels.h"
#include "Scratch.h"

#include <string.h>

#define LANES 4
#define TILE_ROWS 6
#define TILE_VECTORS 2
#define FMA(a, b, c) ((a) * (b) + (c))
#define TABLE rm_kernels_portable
#include "KernelBody.h"
