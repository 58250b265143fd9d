#ifndef HSF_KERNELS_H
#define HSF_KERNELS_H

#include "CShiftKernels.h"

#include <string.h>

// Declarations of all kernels, from the inventory.
#define HSF_KERNEL(family, tier, symbol, tile) hsf_##family##_fn symbol;
#include "inventory.inc"
#undef HSF_KERNEL

#define HSF_INLINE static inline __attribute__((always_inline))
#define HSF_UNROLL _Pragma("clang loop unroll(full)")

HSF_INLINE size_t hsf_min(size_t a, size_t b) { return a < b ? a : b; }

// Four bytes at any address, as they lie in memory.
HSF_INLINE int32_t hsf_load4(const uint8_t *bytes) {
    int32_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

// The input row `row` of a depthwise layer, or a row of zeros with a pixel step of 0.
typedef struct hsf_row {
    const uint8_t *start;
    size_t step;
} hsf_row;

HSF_INLINE hsf_row hsf_depthwise_row(const hsf_depthwise_args *args, ptrdiff_t row) {
    if (row < 0 || row >= (ptrdiff_t)args->height) {
        return (hsf_row){args->zeros, 0};
    }
    return (hsf_row){args->input + (size_t)row * args->width * args->channels, args->channels};
}

#endif
