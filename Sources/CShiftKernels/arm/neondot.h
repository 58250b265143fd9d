#ifndef HSF_NEONDOT_H
#define HSF_NEONDOT_H

// What the files of the NEON dot-product tier share. sdot (Armv8.2) multiplies signed by signed bytes, so kernels
// flip bit 7 of the activation bytes, and the caller folds 128 * sum(weights) into the bias (the table's
// input_offset).

#include "../kernels.h"

#if defined(__aarch64__)
#include <arm_neon.h>

#if defined(__clang__)
#define HSF_NEONDOT_BEGIN \
    _Pragma("clang attribute push(__attribute__((target(\"dotprod\"))), apply_to = function)")
#define HSF_NEONDOT_END _Pragma("clang attribute pop")
#else
#define HSF_NEONDOT_BEGIN _Pragma("GCC push_options") _Pragma("GCC target(\"arch=armv8.2-a+dotprod\")")
#define HSF_NEONDOT_END _Pragma("GCC pop_options")
#endif

HSF_NEONDOT_BEGIN

HSF_INLINE int8x16_t flipped(uint8x16_t bytes) {
    return vreinterpretq_s8_u8(veorq_u8(bytes, vdupq_n_u8(0x80)));
}

// Four neighbouring bytes in every lane of 32 bits, flipped.
HSF_INLINE int8x16_t broadcast4(const uint8_t *bytes) {
    return flipped(vreinterpretq_u8_s32(vdupq_n_s32(hsf_load4(bytes))));
}

// Shifts 16 sums right, saturates them to bytes.
HSF_INLINE uint8x16_t narrow(const int32x4_t sum[4], const int32_t *shift) {
    int16x4_t words[4];
    HSF_UNROLL
    for (size_t v = 0; v < 4; v++) {
        words[v] = vqmovn_s32(vshlq_s32(sum[v], vnegq_s32(vld1q_s32(shift + 4 * v))));
    }
    return vcombine_u8(
        vqmovun_s16(vcombine_s16(words[0], words[1])), vqmovun_s16(vcombine_s16(words[2], words[3])));
}

// Stores the first `count` bytes, 8 or at least 16.
HSF_INLINE void store(uint8_t *target, uint8x16_t bytes, size_t count) {
    if (count >= 16) {
        vst1q_u8(target, bytes);
    } else {
        vst1_u8(target, vget_low_u8(bytes));
    }
}

HSF_NEONDOT_END
#endif
#endif
