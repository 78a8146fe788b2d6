// Matrix products. A part of KernelBody.h.
//
// Every sum over K is taken in blocks of RM_INNER_BLOCK: within a block one chain of multiply-adds
// from zero in the order of k, and the blocks' sums added in order. No tile size enters, so the bits
// of an element depend on its row of A, its column of B and K alone.

#define SUBPANEL (TILE_VECTORS * LANES)
/// The size of a block of K in a panel.
#define BLOCK_BYTES(type) (RM_INNER_BLOCK * RM_PANEL * (ptrdiff_t)sizeof(type))

INLINE ptrdiff_t tiles_of(ptrdiff_t rows) { return (rows + TILE_ROWS - 1) / TILE_ROWS; }

/// A register tile and where it goes. One row of `prior` is RM_PANEL elements.
typedef struct {
  const float *prior;  // sums of the earlier blocks, or null
  const float *bias;   // of these columns, or null
  float scale;
  bool accumulate;     // adds to what is in c
  float *c;
  ptrdiff_t c_stride;
} Target;

/// Puts a sum of row r and vector v of a tile where it goes.
INLINE void put(V sum, const int r, const int v, const Target *target) {
  if (target->scale != 1.0f) sum *= target->scale;
  if (target->prior) sum = load(target->prior + r * RM_PANEL + v * LANES) + sum;
  if (target->bias) sum += load(target->bias + v * LANES);
  float *c = target->c + r * target->c_stride + v * LANES;
  if (target->accumulate) sum = load(c) + sum;
  store(c, sum);
}

/// c[mr, nv * LANES] = scale * (prior + A B) + bias (+ c). `b` has RM_PANEL elements a row. Row r of A
/// is a[r * a_stride + k], or a[r + k * a_stride] when A is `transposed`.
INLINE void tile(
    const int mr, const int nv, const bool transposed, const float *a, ptrdiff_t a_stride,
    const float *b, ptrdiff_t inner, AheadPieces ahead, const Target *target) {
  // Constant sizes: arrays of variable length would live on the stack.
  V sums[TILE_ROWS][TILE_VECTORS];
  _Pragma("clang loop unroll(full)") for (int r = 0; r < mr; r++)
    _Pragma("clang loop unroll(full)") for (int v = 0; v < nv; v++) sums[r][v] = (V){0};
  _Pragma("clang loop unroll(disable)") for (ptrdiff_t k = 0; k < inner; k++) {
    V row[TILE_VECTORS];
    _Pragma("clang loop unroll(full)") for (int v = 0; v < nv; v++) row[v] = load(b + v * LANES);
    _Pragma("clang loop unroll(full)") for (int r = 0; r < mr; r++) {
      const V factor = splat(transposed ? a[r] : a[r * a_stride]);
      _Pragma("clang loop unroll(full)") for (int v = 0; v < nv; v++)
        sums[r][v] = FMA(factor, row[v], sums[r][v]);
    }
    if (!transposed) bring_ahead(&ahead);
    b += RM_PANEL;
    a += transposed ? a_stride : 1;
  }
  _Pragma("clang loop unroll(full)") for (int r = 0; r < mr; r++)
    _Pragma("clang loop unroll(full)") for (int v = 0; v < nv; v++)
      put(sums[r][v], r, v, target);
}

INLINE void tile_of_width(
    const int nv, const bool transposed, ptrdiff_t mr, const float *a, ptrdiff_t a_stride,
    const float *b, ptrdiff_t inner, AheadPieces ahead, const Target *target) {
  switch (mr) {
#define RM_CASE(n) case n: tile(n, nv, transposed, a, a_stride, b, inner, ahead, target); break;
    RM_CASE(1) RM_CASE(2) RM_CASE(3) RM_CASE(4) RM_CASE(5) RM_CASE(6)
#if TILE_ROWS > 6
    RM_CASE(7) RM_CASE(8) RM_CASE(9) RM_CASE(10) RM_CASE(11) RM_CASE(12) RM_CASE(13) RM_CASE(14)
#endif
#undef RM_CASE
    default: __builtin_unreachable();
  }
}

static __attribute__((noinline)) void wide_tile(
    ptrdiff_t mr, const float *a, ptrdiff_t a_stride, const float *b, ptrdiff_t inner,
    AheadPieces ahead, const Target *target) {
  tile_of_width(TILE_VECTORS, false, mr, a, a_stride, b, inner, ahead, target);
}

