// Loops over elements. A part of KernelBody.h.

static void exponential(float *x, ptrdiff_t count) {
  ptrdiff_t i = 0;
  for (; i + LANES <= count; i += LANES) store(x + i, vector_exp(load(x + i)));
  if (i < count) store_some(x + i, vector_exp(load_some(x + i, count - i)), count - i);
}

INLINE void activate_loop(const int32_t activation, float *x, ptrdiff_t count) {
  ptrdiff_t i = 0;
  for (; i + LANES <= count; i += LANES) store(x + i, activated(activation, load(x + i)));
  if (i < count) {
    const V v = activated(activation, load_some(x + i, count - i));
    store_some(x + i, v, count - i);
  }
}

static void activate(int32_t activation, float *x, ptrdiff_t count) {
  switch (activation) {
    case RM_QUICK_GELU: activate_loop(RM_QUICK_GELU, x, count); break;
    case RM_GELU: activate_loop(RM_GELU, x, count); break;
    case RM_RELU: activate_loop(RM_RELU, x, count); break;
    case RM_TANH_GELU: activate_loop(RM_TANH_GELU, x, count); break;
    default: break;
  }
}

INLINE void slope_loop(
    const int32_t activation, const float *x, const float *dy, float *dx, ptrdiff_t count) {
  ptrdiff_t i = 0;
  for (; i + LANES <= count; i += LANES)
    store(dx + i, load(dy + i) * activation_slope(activation, load(x + i)));
  if (i < count) {
    const ptrdiff_t rest = count - i;
    const V slope = activation_slope(activation, load_some(x + i, rest));
    store_some(dx + i, load_some(dy + i, rest) * slope, rest);
  }
}

static void activate_backward(
    int32_t activation, const float *x, const float *dy, float *dx, ptrdiff_t count) {
  switch (activation) {
    case RM_QUICK_GELU: slope_loop(RM_QUICK_GELU, x, dy, dx, count); break;
    case RM_GELU: slope_loop(RM_GELU, x, dy, dx, count); break;
    case RM_RELU: slope_loop(RM_RELU, x, dy, dx, count); break;
    case RM_TANH_GELU: slope_loop(RM_TANH_GELU, x, dy, dx, count); break;
    default: slope_loop(RM_IDENTITY, x, dy, dx, count); break;
  }
}

static void axpy(float factor, const float *x, float *y, ptrdiff_t count) {
  const V f = splat(factor);
  ptrdiff_t i = 0;
  for (; i + LANES <= count; i += LANES) store(y + i, FMA(f, load(x + i), load(y + i)));
  if (i < count) {
    const ptrdiff_t rest = count - i;
    store_some(y + i, FMA(f, load_some(x + i, rest), load_some(y + i, rest)), rest);
  }
}

static void scale(float factor, float *x, ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; i++) x[i] *= factor;
}

INLINE double sum_of_double_lanes(const D *v) {
  double lanes[LANES];
  memcpy(lanes, v, sizeof lanes);
  for (int step = LANES / 2; step > 0; step /= 2)
    for (int i = 0; i < step; i++) lanes[i] += lanes[i + step];
  return lanes[0];
}

static double dot(const float *x, const float *y, ptrdiff_t count) {
  D total = {0};
  ptrdiff_t i = 0;
  for (; i + LANES <= count; i += LANES)
    total += __builtin_convertvector(load(x + i), D) * __builtin_convertvector(load(y + i), D);
  if (i < count) {
    const ptrdiff_t rest = count - i;
    total += __builtin_convertvector(load_some(x + i, rest), D) *
             __builtin_convertvector(load_some(y + i, rest), D);
  }
  return sum_of_double_lanes(&total);
}

static double sum(const float *x, ptrdiff_t count) {
  D total = {0};
  ptrdiff_t i = 0;
  for (; i + LANES <= count; i += LANES) total += __builtin_convertvector(load(x + i), D);
  if (i < count) total += __builtin_convertvector(load_some(x + i, count - i), D);
  return sum_of_double_lanes(&total);
}

static void sum_rows(
    const float *x, ptrdiff_t rows, ptrdiff_t width, ptrdiff_t stride, float *y) {
  for (ptrdiff_t row = 0; row < rows; row++) axpy(1.0f, x + row * stride, y, width);
}

INLINE V adamw_step(const RMAdamW *o, V p, V gradient, V *first, V *second) {
  const V g = gradient * o->gradient_scale;
  *first = FMA(*first, splat(o->beta1), g * (1.0f - o->beta1));
  *second = FMA(*second, splat(o->beta2), g * g * (1.0f - o->beta2));
  const V root = __builtin_elementwise_sqrt(*second / o->correction2);
  const V decayed = p * (1.0f - o->rate * o->decay);
  return decayed - (o->rate / o->correction1) * *first / (root + o->epsilon);
}

static void adamw(
    const RMAdamW *options, float *parameter, const float *gradient, float *first, float *second,
    ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; i += LANES) {
    const ptrdiff_t rest = count - i < LANES ? count - i : LANES;
    const bool whole = rest == LANES;
    V m = whole ? load(first + i) : load_some(first + i, rest);
    V v = whole ? load(second + i) : load_some(second + i, rest);
    const V p = whole ? load(parameter + i) : load_some(parameter + i, rest);
    const V g = whole ? load(gradient + i) : load_some(gradient + i, rest);
    const V updated = adamw_step(options, p, g, &m, &v);
    if (whole) {
      store(first + i, m), store(second + i, v), store(parameter + i, updated);
    } else {
      store_some(first + i, m, rest), store_some(second + i, v, rest);
      store_some(parameter + i, updated, rest);
    }
  }
}

/// Chains of fused multiply-adds that do not depend on each other, enough to hide their latency.
static double spin(int64_t iterations, float *out) {
  enum { CHAINS = 12 };
  V chains[CHAINS];
  for (int c = 0; c < CHAINS; c++) chains[c] = splat((float)c);
  const V a = splat(out[0]), b = splat(out[1]);
  for (int64_t i = 0; i < iterations; i++) {
#pragma clang loop unroll(full)
    for (int c = 0; c < CHAINS; c++) chains[c] = FMA(chains[c], a, b);
  }
  V total = {0};
  for (int c = 0; c < CHAINS; c++) total += chains[c];
  out[0] = sum_of_lanes(total);
  return 2.0 * LANES * CHAINS * (double)iterations;
}
