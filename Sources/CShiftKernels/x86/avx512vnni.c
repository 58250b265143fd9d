// AVX-512 VNNI tier: vpdpbusd sums four products into 32 bits without an intermediate saturation.

#include "../kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push( \
    __attribute__((target("avx2,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni"))), apply_to = function)

#define HSF_DOT4 _mm256_dpbusd_epi32

#include "depthwise.h"

void hsf_u8_po2_dw3x3s1_sat8_1x32__avx512vnni(const hsf_depthwise_args *args) { depthwise(args, 1); }
void hsf_u8_po2_dw3x3s2_sat8_1x32__avx512vnni(const hsf_depthwise_args *args) { depthwise(args, 2); }

// The first `count` of 16 lanes, count being 8 or at least 16.
HSF_INLINE __mmask16 lanes(size_t count) { return count >= 16 ? 0xFFFF : 0x00FF; }

// Shifts, saturates and stores up to 16 channels.
HSF_INLINE void store_channels(uint8_t *target, __m512i sum, const int32_t *shift, size_t count) {
    const __m512i value = _mm512_srav_epi32(sum, _mm512_load_si512(shift));
    const __m128i bytes = _mm512_cvtusepi32_epi8(_mm512_max_epi32(value, _mm512_setzero_si512()));
    _mm_mask_storeu_epi8(target, lanes(count), bytes);
}

HSF_INLINE __m512i shifted_residual(const uint8_t *residual, const int32_t *shift, size_t count) {
    const __m128i bytes = _mm_maskz_loadu_epi8(lanes(count), residual);
    return _mm512_sllv_epi32(_mm512_cvtepu8_epi32(bytes), _mm512_load_si512(shift));
}

HSF_INLINE void conv1x1_tile(
    const hsf_conv1x1_args *args, size_t pixel, size_t first, const size_t tile, const size_t vectors) {
    const size_t depth = args->input_channels;
    const size_t channels = args->output_channels;
    const uint8_t *input = args->input + pixel * depth;
    const int8_t *weights = args->weights + first * depth;
    __m512i acc[6][4];
    HSF_UNROLL
    for (size_t p = 0; p < tile; p++) {
        HSF_UNROLL
        for (size_t v = 0; v < vectors; v++) {
            acc[p][v] = _mm512_load_si512(args->bias + first + 16 * v);
        }
    }
    for (size_t group = 0; group < depth / 4; group++) {
        __m512i column[4];
        HSF_UNROLL
        for (size_t v = 0; v < vectors; v++) {
            column[v] = _mm512_load_si512(weights + (v * (depth / 4) + group) * 64);
        }
        HSF_UNROLL
        for (size_t p = 0; p < tile; p++) {
            const __m512i bytes = _mm512_set1_epi32(hsf_load4(input + p * depth + 4 * group));
            HSF_UNROLL
            for (size_t v = 0; v < vectors; v++) {
                acc[p][v] = _mm512_dpbusd_epi32(acc[p][v], bytes, column[v]);
            }
        }
    }
    HSF_UNROLL
    for (size_t p = 0; p < tile; p++) {
        HSF_UNROLL
        for (size_t v = 0; v < vectors; v++) {
            const size_t channel = first + 16 * v;
            const size_t target = (pixel + p) * channels + channel;
            if (args->residual != NULL) {
                const __m512i residual = shifted_residual(
                    args->residual + target, args->residual_shift + channel, channels - channel);
                acc[p][v] = _mm512_add_epi32(acc[p][v], residual);
            }
            store_channels(args->output + target, acc[p][v], args->shift + channel, channels - channel);
        }
    }
}

// All pixels of up to 64 output channels, in tiles of nearly equal size.
HSF_INLINE void conv1x1_channels(const hsf_conv1x1_args *args, size_t first, const size_t vectors) {
    const size_t tiles = (args->pixels + 5) / 6;
    for (size_t tile = 0; tile < tiles; tile++) {
        const size_t pixel = tile * args->pixels / tiles;
        switch ((tile + 1) * args->pixels / tiles - pixel) {
        case 6: conv1x1_tile(args, pixel, first, 6, vectors); break;
        case 5: conv1x1_tile(args, pixel, first, 5, vectors); break;
        case 4: conv1x1_tile(args, pixel, first, 4, vectors); break;
        case 3: conv1x1_tile(args, pixel, first, 3, vectors); break;
        case 2: conv1x1_tile(args, pixel, first, 2, vectors); break;
        default: conv1x1_tile(args, pixel, first, 1, vectors); break;
        }
    }
}

void hsf_u8_po2_conv1x1_sat8_6x64__avx512vnni(const hsf_conv1x1_args *args) {
    for (size_t first = 0; first < args->output_channels; first += 64) {
        switch ((args->output_channels - first + 15) / 16) {
        case 1: conv1x1_channels(args, first, 1); break;
        case 2: conv1x1_channels(args, first, 2); break;
        case 3: conv1x1_channels(args, first, 3); break;
        default: conv1x1_channels(args, first, 4); break;
        }
    }
}