static __attribute__((noinline)) void wide_transposed_tile(
    ptrdiff_t mr, const float *a, ptrdiff_t a_stride, const float *b, ptrdiff_t inner,
    AheadPieces ahead, const Target *target) {
  tile_of_width(TILE_VECTORS, true, mr, a, a_stride, b, inner, ahead, target);
}

static __attribute__((noinline)) void narrow_tile(
    ptrdiff_t mr, const float *a, ptrdiff_t a_stride, const float *b, ptrdiff_t inner,
    AheadPieces ahead, const Target *target) {
  tile_of_width(1, false, mr, a, a_stride, b, inner, ahead, target);
}

static __attribute__((noinline)) void narrow_transposed_tile(
    ptrdiff_t mr, const float *a, ptrdiff_t a_stride, const float *b, ptrdiff_t inner,
    AheadPieces ahead, const Target *target) {
  tile_of_width(1, true, mr, a, a_stride, b, inner, ahead, target);
}

/// What becomes of a sum: c (+)= act(scale * sum + bias). `bias` has a whole panel.
typedef struct {
  const float *bias;
  float scale;
  int32_t activation;
  bool accumulate;
} Finish;

INLINE void finish_rows(
    const int32_t activation, ptrdiff_t rows, ptrdiff_t width, const float *sums, bool accumulate,
    float *c, ptrdiff_t c_stride) {
  for (ptrdiff_t r = 0; r < rows; r++) {
    const float *source = sums + r * RM_PANEL;
    float *target = c + r * c_stride;
    ptrdiff_t j = 0;
    for (; j + LANES <= width; j += LANES) {
      const V v = activated(activation, load(source + j));
      store(target + j, accumulate ? load(target + j) + v : v);
    }
    if (j < width) {
      const V v = activated(activation, load(source + j));
      const ptrdiff_t rest = width - j;
      store_some(target + j, accumulate ? load_some(target + j, rest) + v : v, rest);
    }
  }
}

static __attribute__((noinline)) void finish_tile(
    int32_t activation, ptrdiff_t rows, ptrdiff_t width, const float *sums, bool accumulate,
    float *c, ptrdiff_t c_stride) {
  switch (activation) {
    case RM_QUICK_GELU:
      finish_rows(RM_QUICK_GELU, rows, width, sums, accumulate, c, c_stride);
      break;
    case RM_GELU: finish_rows(RM_GELU, rows, width, sums, accumulate, c, c_stride); break;
    case RM_RELU: finish_rows(RM_RELU, rows, width, sums, accumulate, c, c_stride); break;
    case RM_TANH_GELU:
      finish_rows(RM_TANH_GELU, rows, width, sums, accumulate, c, c_stride);
      break;
    default: finish_rows(RM_IDENTITY, rows, width, sums, accumulate, c, c_stride); break;
  }
}

/// Where the tile at `row` and `column` of a panel goes: to `partial` until the last block of K, then
/// `direct` to c, or to `sums` when the tile is still to be activated or cut.
INLINE Target target_of(
    bool first, bool last, bool direct, ptrdiff_t row, ptrdiff_t column, float *partial,
    const Finish *finish, float *sums, float *c, ptrdiff_t c_stride) {
  Target target = {.scale = finish->scale};
  if (!first) target.prior = partial + row * RM_PANEL + column;
  if (!last) {
    target.c = partial + row * RM_PANEL + column, target.c_stride = RM_PANEL;
  } else {
    if (finish->bias) target.bias = finish->bias + column;
    target.c = direct ? c : sums;
    target.c_stride = direct ? c_stride : RM_PANEL;
    target.accumulate = direct && finish->accumulate;
  }
  return target;
}

