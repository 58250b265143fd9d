#ifndef HSF_AVX512VNNI_H
#define HSF_AVX512VNNI_H

// What the files of the AVX-512 VNNI tier share: from sums in registers to bytes in memory.

#include "../kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define HSF_AVX512_BEGIN \
    _Pragma("clang attribute push(__attribute__((target( \
        \"avx2,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni\"))), apply_to = function)")
#define HSF_AVX512_END _Pragma("clang attribute pop")

// Sums that a tile may hold.
#define HSF_TILE_MAX 24

HSF_AVX512_BEGIN

// The first `count` of 16 lanes, count being 8 or at least 16.
HSF_INLINE __mmask16 hsf_lanes(size_t count) { return count >= 16 ? 0xFFFF : 0x00FF; }

// Vectors of 16 channels to compute together when `count` channels are left: four, but never one alone after
// four if three and two will do.
HSF_INLINE size_t hsf_channel_vectors(size_t count) {
    const size_t vectors = (count + 15) / 16;
    return vectors == 5 || vectors == 6 || vectors == 9 ? 3 : hsf_min(vectors, 4);
}

// Four vectors of shifted sums to 64 bytes; 128-bit lane l holds four bytes of each vector's lane l.
HSF_INLINE __m512i hsf_narrow(__m512i a, __m512i b, __m512i c, __m512i d) {
    return _mm512_packus_epi16(_mm512_packs_epi32(a, b), _mm512_packs_epi32(c, d));
}

// Stores a tile of shifted sums: sum[pixel * vectors + vector] holds 16 channels of a pixel. Of the last
// vector's channels only those below `count`, the number of channels left, are stored; `step` is the distance
// between pixels, and where the tile's channels are all there are, neighbouring pixels are stored together.
HSF_INLINE void hsf_store_tile(
    uint8_t *output, size_t step, const __m512i *sum, const size_t tile, const size_t vectors, size_t count) {
    const __m512i by_vector = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    if (vectors >= 3) {
        const size_t stored = hsf_min(count, 16 * vectors);
        const __mmask64 mask = stored == 64 ? ~0ull : (1ull << stored) - 1;
        HSF_UNROLL
        for (size_t p = 0; p < tile; p++) {
            const __m512i *s = sum + p * vectors;
            const __m512i bytes =
                _mm512_permutexvar_epi32(by_vector, hsf_narrow(s[0], s[1], s[2], s[vectors - 1]));
            if (vectors == 4 && count >= 64) {
                _mm512_storeu_si512(output + p * step, bytes);
            } else {
                _mm512_mask_storeu_epi8(output + p * step, mask, bytes);
            }
        }
    } else if (vectors == 2) {
        const __mmask32 mask = count >= 32 ? ~0u : (1u << count) - 1;
        HSF_UNROLL
        for (size_t p = 0; p < tile; p += 2) {
            const __m512i *s = sum + p * 2;
            const int is_pair = p + 1 < tile;
            const __m512i bytes = _mm512_permutexvar_epi32(
                by_vector, hsf_narrow(s[0], s[1], is_pair ? s[2] : s[0], is_pair ? s[3] : s[1]));
            if (is_pair && step == 32) {
                _mm512_storeu_si512(output + p * step, bytes);
                continue;
            }
            _mm256_mask_storeu_epi8(output + p * step, mask, _mm512_castsi512_si256(bytes));
            if (is_pair) {
                _mm256_mask_storeu_epi8(output + (p + 1) * step, mask, _mm512_extracti64x4_epi64(bytes, 1));
            }
        }
    } else {
        const __mmask16 mask = hsf_lanes(count);
        HSF_UNROLL
        for (size_t p = 0; p < tile; p += 4) {
            const __m512i b = sum[p + 1 < tile ? p + 1 : p];
            const __m512i c = sum[p + 2 < tile ? p + 2 : p];
            const __m512i d = sum[p + 3 < tile ? p + 3 : p];
            const __m512i bytes = _mm512_permutexvar_epi32(by_vector, hsf_narrow(sum[p], b, c, d));
            uint8_t *target = output + p * step;
            if (p + 3 < tile && step == 16) {
                _mm512_storeu_si512(target, bytes);
                continue;
            }
            _mm_mask_storeu_epi8(target, mask, _mm512_castsi512_si128(bytes));
            if (p + 1 < tile) {
                _mm_mask_storeu_epi8(target + step, mask, _mm512_extracti32x4_epi32(bytes, 1));
            }
            if (p + 2 < tile) {
                _mm_mask_storeu_epi8(target + 2 * step, mask, _mm512_extracti32x4_epi32(bytes, 2));
            }
            if (p + 3 < tile) {
                _mm_mask_storeu_epi8(target + 3 * step, mask, _mm512_extracti32x4_epi32(bytes, 3));
            }
        }
    }
}

HSF_AVX512_END
#endif
#endif
