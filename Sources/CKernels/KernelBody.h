// The bodies of all kernels, compiled once for each instruction set. The including file defines
//   LANES         f32 elements of a vector
//   TILE_ROWS     rows of the largest register tile
//   TILE_VECTORS  vectors of a row of the tile; it divides RM_PANEL / LANES
//   FMA(a, b, c)  a * b + c on vectors
//   TABLE         the name of the table to define
//   BRINGS_AHEAD  when a tile takes long enough to ask for what the next block reads; small tiles lose
//   NATIVE_BF16   when there are dot products of bf16, of 16 lanes
// and applies the target attribute. Everything here is static except the table.

#include "Vectors.h"
// Matrix products.
#include "Ahead.h"
#include "MatrixProducts.h"
#include "RoundedProducts.h"
// Loops over rows and elements.
#include "Normalization.h"
#include "Elementwise.h"

const RMKernels TABLE = {
    .packed_product = packed_product,
    .product = product,
    .merged_product = merged_product,
    .packed_product_bf16 = packed_product_bf16,
    .merged_product_bf16 = merged_product_bf16,
    .pack = pack_panels,
    .pack_bf16 = pack_panels_bf16,
    .layer_norm = layer_norm,
    .layer_norm_backward = layer_norm_backward,
    .softmax = softmax,
    .softmax_backward = softmax_backward,
    .exponential = exponential,
    .activate = activate,
    .activate_backward = activate_backward,
    .axpy = axpy,
    .scale = scale,
    .dot = dot,
    .sum = sum,
    .sum_rows = sum_rows,
    .adamw = adamw,
    .spin = spin,
};
