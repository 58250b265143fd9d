// AVX2 tier: vpmaddubsw and vpmaddwd. Exact because a pair of products is at most 2 * 255 * 64 = 32640.

#include "../kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)

HSF_INLINE __m256i dot4(__m256i acc, __m256i bytes, __m256i weights) {
    const __m256i pairs = _mm256_maddubs_epi16(bytes, weights);
    return _mm256_add_epi32(acc, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

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
#define HSF_DOT4 dot4
#define HSF_STORE store_bytes
#define HSF_DEPTHWISE_COLUMNS 1
#include "depthwise.h"

HSF_INLINE void depthwise(const hsf_depthwise_args *args, const size_t stride) {
    for (size_t channel = 0; channel < args->channels; channel += 32) {
        depthwise_256(args, channel, stride);
    }
}

void hsf_u8_po2_dw3x3s1_sat8_2x32__avx2(const hsf_depthwise_args *args) { depthwise(args, 1); }
void hsf_u8_po2_dw3x3s2_sat8_1x32__avx2(const hsf_depthwise_args *args) { depthwise(args, 2); }

// Shifts, saturates and stores 16 or 8 channels.
HSF_INLINE void store_channels(uint8_t *target, __m256i low, __m256i high, size_t count) {
    const __m256i words = _mm256_permute4x64_epi64(_mm256_packs_epi32(low, high), 0xD8);
    const __m128i bytes =
        _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
    if (count >= 16) {
        _mm_storeu_si128((__m128i *)target, bytes);
    } else {
        _mm_storel_epi64((__m128i *)target, bytes);
    }
}

HSF_INLINE __m256i shifted_residual(const uint8_t *residual, const int32_t *shift) {
    const __m256i value = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)residual));
    return _mm256_sllv_epi32(value, _mm256_loadu_si256((const __m256i *)shift));
}

HSF_INLINE void conv1x1_tile(
    const hsf_conv1x1_args *args, size_t pixel, size_t first, const size_t tile, const int has_residual) {
    const size_t depth = args->input_channels;
    const size_t channels = args->output_channels;
    const size_t count = hsf_min(16, channels - first);
    const uint8_t *input = args->input + pixel * depth;
    const int8_t *weights = args->weights + first * depth;
    const __m256i *bias = (const __m256i *)(args->bias + first);
    const __m256i *shift = (const __m256i *)(args->shift + first);
    __m256i acc[4][2];
    HSF_UNROLL
    for (size_t p = 0; p < tile; p++) {
        acc[p][0] = _mm256_load_si256(bias);
        acc[p][1] = _mm256_load_si256(bias + 1);
    }
    for (size_t group = 0; group < depth / 4; group++) {
        const __m256i low = _mm256_load_si256((const __m256i *)(weights + 64 * group));
        const __m256i high = _mm256_load_si256((const __m256i *)(weights + 64 * group + 32));
        HSF_UNROLL
        for (size_t p = 0; p < tile; p++) {
            const __m256i bytes = _mm256_set1_epi32(hsf_load4(input + p * depth + 4 * group));
            acc[p][0] = dot4(acc[p][0], bytes, low);
            acc[p][1] = dot4(acc[p][1], bytes, high);
        }
    }
    HSF_UNROLL
    for (size_t p = 0; p < tile; p++) {
        const size_t target = (pixel + p) * channels + first;
        if (has_residual) {
            const int32_t *residual_shift = args->residual_shift + first;
            acc[p][0] = _mm256_add_epi32(
                acc[p][0], shifted_residual(args->residual + target, residual_shift));
            acc[p][1] = _mm256_add_epi32(
                acc[p][1], shifted_residual(args->residual + target + 8, residual_shift + 8));
        }
        const __m256i low = _mm256_srav_epi32(acc[p][0], _mm256_load_si256(shift));
        const __m256i high = _mm256_srav_epi32(acc[p][1], _mm256_load_si256(shift + 1));
        store_channels(args->output + target, low, high, count);
    }
}

HSF_INLINE void conv1x1(const hsf_conv1x1_args *args, const int has_residual) {
    for (size_t first = 0; first < args->output_channels; first += 16) {
        size_t pixel = 0;
        for (; pixel + 4 <= args->pixels; pixel += 4) {
            conv1x1_tile(args, pixel, first, 4, has_residual);
        }
        switch (args->pixels - pixel) {
        case 3: conv1x1_tile(args, pixel, first, 3, has_residual); break;
        case 2: conv1x1_tile(args, pixel, first, 2, has_residual); break;
        case 1: conv1x1_tile(args, pixel, first, 1, has_residual); break;
        }
    }
}