/// One block of K for `rows` rows of A and the first `width` columns of a panel. Unless it is the
/// `last` block the sums go to `partial` [rows, RM_PANEL]; unless it is the `first` they start there.
static void panel_block(
    const float *a, ptrdiff_t a_stride, bool transposed, ptrdiff_t rows, const float *panel,
    ptrdiff_t inner, ptrdiff_t width, bool first, bool last, Ahead *ahead, float *partial,
    const Finish *finish, float *c, ptrdiff_t c_stride) {
  float sums[TILE_ROWS * RM_PANEL] __attribute__((aligned(64)));
  const ptrdiff_t tiles = tiles_of(rows);
  for (ptrdiff_t column = 0; column < width; column += SUBPANEL) {
    const ptrdiff_t columns = width - column < SUBPANEL ? width - column : SUBPANEL;
    const bool narrow = columns <= LANES;
    const ptrdiff_t computed = narrow ? LANES : SUBPANEL;
    // Tiles of nearly equal height: a remainder of one or two rows would waste most of its tile.
    for (ptrdiff_t t = 0; t < tiles; t++) {
      const ptrdiff_t row = rows * t / tiles, mr = rows * (t + 1) / tiles - row;
      const bool direct = last && finish->activation == RM_IDENTITY && columns == computed;
      Target target = target_of(
          first, last, direct, row, column, partial, finish, sums,
          c + row * c_stride + column, c_stride);
      const float *b = panel + column;
      const AheadPieces pieces = next_pieces(ahead, b);
      if (transposed) {
        const float *source = a + row * inner;
        if (narrow) narrow_transposed_tile(mr, source, mr, b, inner, pieces, &target);
        else wide_transposed_tile(mr, source, mr, b, inner, pieces, &target);
      } else {
        const float *source = a + row * a_stride;
        if (narrow) narrow_tile(mr, source, a_stride, b, inner, pieces, &target);
        else wide_tile(mr, source, a_stride, b, inner, pieces, &target);
      }
      if (last && !direct)
        finish_tile(
            finish->activation, mr, columns, sums, finish->accumulate,
            c + row * c_stride + column, c_stride);
    }
  }
}

/// Rows of A that are taken together: as many as stay in the second-level cache.
INLINE ptrdiff_t rows_in_cache(ptrdiff_t inner) {
  const ptrdiff_t fitting = (768 << 10) / 4 / (inner > 0 ? inner : 1);
  const ptrdiff_t bounded = fitting < 84 ? 84 : fitting > 336 ? 336 : fitting;
  return bounded / TILE_ROWS * TILE_ROWS;
}

INLINE ptrdiff_t smaller(ptrdiff_t a, ptrdiff_t b) { return a < b ? a : b; }

/// Whether the rows of a tile fall on the same few sets of the first-level cache.
INLINE bool rows_collide(ptrdiff_t stride, ptrdiff_t inner) {
  return stride % 512 == 0 && inner >= 512;
}

/// A row stride without that fault: an odd number of cache lines.
INLINE ptrdiff_t spread_stride(ptrdiff_t inner) { return (inner + 31) / 32 * 32 + 16; }

static void copy_rows(
    const float *a, ptrdiff_t a_stride, ptrdiff_t rows, ptrdiff_t inner, float *copy) {
  for (ptrdiff_t row = 0; row < rows; row++)
    memcpy(copy + row * spread_stride(inner), a + row * a_stride, (size_t)inner * sizeof(float));
}

/// The bias of one panel, copied to `panel` with zeros beyond `width`; null when there is none.
INLINE const float *panel_bias(
    const float *bias, ptrdiff_t column, ptrdiff_t width, float *panel) {
  if (!bias) return NULL;
  memset(panel, 0, RM_PANEL * sizeof(float));
  memcpy(panel, bias + column, (size_t)width * sizeof(float));
  return panel;
}

