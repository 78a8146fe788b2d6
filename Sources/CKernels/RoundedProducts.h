// Matrix products of bf16 operands with f32 sums. A part of KernelBody.h.
//
// Weights are kept as P[ceil(N / 32)][ceil(K / 2)][32][2] bf16, so that the two factors of a dot
// product's pair lie beside each other; activations are rounded when a product begins. Products of
// bf16 numbers are exact in f32, and sums over K are cut as in MatrixProducts.h. Without bf16
// instructions the same operands are widened and multiplied in f32.

typedef uint16_t Words __attribute__((vector_size(LANES * 2)));
typedef uint16_t UnalignedWords __attribute__((vector_size(LANES * 2), aligned(2), may_alias));
typedef uint32_t U __attribute__((vector_size(LANES * 4)));
typedef uint32_t UnalignedU __attribute__((vector_size(LANES * 4), aligned(4), may_alias));
typedef uint32_t UnalignedPair __attribute__((aligned(2), may_alias));

INLINE V widen(const uint16_t *p) {
  return (V)(__builtin_convertvector(*(const UnalignedWords *)p, U) << 16);
}

/// To the nearest bf16, ties to even; a NaN stays one.
INLINE uint16_t round_scalar(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  if ((bits & 0x7fffffff) > 0x7f800000) return (uint16_t)(bits >> 16 | 0x40);
  return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

#if defined(NATIVE_BF16)
INLINE void store_rounded(uint16_t *p, V v) {
  const __m256bh words = _mm512_cvtneps_pbh((__m512)v);
  memcpy(p, &words, sizeof words);
}

/// Activations as the dot product takes them.
typedef uint16_t Rounded;
INLINE Rounded rounded(float x) { return round_scalar(x); }
INLINE void store_activations(Rounded *p, V v) { store_rounded(p, v); }
#else
INLINE U rounded_bits(V v) {
  const U bits = (U)v;
  const U nearest = (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000;
  const U quiet = (bits | 0x00400000) & 0xffff0000;
  return (U)select_lanes((I)((bits & 0x7fffffff) > 0x7f800000), (V)quiet, (V)nearest);
}

INLINE void store_rounded(uint16_t *p, V v) {
  *(UnalignedWords *)p = __builtin_convertvector(rounded_bits(v) >> 16, Words);
}

typedef float Rounded;
INLINE Rounded rounded(float x) {
  const uint32_t bits = (uint32_t)round_scalar(x) << 16;
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}
INLINE void store_activations(Rounded *p, V v) { store(p, (V)rounded_bits(v)); }
#endif

/// A row stride for rounded activations: even, and an odd number of cache lines.
INLINE ptrdiff_t rounded_stride(ptrdiff_t inner) {
  const ptrdiff_t line = 64 / (ptrdiff_t)sizeof(Rounded);
  return (inner + 2 * line - 1) / (2 * line) * (2 * line) + line;
}

static void round_rows(
    const float *a, ptrdiff_t a_stride, ptrdiff_t rows, ptrdiff_t inner, Rounded *target) {
  const ptrdiff_t stride = rounded_stride(inner);
  for (ptrdiff_t row = 0; row < rows; row++, a += a_stride, target += stride) {
    ptrdiff_t k = 0;
    for (; k + LANES <= inner; k += LANES) store_activations(target + k, load(a + k));
    for (; k < inner; k++) target[k] = rounded(a[k]);
    if (inner % 2) target[inner] = 0;
  }
}

/// As `tile` of MatrixProducts.h; `pairs` pairs of K, `b` has RM_PANEL pairs a row.
INLINE void rounded_tile(
    const int mr, const int nv, const Rounded *a, ptrdiff_t a_stride, const uint16_t *b,
    ptrdiff_t pairs, AheadPieces ahead, const Target *target) {
  V sums[TILE_ROWS][TILE_VECTORS];
  _Pragma("clang loop unroll(full)") for (int r = 0; r < mr; r++)
    _Pragma("clang loop unroll(full)") for (int v = 0; v < nv; v++) sums[r][v] = (V){0};
  _Pragma("clang loop unroll(disable)") for (ptrdiff_t pair = 0; pair < pairs; pair++) {
    U row[TILE_VECTORS];
    _Pragma("clang loop unroll(full)") for (int v = 0; v < nv; v++)
      row[v] = *(const UnalignedU *)(b + v * LANES * 2);
    _Pragma("clang loop unroll(full)") for (int r = 0; r < mr; r++) {
#if defined(NATIVE_BF16)
      const __m512i factor = _mm512_set1_epi32((int)*(const UnalignedPair *)(a + r * a_stride));
      _Pragma("clang loop unroll(full)") for (int v = 0; v < nv; v++)
        sums[r][v] = (V)_mm512_dpbf16_ps((__m512)sums[r][v], (__m512bh)factor, (__m512bh)row[v]);
#else
      const V first = splat(a[r * a_stride]), second = splat(a[r * a_stride + 1]);
      _Pragma("clang loop unroll(full)") for (int v = 0; v < nv; v++) {
        sums[r][v] = FMA(first, (V)(row[v] << 16), sums[r][v]);
        sums[r][v] = FMA(second, (V)(row[v] & 0xffff0000), sums[r][v]);
      }
#endif
    }
    bring_ahead(&ahead);
    b += 2 * RM_PANEL;
    a += 2;
  }
  _Pragma("clang loop unroll(full)") for (int r = 0; r < mr; r++)
    _Pragma("clang loop unroll(full)") for (int v = 0; v < nv; v++)
      put(sums[r][v], r, v, target);
}

INLINE void rounded_tile_of_width(
    const int nv, ptrdiff_t mr, const Rounded *a, ptrdiff_t a_stride, const uint16_t *b,
    ptrdiff_t pairs, AheadPieces ahead, const Target *target) {
  switch (mr) {
#define RM_CASE(n) case n: rounded_tile(n, nv, a, a_stride, b, pairs, ahead, target); break;
    RM_CASE(1) RM_CASE(2) RM_CASE(3) RM_CASE(4) RM_CASE(5) RM_CASE(6)
#if TILE_ROWS > 6
    RM_CASE(7) RM_CASE(8) RM_CASE(9) RM_CASE(10) RM_CASE(11) RM_CASE(12) RM_CASE(13) RM_CASE(14)
#endif
#undef RM_CASE
    default: __builtin_unreachable();
  }
}

static __attribute__((noinline)) void wide_rounded_tile(
    ptrdiff_t mr, const Rounded *a, ptrdiff_t a_stride, const uint16_t *b, ptrdiff_t pairs,
    AheadPieces ahead, const Target *target) {
  rounded_tile_of_width(TILE_VECTORS, mr, a, a_stride, b, pairs, ahead, target);
}

static __attribute__((noinline)) void narrow_rounded_tile(
    ptrdiff_t mr, const Rounded *a, ptrdiff_t a_stride, const uint16_t *b, ptrdiff_t pairs,
    AheadPieces ahead, const Target *target) {
  rounded_tile_of_width(1, mr, a, a_stride, b, pairs, ahead, target);
}

/// As `panel_block` of MatrixProducts.h.
static void rounded_panel_block(
    const Rounded *a, ptrdiff_t a_stride, ptrdiff_t rows, const uint16_t *panel, ptrdiff_t inner,
    ptrdiff_t width, bool first, bool last, Ahead *ahead, float *partial, const Finish *finish,
    float *c, ptrdiff_t c_stride) {
  float sums[TILE_ROWS * RM_PANEL] __attribute__((aligned(64)));
  const ptrdiff_t tiles = tiles_of(rows), pairs = (inner + 1) / 2;
  for (ptrdiff_t column = 0; column < width; column += SUBPANEL) {
    const ptrdiff_t columns = smaller(width - column, SUBPANEL);
    const bool narrow = columns <= LANES;
    for (ptrdiff_t t = 0; t < tiles; t++) {
      const ptrdiff_t row = rows * t / tiles, mr = rows * (t + 1) / tiles - row;
      const bool direct = last && finish->activation == RM_IDENTITY &&
                          columns == (narrow ? LANES : SUBPANEL);
      Target target = target_of(
          first, last, direct, row, column, partial, finish, sums,
          c + row * c_stride + column, c_stride);
      const Rounded *source = a + row * a_stride;
      const uint16_t *b = panel + 2 * column;
      const AheadPieces pieces = next_pieces(ahead, b);
      if (narrow) narrow_rounded_tile(mr, source, a_stride, b, pairs, pieces, &target);
      else wide_rounded_tile(mr, source, a_stride, b, pairs, pieces, &target);
      if (last && !direct)
        finish_tile(
            finish->activation, mr, columns, sums, finish->accumulate,
            c + row * c_stride + column, c_stride);
    }
  }
}

INLINE ptrdiff_t rounded_panel_words(ptrdiff_t inner) { return (inner + 1) / 2 * 2 * RM_PANEL; }

static void packed_product_bf16(const RMPackedProduct *p) {
  const ptrdiff_t rows_at_once = smaller(rows_in_cache(p->inner), p->rows);
  const ptrdiff_t a_stride = rounded_stride(p->inner);
  float *partial = rm_scratch(
      (size_t)(rows_at_once * RM_PANEL) * sizeof(float) +
      (size_t)(rows_at_once * a_stride) * sizeof(Rounded));
  Rounded *a = (Rounded *)(partial + rows_at_once * RM_PANEL);
  float bias[RM_PANEL] __attribute__((aligned(64)));
  for (ptrdiff_t row = 0; row < p->rows; row += rows_at_once) {
    const ptrdiff_t rows = smaller(rows_at_once, p->rows - row);
    round_rows(p->a + row * p->a_stride, p->a_stride, rows, p->inner, a);
    for (ptrdiff_t n = p->first_panel; n < p->end_panel; n++) {
      const ptrdiff_t column = n * RM_PANEL, width = smaller(RM_PANEL, p->columns - column);
      const uint16_t *panel = (const uint16_t *)p->panels + n * rounded_panel_words(p->inner);
      const Finish finish = {
          .bias = panel_bias(p->bias, column, width, bias),
          .scale = 1,
          .activation = p->activation,
          .accumulate = p->accumulate};
      ptrdiff_t k = 0;
      do {
        const ptrdiff_t inner = smaller(RM_INNER_BLOCK, p->inner - k);
        const bool more = k + inner < p->inner || n + 1 < p->end_panel;
        Ahead ahead = ahead_of(
            panel + (k + inner) * RM_PANEL, NULL, 1, 0, more ? BLOCK_BYTES(uint16_t) : 0,
            tiles_of(rows), (inner + 1) / 2);
        rounded_panel_block(
            a + k, a_stride, rows, panel + k * RM_PANEL, inner, width, k == 0,
            k + inner >= p->inner, &ahead, partial, &finish, p->c + row * p->c_stride + column,
            p->c_stride);
        k += inner;
      } while (k < p->inner);
    }
  }
}

static void pack_panels_bf16(
    const float *b, ptrdiff_t b_row, ptrdiff_t b_column, ptrdiff_t inner, ptrdiff_t width,
    uint16_t *panels) {
  for (ptrdiff_t j = 0; j < width; j += RM_PANEL, panels += rounded_panel_words(inner)) {
    const ptrdiff_t columns = smaller(RM_PANEL, width - j);
    memset(panels, 0, (size_t)rounded_panel_words(inner) * sizeof(uint16_t));
    // Sixteen rows at a time, so that the lines written stay in the first-level cache.
    for (ptrdiff_t k0 = 0; k0 < inner; k0 += 16) {
      const ptrdiff_t end = smaller(inner, k0 + 16);
      for (ptrdiff_t c = 0; c < columns; c++) {
        const float *source = b + (j + c) * b_column;
        for (ptrdiff_t k = k0; k < end; k++)
          panels[(k / 2 * RM_PANEL + c) * 2 + k % 2] = round_scalar(source[k * b_row]);
      }
    }
  }
}

/// As `merge_loop` of MatrixProducts.h: merged in f32, then rounded.
INLINE void merge_rounded_loop(
    const int samples, const uint16_t *base, const uint16_t *const *task_vectors, ptrdiff_t offset,
    ptrdiff_t experts, const float *weights, ptrdiff_t count, uint16_t *merged,
    ptrdiff_t merged_stride) {
  for (ptrdiff_t i = 0; i < count; i += LANES) {
    const V start = widen(base + offset + i);
    V values[SAMPLES_AT_ONCE];
    _Pragma("clang loop unroll(full)") for (int s = 0; s < samples; s++) values[s] = start;
    for (ptrdiff_t e = 0; e < experts; e++) {
      const V expert = widen(task_vectors[e] + offset + i);
      _Pragma("clang loop unroll(full)") for (int s = 0; s < samples; s++)
        values[s] = FMA(splat(weights[s * experts + e]), expert, values[s]);
    }
    _Pragma("clang loop unroll(full)") for (int s = 0; s < samples; s++)
      store_rounded(merged + s * merged_stride + i, values[s]);
  }
}

static __attribute__((noinline)) void merge_rounded(
    ptrdiff_t samples, const uint16_t *base, const uint16_t *const *task_vectors, ptrdiff_t offset,
    ptrdiff_t experts, const float *weights, ptrdiff_t count, uint16_t *merged,
    ptrdiff_t merged_stride) {
  switch (samples) {
#define RM_CASE(n)                                                                               \
  case n:                                                                                        \
    merge_rounded_loop(                                                                          \
        n, base, task_vectors, offset, experts, weights, count, merged, merged_stride);          \
    break;
    RM_CASE(1) RM_CASE(2) RM_CASE(3) RM_CASE(4) RM_CASE(5) RM_CASE(6) RM_CASE(7) RM_CASE(8)
#undef RM_CASE
    default: __builtin_unreachable();
  }
}

static void merged_rounded_panel(
    const RMMergedProduct *p, ptrdiff_t n, const Rounded *x, ptrdiff_t sample, ptrdiff_t samples,
    uint16_t *merged, float *partial) {
  const ptrdiff_t column = n * RM_PANEL, width = smaller(RM_PANEL, p->columns - column);
  const ptrdiff_t x_stride = rounded_stride(p->inner);
  const float *weights = p->weights + sample * p->experts;
  const bool biased = p->base_bias || p->task_vector_biases;
  float biases[SAMPLES_AT_ONCE * RM_PANEL] __attribute__((aligned(64)));
  if (biased)
    for (ptrdiff_t s = 0; s < samples; s++)
      merge_bias(p, weights + s * p->experts, column, width, biases + s * RM_PANEL);
  ptrdiff_t k = 0;
  do {
    const ptrdiff_t inner = smaller(RM_INNER_BLOCK, p->inner - k);
    merge_rounded(
        samples, p->base, (const uint16_t *const *)p->task_vectors,
        n * rounded_panel_words(p->inner) + k * RM_PANEL, p->experts, weights,
        rounded_panel_words(inner), merged, RM_INNER_BLOCK * RM_PANEL);
    const bool more = k + inner < p->inner || n + 1 < p->end_panel;
    Ahead ahead = ahead_of(
        p->base, p->task_vectors, 1 + p->experts,
        (n * rounded_panel_words(p->inner) + (k + inner) * RM_PANEL) * (ptrdiff_t)sizeof(uint16_t),
        more ? BLOCK_BYTES(uint16_t) : 0, samples * tiles_of(p->tokens), (inner + 1) / 2);
    for (ptrdiff_t s = 0; s < samples; s++) {
      const Finish finish = {
          .bias = biased ? biases + s * RM_PANEL : NULL,
          .scale = 1,
          .activation = p->activation,
          .accumulate = p->accumulate};
      const ptrdiff_t row = (sample + s) * p->tokens;
      rounded_panel_block(
          x + s * p->tokens * x_stride + k, x_stride, p->tokens,
          merged + s * RM_INNER_BLOCK * RM_PANEL, inner, width, k == 0, k + inner >= p->inner,
          &ahead, partial + s * p->tokens * RM_PANEL, &finish, p->c + row * p->c_stride + column,
          p->c_stride);
    }
    k += inner;
  } while (k < p->inner);
}

static void merged_product_bf16(const RMMergedProduct *p) {
  const ptrdiff_t merged_count = SAMPLES_AT_ONCE * RM_INNER_BLOCK * RM_PANEL;
  const ptrdiff_t rows_at_once = smaller(SAMPLES_AT_ONCE, p->samples) * p->tokens;
  float *partial = rm_scratch(
      (size_t)(rows_at_once * RM_PANEL) * sizeof(float) + (size_t)merged_count * sizeof(uint16_t) +
      (size_t)(rows_at_once * rounded_stride(p->inner)) * sizeof(Rounded));
  uint16_t *merged = (uint16_t *)(partial + rows_at_once * RM_PANEL);
  Rounded *x = (Rounded *)(merged + merged_count);
  for (ptrdiff_t sample = 0; sample < p->samples; sample += SAMPLES_AT_ONCE) {
    const ptrdiff_t samples = smaller(SAMPLES_AT_ONCE, p->samples - sample);
    round_rows(
        p->x + sample * p->tokens * p->x_stride, p->x_stride, samples * p->tokens, p->inner, x);
    for (ptrdiff_t n = p->first_panel; n < p->end_panel; n++)
      merged_rounded_panel(p, n, x, sample, samples, merged, partial);
  }
}