void hsf_u8_po2_conv1x1_sat8_4x16__avx2(const hsf_conv1x1_args *args) {
    if (args->residual != NULL) {
        conv1x1(args, 1);
    } else {
        conv1x1(args, 0);
    }
}

HSF_INLINE void stem_tile(
    const hsf_stem_args *args, size_t row, size_t column, size_t first, const size_t tile) {
    const size_t row_bytes = (args->width + 2) * 3;
    const size_t channels = args->output_channels;
    const uint8_t *input = args->input + row * 2 * row_bytes + column * 6;
    const int8_t *weights = args->weights + first * 36;
    const __m256i *bias = (const __m256i *)(args->bias + first);
    const __m256i *shift = (const __m256i *)(args->shift + first);
    __m256i acc[4][2];
    HSF_UNROLL
    for (size_t p = 0; p < tile; p++) {
        acc[p][0] = _mm256_load_si256(bias);
        acc[p][1] = _mm256_load_si256(bias + 1);
    }
    for (size_t group = 0; group < 9; group++) {
        const __m256i low = _mm256_load_si256((const __m256i *)(weights + 64 * group));
        const __m256i high = _mm256_load_si256((const __m256i *)(weights + 64 * group + 32));
        const uint8_t *bytes = input + group / 3 * row_bytes + group % 3 * 4;
        HSF_UNROLL
        for (size_t p = 0; p < tile; p++) {
            const __m256i word = _mm256_set1_epi32(hsf_load4(bytes + 6 * p));
            acc[p][0] = dot4(acc[p][0], word, low);
            acc[p][1] = dot4(acc[p][1], word, high);
        }
    }
    HSF_UNROLL
    for (size_t p = 0; p < tile; p++) {
        const __m256i low = _mm256_srav_epi32(acc[p][0], _mm256_load_si256(shift));
        const __m256i high = _mm256_srav_epi32(acc[p][1], _mm256_load_si256(shift + 1));
        uint8_t *target = args->output + (row * (args->width / 2) + column + p) * channels + first;
        store_channels(target, low, high, hsf_min(16, channels - first));
    }
}

void hsf_u8_po2_stem3x3s2_sat8_4x16__avx2(const hsf_stem_args *args) {
    const size_t out_width = args->width / 2;
    for (size_t row = 0; row < args->height / 2; row++) {
        for (size_t first = 0; first < args->output_channels; first += 16) {
            size_t column = 0;
            for (; column + 4 <= out_width; column += 4) {
                stem_tile(args, row, column, first, 4);
            }
            for (; column < out_width; column++) {
                stem_tile(args, row, column, first, 1);
            }
        }
    }
}

void hsf_u8_ones_pool_sat8_1x8__avx2(const hsf_pool_args *args) {
    const __m128i shift = _mm_cvtsi32_si128((int)args->shift);
    for (size_t channel = 0; channel < args->channels; channel += 8) {
        __m256i sum = _mm256_set1_epi32((int)(1u << (args->shift - 1)));
        for (size_t pixel = 0; pixel < args->pixels; pixel++) {
            const uint8_t *bytes = args->input + pixel * args->channels + channel;
            const __m128i loaded = _mm_loadl_epi64((const __m128i *)bytes);
            sum = _mm256_add_epi32(sum, _mm256_cvtepu8_epi32(loaded));
        }
        const __m256i value = _mm256_srl_epi32(sum, shift);
        store_channels(args->output + channel, value, value, 8);
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

uint64_t hsf_ceiling_12x32__avx2(uint64_t rounds) {
    __m256i acc[12];
    __m256i bytes = _mm256_set1_epi8(1);
    __m256i weights = _mm256_set1_epi8(1);
    HSF_FORGET(bytes);
    HSF_FORGET(weights);
    HSF_UNROLL
    for (size_t i = 0; i < 12; i++) {
        acc[i] = bytes;
    }
    for (uint64_t round = 0; round < rounds; round++) {
        // Twice, so that the loop's own instructions do not count.
        HSF_UNROLL
        for (size_t i = 0; i < 2 * 12; i++) {
            HSF_FORGET(bytes);
            acc[i % 12] = dot4(acc[i % 12], bytes, weights);
        }
    }
    HSF_UNROLL
    for (size_t i = 0; i < 12; i++) {
        HSF_FORGET(acc[i]);
    }
    return rounds * 2 * 12 * 32;
}

#pragma clang attribute pop
#endif