static void packed_product(const RMPackedProduct *p) {
  const ptrdiff_t rows_at_once = smaller(rows_in_cache(p->inner), p->rows);
  const bool copied =
      rows_collide(p->a_stride, p->inner) && p->end_panel - p->first_panel >= 4 && p->rows > 1;
  const ptrdiff_t copy_count = copied ? rows_at_once * spread_stride(p->inner) : 0;
  float *partial = rm_scratch((size_t)(rows_at_once * RM_PANEL + copy_count) * sizeof(float));
  float *copy = partial + rows_at_once * RM_PANEL;
  float bias[RM_PANEL] __attribute__((aligned(64)));
  for (ptrdiff_t row = 0; row < p->rows; row += rows_at_once) {
    const ptrdiff_t rows = smaller(rows_at_once, p->rows - row);
    const float *a = p->a + row * p->a_stride;
    if (copied) copy_rows(a, p->a_stride, rows, p->inner, copy), a = copy;
    const ptrdiff_t a_stride = copied ? spread_stride(p->inner) : p->a_stride;
    for (ptrdiff_t n = p->first_panel; n < p->end_panel; n++) {
      const ptrdiff_t column = n * RM_PANEL, width = smaller(RM_PANEL, p->columns - column);
      const float *panel = (const float *)p->panels + n * p->inner * RM_PANEL;
      const Finish finish = {
          .bias = panel_bias(p->bias, column, width, bias),
          .scale = 1,
          .activation = p->activation,
          .accumulate = p->accumulate};
      ptrdiff_t k = 0;
      do {
        const ptrdiff_t inner = smaller(RM_INNER_BLOCK, p->inner - k);
        // Panels lie behind each other, so the next block of K is behind this one.
        const bool more = k + inner < p->inner || n + 1 < p->end_panel;
        Ahead ahead = ahead_of(
            panel + (k + inner) * RM_PANEL, NULL, 1, 0, more ? BLOCK_BYTES(float) : 0,
            tiles_of(rows), inner);
        panel_block(
            a + k, a_stride, false, rows, panel + k * RM_PANEL, inner, width, k == 0,
            k + inner >= p->inner, &ahead, partial, &finish,
            p->c + row * p->c_stride + column, p->c_stride);
        k += inner;
      } while (k < p->inner);
    }
  }
}

typedef float Four __attribute__((vector_size(16)));
typedef float UnalignedFour __attribute__((vector_size(16), aligned(4), may_alias));

/// target[k][c] = source[c][k] for four rows c and four columns k.
INLINE void transpose_4x4(const float *source, ptrdiff_t stride, float *target) {
  const Four a = *(const UnalignedFour *)source;
  const Four b = *(const UnalignedFour *)(source + stride);
  const Four c = *(const UnalignedFour *)(source + 2 * stride);
  const Four d = *(const UnalignedFour *)(source + 3 * stride);
  const Four ab = __builtin_shufflevector(a, b, 0, 4, 1, 5);
  const Four cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
  const Four ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  const Four cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  *(UnalignedFour *)target = __builtin_shufflevector(ab, cd, 0, 1, 4, 5);
  *(UnalignedFour *)(target + RM_PANEL) = __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
  *(UnalignedFour *)(target + 2 * RM_PANEL) = __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5);
  *(UnalignedFour *)(target + 3 * RM_PANEL) = __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7);
}

/// panels[width / RM_PANEL][inner][RM_PANEL] from B, zeros beyond `width`.
static void pack_panels(
    const float *b, ptrdiff_t b_row, ptrdiff_t b_column, ptrdiff_t inner, ptrdiff_t width,
    float *panels) {
  for (ptrdiff_t j = 0; j < width; j += RM_PANEL) {
    const ptrdiff_t columns = smaller(RM_PANEL, width - j);
    const float *source = b + j * b_column;
    if (columns < RM_PANEL) memset(panels, 0, (size_t)inner * RM_PANEL * sizeof(float));
    if (b_column == 1) {
      for (ptrdiff_t k = 0; k < inner; k++) {
        if (columns == RM_PANEL) memcpy(panels + k * RM_PANEL, source + k * b_row, RM_PANEL * 4);
        else memcpy(panels + k * RM_PANEL, source + k * b_row, (size_t)columns * 4);
      }
    } else {
      // Sixteen rows at a time, so that the lines written stay in the first-level cache.
      for (ptrdiff_t k0 = 0; k0 < inner; k0 += 16) {
        const ptrdiff_t end = smaller(inner, k0 + 16);
        const bool blocks = b_row == 1 && end - k0 == 16;
        const ptrdiff_t blocked = blocks ? columns / 4 * 4 : 0;
        for (ptrdiff_t c = 0; c < blocked; c += 4)
          for (ptrdiff_t k = k0; k < end; k += 4)
            transpose_4x4(source + c * b_column + k, b_column, panels + k * RM_PANEL + c);
        for (ptrdiff_t c = blocked; c < columns; c++)
          for (ptrdiff_t k = k0; k < end; k++)
            panels[k * RM_PANEL + c] = source[k * b_row + c * b_column];
      }
    }
    panels += inner * RM_PANEL;
  }
}

