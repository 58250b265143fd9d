// AVX-512 VNNI tier, pool and dense layer.

#include "avx512vnni.h"

#if defined(__x86_64__)
HSF_AVX512_BEGIN

#include "gray_to_rgb.h"

void hsf_u8_gray_to_rgb_u8_16x3__avx512vnni(const hsf_gray_to_rgb_args *args) { gray_to_rgb(args); }

void hsf_u8_ones_pool_sat8_1x16__avx512vnni(const hsf_pool_args *args) {
    const __m128i shift = _mm_cvtsi32_si128((int)args->shift);
    for (size_t channel = 0; channel < args->channels; channel += 16) {
        const __mmask16 mask = hsf_lanes(args->channels - channel);
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

uint64_t hsf_ceiling_12x64__avx512vnni(uint64_t rounds) {
    __m512i acc[12];
    __m512i bytes = _mm512_set1_epi8(1);
    __m512i weights = _mm512_set1_epi8(1);
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
            acc[i % 12] = _mm512_dpbusd_epi32(acc[i % 12], bytes, weights);
        }
    }
    HSF_UNROLL
    for (size_t i = 0; i < 12; i++) {
        HSF_FORGET(acc[i]);
    }
    return rounds * 2 * 12 * 64;
}

HSF_AVX512_END
#endif
