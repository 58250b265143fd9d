#ifndef HSF_KERNELS_H
#define HSF_KERNELS_H

#include "CShiftKernels.h"

#include <string.h>

// Declarations of all kernels, from the inventory.
#define HSF_KERNEL(family, tier, symbol, tile) hsf_##family##_fn symbol;
#include "inventory.inc"
#undef HSF_KERNEL

// Keeps the compiler from knowing what a vector register holds. HSF_REGISTER is the machine's letter for one.
#define HSF_FORGET(value) __asm__ volatile("" : HSF_REGISTER(value))
#if defined(__aarch64__)
#define HSF_REGISTER "+w"
#else
#define HSF_REGISTER "+x"
#endif

#define HSF_INLINE static inline __attribute__((always_inline))
#if defined(__clang__)
#define HSF_UNROLL _Pragma("clang loop unroll(full)")
#else
#define HSF_UNROLL _Pragma("GCC unroll 32")
#endif

HSF_INLINE size_t hsf_min(size_t a, size_t b) { return a < b ? a : b; }

// Pixels of a gray image one by one: the tail of the vector kernels.
HSF_INLINE void hsf_gray_to_rgb_tail(const hsf_gray_to_rgb_args *args, size_t pixel) {
    for (; pixel < args->pixels; pixel++) {
        memset(args->output + 3 * pixel, args->input[pixel], 3);
    }
}

// The weight of a tap, put together from its pair's words.
HSF_INLINE int32_t hsf_resample_weight(const uint32_t *words, size_t tap, size_t shift) {
    const uint32_t *pair = words + (tap & ~(size_t)1);
    const int16_t low = (int16_t)(pair[0] >> 16 * (tap & 1)), upper = (int16_t)(pair[1] >> 16 * (tap & 1));
    return upper * (1 << shift) + low;
}

HSF_INLINE uint8_t hsf_resample_byte(int32_t sum) {
    const int32_t value = sum >> 22;
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

// Bytes of a resampled row one by one, from `at` on.
HSF_INLINE void hsf_resample_rows_tail(const hsf_resample_rows_args *args, size_t at) {
    for (; at < args->bytes; at++) {
        int32_t sum = 1 << 21;
        for (size_t tap = 0; tap < args->count; tap++) {
            sum += hsf_resample_weight(args->words, tap, args->shift) * args->rows[tap][at];
        }
        args->output[at] = hsf_resample_byte(sum);
    }
}

// Four bytes at any address, as they lie in memory.
HSF_INLINE int32_t hsf_load4(const uint8_t *bytes) {
    int32_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

#endif