/// For each tile of rows, as panel_block cuts them, [inner][rows of the tile].
static void pack_transposed_tiles(
    const float *a, ptrdiff_t a_row, ptrdiff_t a_column, ptrdiff_t rows, ptrdiff_t inner,
    float *packed) {
  const ptrdiff_t tiles = tiles_of(rows);
  for (ptrdiff_t t = 0; t < tiles; t++) {
    const ptrdiff_t row = rows * t / tiles, mr = rows * (t + 1) / tiles - row;
    const float *source = a + row * a_row;
    for (ptrdiff_t k = 0; k < inner; k++, packed += mr)
      for (ptrdiff_t r = 0; r < mr; r++) packed[r] = source[r * a_row + k * a_column];
  }
}

static void product(const RMProduct *p) {
  enum { ROWS = 336, COLUMNS = 1024 };
  const ptrdiff_t columns_at_once =
      (smaller(COLUMNS, p->columns) + RM_PANEL - 1) / RM_PANEL * RM_PANEL;
  const bool transposed = p->a_column != 1;
  float *panels = rm_scratch(
      (size_t)(columns_at_once * RM_INNER_BLOCK + ROWS * RM_INNER_BLOCK) * sizeof(float));
  float *packed = panels + columns_at_once * RM_INNER_BLOCK;
  for (ptrdiff_t column = 0; column < p->columns; column += columns_at_once) {
    const ptrdiff_t columns = smaller(columns_at_once, p->columns - column);
    ptrdiff_t k = 0;
    do {
      const ptrdiff_t inner = smaller(RM_INNER_BLOCK, p->inner - k);
      const float *b = p->b + k * p->b_row + column * p->b_column;
      pack_panels(b, p->b_row, p->b_column, inner, columns, panels);
      // The sums of later blocks are added to C.
      const Finish finish = {.scale = p->scale, .accumulate = p->accumulate || k > 0};
      for (ptrdiff_t row = 0; row < p->rows; row += ROWS) {
        const ptrdiff_t rows = smaller(ROWS, p->rows - row);
        const float *a = p->a + row * p->a_row + k * p->a_column;
        if (transposed) pack_transposed_tiles(a, p->a_row, p->a_column, rows, inner, packed);
        Ahead ahead = {0};  // Packed a moment ago, so near already.
        for (ptrdiff_t j = 0; j < columns; j += RM_PANEL)
          panel_block(
              transposed ? packed : a, p->a_row, transposed, rows, panels + j * inner, inner,
              smaller(RM_PANEL, columns - j), true, true, &ahead, NULL, &finish,
              p->c + row * p->c_stride + column + j, p->c_stride);
      }
      k += inner;
    } while (k < p->inner);
  }
}

enum { SAMPLES_AT_ONCE = 8 };

/// merged[s] = base + sum_e weights[s, e] * task_vectors[e] over `count` elements, a multiple of LANES;
/// one chain of multiply-adds in the order of e, whatever `samples` is.
INLINE void merge_loop(
    const int samples, const float *base, const float *const *task_vectors, ptrdiff_t offset,
    ptrdiff_t experts, const float *weights, ptrdiff_t count, float *merged,
    ptrdiff_t merged_stride) {
  for (ptrdiff_t i = 0; i < count; i += LANES) {
    const V start = load(base + offset + i);
    V values[SAMPLES_AT_ONCE];
    _Pragma("clang loop unroll(full)") for (int s = 0; s < samples; s++) values[s] = start;
    for (ptrdiff_t e = 0; e < experts; e++) {
      const V expert = load(task_vectors[e] + offset + i);
      _Pragma("clang loop unroll(full)") for (int s = 0; s < samples; s++)
        values[s] = FMA(splat(weights[s * experts + e]), expert, values[s]);
    }
    _Pragma("clang loop unroll(full)") for (int s = 0; s < samples; s++)
      store(merged + s * merged_stride + i, values[s]);
  }
}

static __attribute__((noinline)) void merge(
    ptrdiff_t samples, const float *base, const float *const *task_vectors, ptrdiff_t offset,
    ptrdiff_t experts, const float *weights, ptrdiff_t count, float *merged,
    ptrdiff_t merged_stride) {
  switch (samples) {
#define RM_CASE(n) \
  case n: merge_loop(n, base, task_vectors, offset, experts, weights, count, merged, merged_stride); break;
    RM_CASE(1) RM_CASE(2) RM_CASE(3) RM_CASE(4) RM_CASE(5) RM_CASE(6) RM_CASE(7) RM_CASE(8)
#undef RM_CASE
    default: __builtin_unreachable();
  }
}

