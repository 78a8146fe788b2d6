// The numerical kernels, one table of functions per instruction set.
//
// Letters: M rows, N columns, K the inner dimension, all counts of f32 elements. Strides are in
// elements. Nothing here starts threads; nothing allocates except a scratch buffer per thread.
#ifndef CKERNELS_H
#define CKERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __clang__
#pragma clang assume_nonnull begin
#endif

/// Columns of a panel: W [N, K] is kept as P[ceil(N / 32)][K][32], the last panel padded with zeros.
#define RM_PANEL 32

/// How many terms of a sum over K are added up in registers before the partial sum is set aside.
#define RM_INNER_BLOCK 256

enum { RM_IDENTITY = 0, RM_QUICK_GELU = 1, RM_GELU = 2, RM_RELU = 3, RM_TANH_GELU = 4 };
enum { RM_PORTABLE = 0, RM_NEON = 1, RM_AVX2 = 2, RM_AVX512 = 3, RM_AVX512BF16 = 4 };

/// C[M, N] (+)= act(A[M, K] W^T + bias), for the panels first_panel ..< end_panel of W.
typedef struct {
  const float *a;
  ptrdiff_t a_stride, rows, columns, inner;
  const void *panels;
  ptrdiff_t first_panel, end_panel;
  const float *_Nullable bias;
  int32_t activation;
  bool accumulate;
  float *c;
  ptrdiff_t c_stride;
} RMPackedProduct;

/// C[M, N] = scale * A B (+ C); element (i, j) of A is a[i * a_row + j * a_column].
typedef struct {
  ptrdiff_t rows, columns, inner;
  const float *a;
  ptrdiff_t a_row, a_column;
  const float *b;
  ptrdiff_t b_row, b_column;
  float scale;
  bool accumulate;
  float *c;
  ptrdiff_t c_stride;
} RMProduct;

/// C_s[T, N] (+)= act(X_s[T, K] (W0 + sum_e w[s, e] T_e)^T + b0 + sum_e w[s, e] b_e).
typedef struct {
  const float *x;
  ptrdiff_t x_stride, samples, tokens, columns, inner, experts;
  const void *base;
  const void *_Nonnull const *_Nonnull task_vectors;
  const float *_Nullable base_bias;
  const float *_Nonnull const *_Nullable task_vector_biases;
  const float *weights;
  ptrdiff_t first_panel, end_panel;
  int32_t activation;
  bool accumulate;
  float *c;
  ptrdiff_t c_stride;
} RMMergedProduct;

/// One step of AdamW; the corrections are 1 - beta^t.
typedef struct {
  float rate, beta1, beta2, epsilon, decay, correction1, correction2, gradient_scale;
} RMAdamW;

typedef struct {
  void (*packed_product)(const RMPackedProduct *);
  void (*product)(const RMProduct *);
  void (*merged_product)(const RMMergedProduct *);
  /// The same with weights in bf16 panels, P[ceil(N / 32)][ceil(K / 2)][32][2]: activations and merged
  /// weights are rounded to bf16, sums are f32.
  void (*packed_product_bf16)(const RMPackedProduct *);
  void (*merged_product_bf16)(const RMMergedProduct *);
  /// panels[ceil(N / 32)][K][32] from B [K, N]: element (k, n) is b[k * b_row + n * b_column].
  void (*pack)(
      const float *b, ptrdiff_t b_row, ptrdiff_t b_column, ptrdiff_t inner, ptrdiff_t columns,
      float *panels);
  /// The same, rounded to bf16 panels.
  void (*pack_bf16)(
      const float *b, ptrdiff_t b_row, ptrdiff_t b_column, ptrdiff_t inner, ptrdiff_t columns,
      uint16_t *panels);
  /// mean and rstd may be null.
  void (*layer_norm)(
      const float *x, ptrdiff_t rows, ptrdiff_t width, ptrdiff_t stride, const float *gamma,
      const float *beta, float epsilon, float *y, ptrdiff_t y_stride, float *_Nullable mean,
      float *_Nullable rstd);
  /// dx, dgamma and dbeta are added to.
  void (*layer_norm_backward)(
      const float *dy, ptrdiff_t dy_stride, const float *x, ptrdiff_t x_stride, ptrdiff_t rows,
      ptrdiff_t width, const float *mean, const float *rstd, const float *gamma, float *dx,
      ptrdiff_t dx_stride, float *dgamma, float *dbeta);
  void (*softmax)(float *x, ptrdiff_t rows, ptrdiff_t width, ptrdiff_t stride);
  void (*softmax_backward)(
      const float *p, const float *dp, ptrdiff_t rows, ptrdiff_t width, ptrdiff_t stride, float *ds);
  void (*exponential)(float *x, ptrdiff_t count);
  void (*activate)(int32_t activation, float *x, ptrdiff_t count);
  /// dx = dy * act'(x); dx may be dy.
  void (*activate_backward)(
      int32_t activation, const float *x, const float *dy, float *dx, ptrdiff_t count);
  void (*axpy)(float factor, const float *x, float *y, ptrdiff_t count);
  void (*scale)(float factor, float *x, ptrdiff_t count);
  double (*dot)(const float *x, const float *y, ptrdiff_t count);
  double (*sum)(const float *x, ptrdiff_t count);
  /// y[N] += the sums of the columns of x[M, N].
  void (*sum_rows)(const float *x, ptrdiff_t rows, ptrdiff_t width, ptrdiff_t stride, float *y);
  void (*adamw)(
      const RMAdamW *, float *parameter, const float *gradient, float *first, float *second,
      ptrdiff_t count);
  /// Runs independent fused multiply-adds and returns how many floating-point operations they were;
  /// for measuring the machine's peak.
  double (*spin)(int64_t iterations, float *out);
} RMKernels;

/// Whether this machine and this build have the instruction set.
bool rm_available(int32_t instruction_set);

/// The kernels of an instruction set, null when it is not available.
const RMKernels *_Nullable rm_kernels(int32_t instruction_set);

#ifdef __clang__
#pragma clang assume_nonnull end
#endif
#endif
