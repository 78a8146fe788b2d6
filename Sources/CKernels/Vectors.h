// Vectors of LANES floats and the functions of one variable. No include guard: a part of KernelBody.h.

#define INLINE static inline __attribute__((always_inline))

typedef float V __attribute__((vector_size(LANES * 4)));
typedef int32_t I __attribute__((vector_size(LANES * 4)));
typedef float UnalignedV __attribute__((vector_size(LANES * 4), aligned(4), may_alias));
typedef double D __attribute__((vector_size(LANES * 8)));

INLINE V load(const float *p) { return *(const UnalignedV *)p; }
INLINE void store(float *p, V v) { *(UnalignedV *)p = v; }
INLINE V splat(float x) { return x - (V){0}; }

/// The first `count` < LANES elements; the others are zero.
INLINE V load_some(const float *p, ptrdiff_t count) {
  V v = {0};
  memcpy(&v, p, (size_t)count * sizeof(float));
  return v;
}

INLINE void store_some(float *p, V v, ptrdiff_t count) {
  memcpy(p, &v, (size_t)count * sizeof(float));
}

INLINE V select_lanes(I mask, V a, V b) { return (V)((mask & (I)a) | (~mask & (I)b)); }

INLINE float sum_of_lanes(V v) {
  float lanes[LANES];
  memcpy(lanes, &v, sizeof v);
  for (int step = LANES / 2; step > 0; step /= 2)
    for (int i = 0; i < step; i++) lanes[i] += lanes[i + step];
  return lanes[0];
}

/// e^x: x = n ln 2 + r with |r| <= ln 2 / 2, a polynomial of degree 6 in r, times 2^n in two steps so
/// that neither factor leaves the range of a float. Below -104 it is 0, above 88.8 infinity.
INLINE V vector_exp(V x) {
  const V magic = splat(0x1.8p23f);
  V inside = select_lanes(x < splat(-104.0f), splat(-104.0f), x);
  inside = select_lanes(inside > splat(89.0f), splat(89.0f), inside);
  const V shifted = FMA(inside, splat(0x1.715476p0f), magic);
  const V n = shifted - magic;
  V r = FMA(n, splat(-0.693359375f), inside);
  r = FMA(n, splat(2.12194440e-4f), r);
  V p = splat(0.00139336509f);
  p = FMA(p, r, splat(0.00836317986f));
  p = FMA(p, r, splat(0.0416664667f));
  p = FMA(p, r, splat(0.166665763f));
  p = FMA(p, r, splat(0.5f));
  p = FMA(p, r * r, r) + splat(1.0f);
  const I exponent = (I)shifted - (I)magic;
  const I half = exponent >> 1;
  const V low = (V)((half + 127) << 23);
  const V high = (V)((exponent - half + 127) << 23);
  return p * low * high;
}

/// erf(x): x P(x^2) up to 1 and 1 - e^-Q(|x|) beyond; both polynomials were fitted on Chebyshev nodes.
/// The largest absolute error is 2e-7.
INLINE V vector_erf(V x) {
  const V magnitude = (V)((I)x & 0x7fffffff);
  const I sign = (I)x & (int32_t)0x80000000;
  const V square = x * x;
  V inner = splat(7.88249745e-05f);
  inner = FMA(inner, square, splat(-0.000801885501f));
  inner = FMA(inner, square, splat(0.00518931216f));
  inner = FMA(inner, square, splat(-0.0268543288f));
  inner = FMA(inner, square, splat(0.112835974f));
  inner = FMA(inner, square, splat(-0.37612626f));
  inner = FMA(inner, square, splat(1.12837911f));
  inner = inner * x;
  const V m = select_lanes(magnitude > splat(4.0f), splat(4.0f), magnitude);
  V q = splat(6.58286154e-08f);
  q = FMA(q, m, splat(-3.09520556e-06f));
  q = FMA(q, m, splat(6.00688036e-05f));
  q = FMA(q, m, splat(-0.000673337607f));
  q = FMA(q, m, splat(0.00502104498f));
  q = FMA(q, m, splat(-0.0269994978f));
  q = FMA(q, m, splat(0.110907421f));
  q = FMA(q, m, splat(0.631088853f));
  q = FMA(q, m, splat(1.13060451f));
  q = FMA(q, m, splat(-0.000400500576f));
  const V outer = (V)((I)(splat(1.0f) - vector_exp(-q)) | sign);
  return select_lanes(magnitude > splat(1.0f), outer, inner);
}

INLINE V vector_sigmoid(V x) { return splat(1.0f) / (splat(1.0f) + vector_exp(-x)); }

INLINE V activated(int32_t activation, V x) {
  switch (activation) {
    case RM_QUICK_GELU: return x * vector_sigmoid(x * 1.702f);
    case RM_GELU: return x * 0.5f * (vector_erf(x * 0.70710678f) + 1.0f);
    // (1 + tanh(u)) / 2 is sigmoid(2u).
    case RM_TANH_GELU:
      return x * vector_sigmoid(1.59576912f * x * (1.0f + 0.044715f * x * x));
    case RM_RELU: return select_lanes(x < (V){0}, (V){0}, x);
    default: return x;
  }
}

/// The derivative of the activation at x.
INLINE V activation_slope(int32_t activation, V x) {
  switch (activation) {
    case RM_QUICK_GELU: {
      const V s = vector_sigmoid(x * 1.702f);
      return s * (1.0f + x * 1.702f * (1.0f - s));
    }
    case RM_GELU: {
      const V density = vector_exp(x * x * -0.5f) * 0.39894228f;
      return 0.5f * (vector_erf(x * 0.70710678f) + 1.0f) + x * density;
    }
    case RM_TANH_GELU: {
      const V s = vector_sigmoid(1.59576912f * x * (1.0f + 0.044715f * x * x));
      return s * (1.0f + x * 1.59576912f * (1.0f + 0.134145f * x * x) * (1.0f - s));
    }
    case RM_RELU: return select_lanes(x > (V){0}, splat(1.0f), (V){0});
    default: return splat(1.0f);
  }
}
