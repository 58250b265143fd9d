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

// Four bytes at any address, as they lie in memory.
HSF_INLINE int32_t hsf_load4(const uint8_t *bytes) {
    int32_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

#endif
