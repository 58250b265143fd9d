// AVX2 tier, depthwise convolution, pool and dense layer.

#include "avx2.h"

#if defined(__x86_64__)
HSF_AVX2_BEGIN

// Stores the first `count` bytes, a multiple of 8.
HSF_INLINE void store_bytes(uint8_t *target, __m256i bytes, size_t count) {
    const __m128i low = _mm256_castsi256_si128(bytes);
    const __m128i high = _mm256_extracti128_si256(bytes, 1);
    if (count >= 32) {
        _mm256_storeu_si256((__m256i *)target, bytes);
        return;
    }
    if (count >= 16) {
        _mm_storeu_si128((__m128i *)target, low);
    } else {
        _mm_storel_epi64((__m128i *)target, low);
    }
    if (count == 24) {
        _mm_storel_epi64((__m128i *)(target + 16), high);
    }
}

#define HSF_BITS 256
#define HSF_DOT4 hsf_dot4
#define HSF_STORE store_bytes
#define HSF_DEPTHWISE_COLUMNS 1
#include "depthwise.h"
#include "gray_to_rgb.h"

HSF_INLINE void depthwise(const hsf_depthwise_args *args, const size_t stride) {
    for (size_t channel = 0; channel < args->channels; channel += 32) {
        depthwise_256(args, channel, stride);
    }
}

void hsf_u8_po2_dw3x3s1_sat8_2x32__avx2(const hsf_depthwise_args *args) { depthwise(args, 1); }
void hsf_u8_po2_dw3x3s2_sat8_1x32__avx2(const hsf_depthwise_args *args) { depthwise(args, 2); }

void hsf_u8_gray_to_rgb_u8_16x3__avx2(const hsf_gray_to_rgb_args *args) { gray_to_rgb(args); }

void hsf_u8_ones_pool_sat8_1x8__avx2(const hsf_pool_args *args) {
    const __m128i shift = _mm_cvtsi32_si128((int)args->shift);
    for (size_t channel = 0; channel < args->channels; channel += 8) {
        __m256i sum = _mm256_set1_epi32((int)(1u << (args->shift - 1)));
        for (size_t pixel = 0; pixel < args->pixels; pixel++) {
            const uint8_t *bytes = args->input + pixel * args->channels + channel;
            const __m128i loaded = _mm_loadl_epi64((const __m128i *)bytes);
            sum = _mm256_add_epi32(sum, _mm256_cvtepu8_epi32(loaded));
        }
        const __m256i words = _mm256_packus_epi32(_mm256_srl_epi32(sum, shift), _mm256_setzero_si256());
        const __m128i bytes = _mm_packus_epi16(
            _mm_unpacklo_epi64(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1)),
            _mm_setzero_si128());
        _mm_storel_epi64((__m128i *)(args->output + channel), bytes);
    }
}

// Class weights use all of int8, so pairs may not be summed in 16 bits: bytes are widened first.
HSF_INLINE void dense_tile(const hsf_dense_args *args, size_t image, size_t first, const size_t tile) {
    const uint8_t *features = args->features + image * args->depth;
    const int8_t *weights = args->weights + first * args->depth;
    __m256i acc[2][4];
    HSF_UNROLL
    for (size_t i = 0; i < tile; i++) {
        HSF_UNROLL
        for (size_t part = 0; part < 4; part++) {
            acc[i][part] = _mm256_setzero_si256();
        }
    }
    for (size_t group = 0; group < args->depth / 4; group++) {
        __m256i wide[4];
        HSF_UNROLL
        for (size_t part = 0; part < 4; part++) {
            const int8_t *bytes = weights + 64 * group + 16 * part;
            wide[part] = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)bytes));
        }
        HSF_UNROLL
        for (size_t i = 0; i < tile; i++) {
            const int32_t word = hsf_load4(features + i * args->depth + 4 * group);
            const __m256i bytes = _mm256_broadcastq_epi64(_mm_cvtepu8_epi16(_mm_cvtsi32_si128(word)));
            HSF_UNROLL
            for (size_t part = 0; part < 4; part++) {
                acc[i][part] = _mm256_add_epi32(acc[i][part], _mm256_madd_epi16(bytes, wide[part]));
            }
        }
    }
    HSF_UNROLL
    for (size_t i = 0; i < tile; i++) {
        int32_t *logits = args->logits + (image + i) * args->classes + first;
        HSF_UNROLL
        for (size_t half = 0; half < 2; half++) {
            // Each class has two neighbouring lanes, four classes per part.
            const __m256i sums = _mm256_hadd_epi32(acc[i][2 * half], acc[i][2 * half + 1]);
            const __m256i ordered = _mm256_permute4x64_epi64(sums, 0xD8);
            const __m256i bias = _mm256_loadu_si256((const __m256i *)(args->bias + first + 8 * half));
            _mm256_storeu_si256((__m256i *)(logits + 8 * half), _mm256_add_epi32(ordered, bias));
        }
    }
}

void hsf_u8_s8_dense_s32_2x16__avx2(const hsf_dense_args *args) {
    for (size_t first = 0; first < args->classes; first += 16) {
        size_t image = 0;
        for (; image + 2 <= args->images; image += 2) {
            dense_tile(args, image, first, 2);
        }
        if (image < args->images) {
            dense_tile(args, image, first, 1);
        }
    }
}

uint64_t hsf_ceiling_8x32__avx2(uint64_t rounds) {
    __m256i acc[8];
    __m256i bytes = _mm256_set1_epi8(1);
    __m256i weights = _mm256_set1_epi8(1);
    HSF_FORGET(bytes);
    HSF_FORGET(weights);
    HSF_UNROLL
    for (size_t i = 0; i < 8; i++) {
        acc[i] = bytes;
    }
    for (uint64_t round = 0; round < rounds; round++) {
        // Twice, so that the loop's own instructions do not count.
        HSF_UNROLL
        for (size_t i = 0; i < 2 * 8; i++) {
            HSF_FORGET(bytes);
            acc[i % 8] = hsf_dot4(acc[i % 8], bytes, weights);
        }
    }
    HSF_UNROLL
    for (size_t i = 0; i < 8; i++) {
        HSF_FORGET(acc[i]);
    }
    return rounds * 2 * 8 * 32;
}

HSF_AVX2_END
#endif
