// NEON tier, resampling: widening multiply-and-add of 16-bit numbers, low bytes and upper halves of the weights
// apart, joined before the shift.

#include "neondot.h"

#if defined(__aarch64__)
HSF_NEONDOT_BEGIN

HSF_INLINE int16x4_t resample_join(int32x4_t low, int32x4_t upper, size_t shift) {
    const int32x4_t sum = vaddq_s32(vshlq_s32(upper, vdupq_n_s32((int32_t)shift)), low);
    return vqmovn_s32(vshrq_n_s32(sum, 22));
}

// The weights of a pair: even low, odd low, even upper, odd upper.
HSF_INLINE int16x4_t resample_weights(const uint32_t *words) {
    return vreinterpret_s16_u32(vld1_u32(words));
}

// A target's red, green and blue from the pixels of its taps; `readable` bytes may be read.
HSF_INLINE int16x4_t resample_target(
    const uint8_t *pixels, size_t readable, const uint32_t *words, size_t count, size_t shift) {
    // Red, green, blue and a zero of one tap, then of the next, as 16-bit numbers; 255 gives zero.
    static const uint8_t order[2][16] = {
        {0, 255, 1, 255, 2, 255, 255, 255, 3, 255, 4, 255, 5, 255, 255, 255},
        {6, 255, 7, 255, 8, 255, 255, 255, 9, 255, 10, 255, 11, 255, 255, 255},
    };
    int32x4_t low = vdupq_n_s32(1 << 21);
    int32x4_t upper = vdupq_n_s32(0);
    for (size_t tap = 0; tap < count; tap += 4) {
        uint8x16_t bytes;
        if (3 * tap + 16 <= readable) {
            bytes = vld1q_u8(pixels + 3 * tap);
        } else {
            uint8_t copy[16] = {0};
            memcpy(copy, pixels + 3 * tap, readable - 3 * tap);
            bytes = vld1q_u8(copy);
        }
        for (size_t pair = 0; pair < 2 && tap + 2 * pair < count; pair++) {
            const int16x8_t samples = vreinterpretq_s16_u8(vqtbl1q_u8(bytes, vld1q_u8(order[pair])));
            const int16x4_t weights = resample_weights(words + tap + 2 * pair);
            low = vmlal_lane_s16(low, vget_low_s16(samples), weights, 0);
            low = vmlal_lane_s16(low, vget_high_s16(samples), weights, 1);
            upper = vmlal_lane_s16(upper, vget_low_s16(samples), weights, 2);
            upper = vmlal_lane_s16(upper, vget_high_s16(samples), weights, 3);
        }
    }
    return resample_join(low, upper, shift);
}

void hsf_u8_w22_columns_sat8_1x1__neondot(const hsf_resample_columns_args *args) {
    for (size_t row = 0; row < args->row_count; row++) {
        for (size_t target = 0; target < args->targets; target++) {
            const size_t first = 3 * (size_t)args->firsts[target];
            const int16x4_t sums = resample_target(
                args->rows[row] + first, args->bytes - first, args->words + target * args->taps,
                (size_t)args->counts[target], args->shift);
            uint8_t pixel[8];
            vst1_u8(pixel, vqmovun_s16(vcombine_s16(sums, sums)));
            memcpy(args->outputs[row] + 3 * target, pixel, 3);
        }
    }
}

HSF_INLINE void resample_block(const hsf_resample_rows_args *args, size_t at) {
    int32x4_t low[4], upper[4];
    HSF_UNROLL
    for (size_t i = 0; i < 4; i++) {
        low[i] = vdupq_n_s32(1 << 21);
        upper[i] = vdupq_n_s32(0);
    }
    for (size_t tap = 0; tap < args->count; tap++) {
        const int16x4_t weights = resample_weights(args->words + (tap & ~(size_t)1));
        const uint8x16_t bytes = vld1q_u8(args->rows[tap] + at);
        const int16x8_t halves[2] = {
            vreinterpretq_s16_u16(vmovl_u8(vget_low_u8(bytes))),
            vreinterpretq_s16_u16(vmovl_u8(vget_high_u8(bytes)))};
        const int16x4_t weight_low = tap & 1 ? vdup_lane_s16(weights, 1) : vdup_lane_s16(weights, 0);
        const int16x4_t weight_upper = tap & 1 ? vdup_lane_s16(weights, 3) : vdup_lane_s16(weights, 2);
        HSF_UNROLL
        for (size_t i = 0; i < 4; i++) {
            const int16x4_t samples = i & 1 ? vget_high_s16(halves[i / 2]) : vget_low_s16(halves[i / 2]);
            low[i] = vmlal_s16(low[i], samples, weight_low);
            upper[i] = vmlal_s16(upper[i], samples, weight_upper);
        }
    }
    int16x4_t words[4];
    HSF_UNROLL
    for (size_t i = 0; i < 4; i++) {
        words[i] = resample_join(low[i], upper[i], args->shift);
    }
    vst1q_u8(
        args->output + at,
        vcombine_u8(
            vqmovun_s16(vcombine_s16(words[0], words[1])), vqmovun_s16(vcombine_s16(words[2], words[3]))));
}

void hsf_u8_w22_rows_sat8_16x1__neondot(const hsf_resample_rows_args *args) {
    size_t at = 0;
    for (; at + 16 <= args->bytes; at += 16) {
        resample_block(args, at);
    }
    if (at < args->bytes && at > 0) {
        // Some bytes a second time, rather than one by one.
        resample_block(args, args->bytes - 16);
    } else {
        hsf_resample_rows_tail(args, at);
    }
}

HSF_NEONDOT_END
#endif
