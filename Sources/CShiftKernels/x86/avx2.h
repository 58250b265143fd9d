#ifndef HSF_AVX2_H
#define HSF_AVX2_H

// What the files of the AVX2 tier share: the dot product from vpmaddubsw and vpmaddwd. Exact because a pair of
// products is at most 2 * 255 * 64 = 32640.

#include "../kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define HSF_AVX2_BEGIN _Pragma("clang attribute push(__attribute__((target(\"avx2\"))), apply_to = function)")
#define HSF_AVX2_END _Pragma("clang attribute pop")

HSF_AVX2_BEGIN

HSF_INLINE __m256i hsf_dot4(__m256i acc, __m256i bytes, __m256i weights) {
    const __m256i pairs = _mm256_maddubs_epi16(bytes, weights);
    return _mm256_add_epi32(acc, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

HSF_AVX2_END
#endif
#endif
