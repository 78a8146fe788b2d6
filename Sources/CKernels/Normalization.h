// Layer normalisation and softmax. A part of KernelBody.h.

INLINE V load_upto(const float *p, ptrdiff_t rest) {
  return rest >= LANES ? load(p) : load_some(p, rest);
}

INLINE void store_upto(float *p, V v, ptrdiff_t rest) {
  if (rest >= LANES)
    store(p, v);
  else
    store_some(p, v, rest);
}

/// The first `rest` lanes of v; zeros elsewhere.
INLINE V keep(V v, ptrdiff_t rest) {
  if (rest >= LANES) return v;
  V kept = {0};
  memcpy(&kept, &v, (size_t)rest * sizeof(float));
  return kept;
}

static void layer_norm(
    const float *x, ptrdiff_t rows, ptrdiff_t width, ptrdiff_t stride, const float *gamma,
    const float *beta, float epsilon, float *y, ptrdiff_t y_stride, float *means, float *rstds) {
  for (ptrdiff_t row = 0; row < rows; row++) {
    const float *source = x + row * stride;
    float *target = y + row * y_stride;
    V total = {0};
    for (ptrdiff_t i = 0; i < width; i += LANES) total += load_upto(source + i, width - i);
    const float rough = sum_of_lanes(total) / (float)width;
    // The second pass also sums the deviations: what is left over corrects the rough mean.
    V deviations = {0}, squares = {0};
    for (ptrdiff_t i = 0; i < width; i += LANES) {
      const V d = keep(load_upto(source + i, width - i) - rough, width - i);
      deviations += d;
      squares = FMA(d, d, squares);
    }
    const float correction = sum_of_lanes(deviations) / (float)width;
    const float mean = rough + correction;
    float variance = sum_of_lanes(squares) / (float)width - correction * correction;
    if (variance < 0) variance = 0;
    const float rstd = 1.0f / __builtin_elementwise_sqrt(variance + epsilon);
    for (ptrdiff_t i = 0; i < width; i += LANES) {
      const ptrdiff_t rest = width - i;
      const V normal = (load_upto(source + i, rest) - mean) * rstd;
      const V v = FMA(normal, load_upto(gamma + i, rest), load_upto(beta + i, rest));
      store_upto(target + i, v, rest);
    }
    if (means) means[row] = mean;
    if (rstds) rstds[row] = rstd;
  }
}

static void layer_norm_backward(
    const float *dy, ptrdiff_t dy_stride, const float *x, ptrdiff_t x_stride, ptrdiff_t rows,
    ptrdiff_t width, const float *means, const float *rstds, const float *gamma, float *dx,
    ptrdiff_t dx_stride, float *dgamma, float *dbeta) {
  for (ptrdiff_t row = 0; row < rows; row++) {
    const float *upstream = dy + row * dy_stride, *source = x + row * x_stride;
    float *target = dx + row * dx_stride;
    const float mean = means[row], rstd = rstds[row];
    V sum_g = {0}, sum_gn = {0};
    for (ptrdiff_t i = 0; i < width; i += LANES) {
      const ptrdiff_t rest = width - i;
      const V d = load_upto(upstream + i, rest);
      const V normal = keep((load_upto(source + i, rest) - mean) * rstd, rest);
      const V g = d * load_upto(gamma + i, rest);
      sum_g += g;
      sum_gn = FMA(g, normal, sum_gn);
      store_upto(dgamma + i, FMA(d, normal, load_upto(dgamma + i, rest)), rest);
      store_upto(dbeta + i, load_upto(dbeta + i, rest) + d, rest);
    }
    const float mean_g = sum_of_lanes(sum_g) / (float)width;
    const float mean_gn = sum_of_lanes(sum_gn) / (float)width;
    for (ptrdiff_t i = 0; i < width; i += LANES) {
      const ptrdiff_t rest = width - i;
      const V normal = (load_upto(source + i, rest) - mean) * rstd;
      const V g = load_upto(upstream + i, rest) * load_upto(gamma + i, rest);
      const V d = (g - mean_g - normal * mean_gn) * rstd;
      store_upto(target + i, load_upto(target + i, rest) + d, rest);
    }
  }
}

static void softmax(float *x, ptrdiff_t rows, ptrdiff_t width, ptrdiff_t stride) {
  for (ptrdiff_t row = 0; row < rows; row++) {
    float *values = x + row * stride;
    V largest = splat(values[0]);
    ptrdiff_t i = 0;
    for (; i + LANES <= width; i += LANES) {
      const V v = load(values + i);
      largest = select_lanes(v > largest, v, largest);
    }
    float lanes[LANES];
    memcpy(lanes, &largest, sizeof largest);
    float top = values[0];
    for (int l = 0; l < LANES; l++) top = lanes[l] > top ? lanes[l] : top;
    for (; i < width; i++) top = values[i] > top ? values[i] : top;
    V total = {0};
    for (i = 0; i < width; i += LANES) {
      const ptrdiff_t rest = width - i;
      const V e = keep(vector_exp(load_upto(values + i, rest) - top), rest);
      total += e;
      store_upto(values + i, e, rest);
    }
    const float reciprocal = 1.0f / sum_of_lanes(total);
    for (i = 0; i < width; i++) values[i] *= reciprocal;
  }
}

static void softmax_backward(
    const float *p, const float *dp, ptrdiff_t rows, ptrdiff_t width, ptrdiff_t stride, float *ds) {
  for (ptrdiff_t row = 0; row < rows; row++) {
    const float *weights = p + row * stride, *upstream = dp + row * stride;
    float *target = ds + row * stride;
    V total = {0};
    for (ptrdiff_t i = 0; i < width; i += LANES) {
      const ptrdiff_t rest = width - i;
      total = FMA(load_upto(weights + i, rest), load_upto(upstream + i, rest), total);
    }
    const float inner = sum_of_lanes(total);
    for (ptrdiff_t i = 0; i < width; i++) target[i] = weights[i] * (upstream[i] - inner);
  }
}
