// NEON dot-product tier, pool and dense layer.

#include "neondot.h"

#if defined(__aarch64__)
HSF_NEONDOT_BEGIN

void hsf_u8_gray_to_rgb_u8_16x3__neondot(const hsf_gray_to_rgb_args *args) {
    size_t pixel = 0;
    for (; pixel + 16 <= args->pixels; pixel += 16) {
        const uint8x16_t bytes = vld1q_u8(args->input + pixel);
        vst3q_u8(args->output + 3 * pixel, (uint8x16x3_t){{bytes, bytes, bytes}});
    }
    hsf_gray_to_rgb_tail(args, pixel);
}

void hsf_u8_ones_pool_sat8_1x8__neondot(const hsf_pool_args *args) {
    const int32x4_t shift = vdupq_n_s32(-(int32_t)args->shift);
    for (size_t channel = 0; channel < args->channels; channel += 8) {
        uint32x4_t low = vdupq_n_u32(1u << (args->shift - 1));
        uint32x4_t high = low;
        for (size_t pixel = 0; pixel < args->pixels; pixel++) {
            const uint16x8_t wide = vmovl_u8(vld1_u8(args->input + pixel * args->channels + channel));
            low = vaddw_u16(low, vget_low_u16(wide));
            high = vaddw_u16(high, vget_high_u16(wide));
        }
        const uint16x4_t first = vqmovn_u32(vshlq_u32(low, shift));
        const uint16x4_t second = vqmovn_u32(vshlq_u32(high, shift));
        vst1_u8(args->output + channel, vqmovn_u16(vcombine_u16(first, second)));
    }
}

// Features are not folded anywhere, so the kernel adds 128 * sum(weights) itself: with bytes of 64 twice.
HSF_INLINE void dense_tile(
    const hsf_dense_args *args, size_t image, size_t first, const int32x4_t start[4], const size_t tile) {
    const uint8_t *features = args->features + image * args->depth;
    const int8_t *weights = args->weights + first * args->depth;
    int32x4_t acc[4][4];
    HSF_UNROLL
    for (size_t i = 0; i < tile; i++) {
        HSF_UNROLL
        for (size_t v = 0; v < 4; v++) {
            acc[i][v] = start[v];
        }
    }
    for (size_t d = 0; d < args->depth; d += 4, weights += 64) {
        HSF_UNROLL
        for (size_t i = 0; i < tile; i++) {
            const int8x16_t bytes = broadcast4(features + i * args->depth + d);
            HSF_UNROLL
            for (size_t v = 0; v < 4; v++) {
                acc[i][v] = vdotq_s32(acc[i][v], vld1q_s8(weights + 16 * v), bytes);
            }
        }
    }
    HSF_UNROLL
    for (size_t i = 0; i < tile; i++) {
        HSF_UNROLL
        for (size_t v = 0; v < 4; v++) {
            vst1q_s32(args->logits + (image + i) * args->classes + first + 4 * v, acc[i][v]);
        }
    }
}

void hsf_u8_s8_dense_s32_4x16__neondot(const hsf_dense_args *args) {
    const int8x16_t half = vdupq_n_s8(64);
    for (size_t first = 0; first < args->classes; first += 16) {
        const int8_t *weights = args->weights + first * args->depth;
        int32x4_t start[4];
        HSF_UNROLL
        for (size_t v = 0; v < 4; v++) {
            start[v] = vld1q_s32(args->bias + first + 4 * v);
            for (size_t d = 0; d < args->depth; d += 4) {
                const int8x16_t column = vld1q_s8(weights + 16 * d + 16 * v);
                start[v] = vdotq_s32(vdotq_s32(start[v], column, half), column, half);
            }
        }
        size_t image = 0;
        for (; image + 4 <= args->images; image += 4) {
            dense_tile(args, image, first, start, 4);
        }
        for (; image < args->images; image++) {
            dense_tile(args, image, first, start, 1);
        }
    }
}

uint64_t hsf_ceiling_16x16__neondot(uint64_t rounds) {
    int32x4_t acc[16];
    int32x4_t bytes = vdupq_n_s32(1);
    int32x4_t weights = vdupq_n_s32(1);
    HSF_FORGET(bytes);
    HSF_FORGET(weights);
    HSF_UNROLL
    for (size_t i = 0; i < 16; i++) {
        acc[i] = bytes;
    }
    for (uint64_t round = 0; round < rounds; round++) {
        // Twice, so that the loop's own instructions do not count.
        HSF_UNROLL
        for (size_t i = 0; i < 2 * 16; i++) {
            acc[i % 16] = vdotq_s32(acc[i % 16], vreinterpretq_s8_s32(bytes), vreinterpretq_s8_s32(weights));
        }
    }
    HSF_UNROLL
    for (size_t i = 0; i < 16; i++) {
        HSF_FORGET(acc[i]);
    }
    return rounds * 2 * 16 * 16;
}

HSF_NEONDOT_END
#endif