HSF_INLINE void stem_tile(
    const hsf_stem_args *args, size_t row, size_t column, size_t first, const size_t tile,
    const size_t vectors) {
    const size_t row_bytes = (args->width + 2) * 3;
    const size_t channels = args->output_channels;
    const uint8_t *input = args->input + row * 2 * row_bytes + column * 6;
    const int8_t *weights = args->weights + first * 36;
    __m512i acc[6][2];
    HSF_UNROLL
    for (size_t p = 0; p < tile; p++) {
        HSF_UNROLL
        for (size_t v = 0; v < vectors; v++) {
            acc[p][v] = _mm512_load_si512(args->bias + first + 16 * v);
        }
    }
    for (size_t group = 0; group < 9; group++) {
        const uint8_t *bytes = input + group / 3 * row_bytes + group % 3 * 4;
        HSF_UNROLL
        for (size_t p = 0; p < tile; p++) {
            const __m512i word = _mm512_set1_epi32(hsf_load4(bytes + 6 * p));
            HSF_UNROLL
            for (size_t v = 0; v < vectors; v++) {
                const __m512i column_weights = _mm512_load_si512(weights + (9 * v + group) * 64);
                acc[p][v] = _mm512_dpbusd_epi32(acc[p][v], word, column_weights);
            }
        }
    }
    HSF_UNROLL
    for (size_t p = 0; p < tile; p++) {
        uint8_t *target = args->output + (row * (args->width / 2) + column + p) * channels + first;
        HSF_UNROLL
        for (size_t v = 0; v < vectors; v++) {
            const size_t channel = first + 16 * v;
            store_channels(target + 16 * v, acc[p][v], args->shift + channel, channels - channel);
        }
    }
}

HSF_INLINE void stem_channels(const hsf_stem_args *args, size_t first, const size_t vectors) {
    const size_t out_width = args->width / 2;
    for (size_t row = 0; row < args->height / 2; row++) {
        size_t column = 0;
        for (; column + 6 <= out_width; column += 6) {
            stem_tile(args, row, column, first, 6, vectors);
        }
        for (; column < out_width; column++) {
            stem_tile(args, row, column, first, 1, vectors);
        }
    }
}

void hsf_u8_po2_stem3x3s2_sat8_6x32__avx512vnni(const hsf_stem_args *args) {
    for (size_t first = 0; first < args->output_channels; first += 32) {
        if (args->output_channels - first > 16) {
            stem_channels(args, first, 2);
        } else {
            stem_channels(args, first, 1);
        }
    }
}

void hsf_u8_ones_pool_sat8_1x16__avx512vnni(const hsf_pool_args *args) {
    const __m128i shift = _mm_cvtsi32_si128((int)args->shift);
    for (size_t channel = 0; channel < args->channels; channel += 16) {
        const __mmask16 mask = lanes(args->channels - channel);
        __m512i sum = _mm512_set1_epi32((int)(1u << (args->shift - 1)));
        for (size_t pixel = 0; pixel < args->pixels; pixel++) {
            const uint8_t *bytes = args->input + pixel * args->channels + channel;
            sum = _mm512_add_epi32(sum, _mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(mask, bytes)));
        }
        const __m128i value = _mm512_cvtusepi32_epi8(_mm512_srl_epi32(sum, shift));
        _mm_mask_storeu_epi8(args->output + channel, mask, value);
    }
}

HSF_INLINE void dense_tile(
    const hsf_dense_args *args, size_t image, size_t first, const size_t tile, const size_t vectors) {
    const size_t groups = args->depth / 4;
    const uint8_t *features = args->features + image * args->depth;
    const int8_t *weights = args->weights + first * args->depth;
    __m512i acc[4][4];
    HSF_UNROLL
    for (size_t i = 0; i < tile; i++) {
        HSF_UNROLL
        for (size_t v = 0; v < vectors; v++) {
            acc[i][v] = _mm512_loadu_si512(args->bias + first + 16 * v);
        }
    }
    for (size_t group = 0; group < groups; group++) {
        HSF_UNROLL
        for (size_t i = 0; i < tile; i++) {
            const __m512i bytes = _mm512_set1_epi32(hsf_load4(features + i * args->depth + 4 * group));
            HSF_UNROLL
            for (size_t v = 0; v < vectors; v++) {
                const __m512i column = _mm512_loadu_si512(weights + (v * groups + group) * 64);
                acc[i][v] = _mm512_dpbusd_epi32(acc[i][v], bytes, column);
            }
        }
    }
    HSF_UNROLL
    for (size_t i = 0; i < tile; i++) {
        HSF_UNROLL
        for (size_t v = 0; v < vectors; v++) {
            _mm512_storeu_si512(args->logits + (image + i) * args->classes + first + 16 * v, acc[i][v]);
        }
    }
}

HSF_INLINE void dense_classes(const hsf_dense_args *args, size_t first, const size_t vectors) {
    size_t image = 0;
    for (; image + 4 <= args->images; image += 4) {
        dense_tile(args, image, first, 4, vectors);
    }
    for (; image < args->images; image++) {
        dense_tile(args, image, first, 1, vectors);
    }
}

void hsf_u8_s8_dense_s32_4x64__avx512vnni(const hsf_dense_args *args) {
    for (size_t first = 0; first < args->classes; first += 64) {
        switch ((args->classes - first) / 16) {
        case 1: dense_classes(args, first, 1); break;
        case 2: dense_classes(args, first, 2); break;
        case 3: dense_classes(args, first, 3); break;
        default: dense_classes(args, first, 4); break;
        }
    }
}

#pragma clang attribute pop
#endif
