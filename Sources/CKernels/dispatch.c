#include "CKernels.h"
#include "Tables.h"

#if defined(__x86_64__)
static bool has_avx2(void) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static bool has_avx512(void) {
  return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
}

static bool has_avx512bf16(void) { return has_avx512() && __builtin_cpu_supports("avx512bf16"); }
#endif

bool rm_available(int32_t instruction_set) {
  switch (instruction_set) {
    case RM_PORTABLE: return true;
#if defined(__aarch64__)
    case RM_NEON: return true;
#endif
#if defined(__x86_64__)
    case RM_AVX2: return has_avx2();
    case RM_AVX512: return has_avx512();
    case RM_AVX512BF16: return has_avx512bf16();
#endif
    default: return false;
  }
}

const RMKernels *rm_kernels(int32_t instruction_set) {
  if (!rm_available(instruction_set)) return NULL;
  switch (instruction_set) {
#if defined(__aarch64__)
    case RM_NEON: return &rm_kernels_neon;
#endif
#if defined(__x86_64__)
    case RM_AVX2: return &rm_kernels_avx2;
    case RM_AVX512: return &rm_kernels_avx512;
    case RM_AVX512BF16: return &rm_kernels_avx512bf16;
#endif
    default: return &rm_kernels_portable;
  }
}