/// The biases of one panel, merged as the weights are; zeros beyond `width`.
INLINE void merge_bias(
    const RMMergedProduct *p, const float *weights, ptrdiff_t column, ptrdiff_t width, float *bias) {
  memset(bias, 0, RM_PANEL * sizeof(float));
  if (p->base_bias) memcpy(bias, p->base_bias + column, (size_t)width * sizeof(float));
  if (!p->task_vector_biases) return;
  for (ptrdiff_t e = 0; e < p->experts; e++) {
    for (ptrdiff_t j = 0; j < width; j += LANES) {
      const float *source = p->task_vector_biases[e] + column + j;
      const V expert = width - j >= LANES ? load(source) : load_some(source, width - j);
      store(bias + j, FMA(splat(weights[e]), expert, load(bias + j)));
    }
  }
}

static void merged_panel(
    const RMMergedProduct *p, ptrdiff_t n, const float *x, ptrdiff_t x_stride, ptrdiff_t sample,
    ptrdiff_t samples, float *merged, float *partial) {
  const ptrdiff_t column = n * RM_PANEL, width = smaller(RM_PANEL, p->columns - column);
  const float *weights = p->weights + sample * p->experts;
  const bool biased = p->base_bias || p->task_vector_biases;
  float biases[SAMPLES_AT_ONCE * RM_PANEL] __attribute__((aligned(64)));
  if (biased)
    for (ptrdiff_t s = 0; s < samples; s++)
      merge_bias(p, weights + s * p->experts, column, width, biases + s * RM_PANEL);
  ptrdiff_t k = 0;
  do {
    const ptrdiff_t inner = smaller(RM_INNER_BLOCK, p->inner - k);
    merge(
        samples, p->base, (const float *const *)p->task_vectors, (n * p->inner + k) * RM_PANEL,
        p->experts, weights, inner * RM_PANEL, merged, RM_INNER_BLOCK * RM_PANEL);
    const bool more = k + inner < p->inner || n + 1 < p->end_panel;
    Ahead ahead = ahead_of(
        p->base, p->task_vectors, 1 + p->experts,
        (n * p->inner + k + inner) * RM_PANEL * (ptrdiff_t)sizeof(float),
        more ? BLOCK_BYTES(float) : 0, samples * tiles_of(p->tokens), inner);
    for (ptrdiff_t s = 0; s < samples; s++) {
      const Finish finish = {
          .bias = biased ? biases + s * RM_PANEL : NULL,
          .scale = 1,
          .activation = p->activation,
          .accumulate = p->accumulate};
      const ptrdiff_t row = (sample + s) * p->tokens;
      panel_block(
          x + s * p->tokens * x_stride + k, x_stride, false, p->tokens,
          merged + s * RM_INNER_BLOCK * RM_PANEL, inner, width, k == 0, k + inner >= p->inner,
          &ahead, partial + s * p->tokens * RM_PANEL, &finish, p->c + row * p->c_stride + column,
          p->c_stride);
    }
    k += inner;
  } while (k < p->inner);
}

static void merged_product(const RMMergedProduct *p) {
  const ptrdiff_t merged_count = SAMPLES_AT_ONCE * RM_INNER_BLOCK * RM_PANEL;
  const ptrdiff_t rows_at_once = smaller(SAMPLES_AT_ONCE, p->samples) * p->tokens;
  const bool copied =
      rows_collide(p->x_stride, p->inner) && p->end_panel - p->first_panel >= 4;
  const ptrdiff_t copy_count = copied ? rows_at_once * spread_stride(p->inner) : 0;
  float *merged = rm_scratch(
      (size_t)(merged_count + rows_at_once * RM_PANEL + copy_count) * sizeof(float));
  float *partial = merged + merged_count, *copy = partial + rows_at_once * RM_PANEL;
  for (ptrdiff_t sample = 0; sample < p->samples; sample += SAMPLES_AT_ONCE) {
    const ptrdiff_t samples = smaller(SAMPLES_AT_ONCE, p->samples - sample);
    const float *x = p->x + sample * p->tokens * p->x_stride;
    if (copied) copy_rows(x, p->x_stride, samples * p->tokens, p->inner, copy), x = copy;
    const ptrdiff_t x_stride = copied ? spread_stride(p->inner) : p->x_stride;
    for (ptrdiff_t n = p->first_panel; n < p->end_panel; n++)
      merged_panel(p, n, x, x_stride, sample, samples, merged, partial);
  }
}
