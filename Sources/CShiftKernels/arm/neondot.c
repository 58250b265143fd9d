// NEON tier with byte dot products (sdot, Armv8.2): both operands are signed, so kernels flip bit 7 of the
// activation bytes, and the caller folds 128 * sum(weights) into the bias (the table's input_offset).

#include "../kernels.h"

#if defined(__aarch64__)
#include <arm_neon.h>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("arch=armv8.2-a+dotprod")
#endif

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

#define GROUP(lane) \
    HSF_UNROLL \
    for (size_t v = 0; v < 4; v++) { \
        const int8x16_t column = vld1q_s8(weights + 64 * lane + 16 * v); \
        HSF_UNROLL \
        for (size_t p = 0; p < tile; p++) { \
            acc[p][v] = vdotq_laneq_s32(acc[p][v], column, bytes[p], lane); \
        } \
    }

HSF_INLINE void conv1x1_tile(const hsf_conv1x1_args *args, size_t pixel, size_t first, const size_t tile) {
    const size_t depth = args->input_channels;
    const size_t channels = args->output_channels;
    const uint8_t *input = args->input + pixel * depth;
    const int8_t *weights = args->weights + first * depth;
    int32x4_t acc[4][4];
    HSF_UNROLL
    for (size_t p = 0; p < tile; p++) {
        HSF_UNROLL
        for (size_t v = 0; v < 4; v++) {
            acc[p][v] = vld1q_s32(args->bias + first + 4 * v);
        }
    }
    size_t d = 0;
    for (; d + 16 <= depth; d += 16, weights += 256) {
        int8x16_t bytes[4];
        HSF_UNROLL
        for (size_t p = 0; p < tile; p++) {
            bytes[p] = flipped(vld1q_u8(input + p * depth + d));
        }
        GROUP(0)
        GROUP(1)
        GROUP(2)
        GROUP(3)
    }
    for (; d < depth; d += 4, weights += 64) {
        int8x16_t bytes[4];
        HSF_UNROLL
        for (size_t p = 0; p < tile; p++) {
            bytes[p] = broadcast4(input + p * depth + d);
        }
        GROUP(0)
    }
    HSF_UNROLL
    for (size_t p = 0; p < tile; p++) {
        const size_t target = (pixel + p) * channels + first;
        if (args->residual != NULL) {
            const uint16x8_t low = vmovl_u8(vld1_u8(args->residual + target));
            const uint16x8_t high = vmovl_u8(vld1_u8(args->residual + target + 8));
            const uint32x4_t wide[4] = {
                vmovl_u16(vget_low_u16(low)), vmovl_u16(vget_high_u16(low)), vmovl_u16(vget_low_u16(high)),
                vmovl_u16(vget_high_u16(high))};
            HSF_UNROLL
            for (size_t v = 0; v < 4; v++) {
                const int32x4_t shift = vld1q_s32(args->residual_shift + first + 4 * v);
                acc[p][v] = vaddq_s32(acc[p][v], vshlq_s32(vreinterpretq_s32_u32(wide[v]), shift));
            }
        }
        store(args->output + target, narrow(acc[p], args->shift + first), channels - first);
    }
}

void hsf_u8_po2_conv1x1_sat8_4x16__neondot(const hsf_conv1x1_args *args) {
    for (size_t first = 0; first < args->output_channels; first += 16) {
        size_t pixel = 0;
        for (; pixel + 4 <= args->pixels; pixel += 4) {
            conv1x1_tile(args, pixel, first, 4);
        }
        for (; pixel < args->pixels; pixel++) {
            conv1x1_tile(args, pixel, first, 1);
        }
    }
}

void hsf_u8_po2_stem3x3s2_sat8_1x16__neondot(const hsf_stem_args *args) {
    const size_t row_bytes = (args->width + 2) * 3;
    const size_t out_width = args->width / 2;
    for (size_t pixel = 0; pixel < args->height / 2 * out_width; pixel++) {
        const uint8_t *input = args->input + pixel / out_width * 2 * row_bytes + pixel % out_width * 6;
        for (size_t first = 0; first < args->output_channels; first += 16) {
            const int8_t *weights = args->weights + first * 36;
            int32x4_t acc[4];
            HSF_UNROLL
            for (size_t v = 0; v < 4; v++) {
                acc[v] = vld1q_s32(args->bias + first + 4 * v);
            }
            HSF_UNROLL
            for (size_t group = 0; group < 9; group++) {
                const int8x16_t bytes = broadcast4(input + group / 3 * row_bytes + group % 3 * 4);
                HSF_UNROLL
                for (size_t v = 0; v < 4; v++) {
                    acc[v] = vdotq_s32(acc[v], vld1q_s8(weights + 64 * group + 16 * v), bytes);
                }
            }
            uint8_t *target = args->output + pixel * args->output_channels + first;
            store(target, narrow(acc, args->shift + first), args->output_channels - first);
        }
    }
}

// One pixel column of 16 channels: per channel the bytes of rows 0 to 3, flipped.
typedef struct hsf_column {
    int8x16_t part[4];
} hsf_column;

HSF_INLINE hsf_column load_column(const hsf_depthwise_args *args, size_t offset, const size_t rows) {
    const uint8x16_t row0 = vld1q_u8(args->rows[0] + offset);
    const uint8x16_t row1 = vld1q_u8(args->rows[1] + offset);
    const uint8x16_t row2 = vld1q_u8(args->rows[2] + offset);
    const uint8x16_t row3 = rows == 4 ? vld1q_u8(args->rows[3] + offset) : row2;
    const uint16x8_t upper_low = vreinterpretq_u16_u8(vzip1q_u8(row0, row1));
    const uint16x8_t upper_high = vreinterpretq_u16_u8(vzip2q_u8(row0, row1));
    const uint16x8_t lower_low = vreinterpretq_u16_u8(vzip1q_u8(row2, row3));
    const uint16x8_t lower_high = vreinterpretq_u16_u8(vzip2q_u8(row2, row3));
    return (hsf_column){{
        flipped(vreinterpretq_u8_u16(vzip1q_u16(upper_low, lower_low))),
        flipped(vreinterpretq_u8_u16(vzip2q_u16(upper_low, lower_low))),
        flipped(vreinterpretq_u8_u16(vzip1q_u16(upper_high, lower_high))),
        flipped(vreinterpretq_u8_u16(vzip2q_u16(upper_high, lower_high))),
    }};
}

// One output row (`row` 0 or 1) of one pixel and 16 channels.
HSF_INLINE void finish(
    const hsf_depthwise_args *args, const hsf_column *columns, size_t channel, size_t offset, const size_t row) {
    const int8_t *weights = args->weights + channel * 24 + row * 192;
    int32x4_t acc[4];
    HSF_UNROLL
    for (size_t v = 0; v < 4; v++) {
        acc[v] = vld1q_s32(args->bias + channel + 4 * v);
        HSF_UNROLL
        for (size_t x = 0; x < 3; x++) {
            acc[v] = vdotq_s32(acc[v], columns[x].part[v], vld1q_s8(weights + 64 * x + 16 * v));
        }
    }
    store(args->outputs[row] + offset, narrow(acc, args->shift + channel), args->channels - channel);
}

HSF_INLINE void depthwise(const hsf_depthwise_args *args, const size_t stride, const size_t rows) {
    const size_t channels = args->channels;
    const int8x16_t zero = vdupq_n_s8(-128);
    const hsf_column none = {{zero, zero, zero, zero}};
    for (size_t channel = 0; channel < channels; channel += 16) {
        hsf_column columns[3] = {none, none, none};
        if (stride == 1) {
            columns[1] = load_column(args, channel, rows + 2);
        }
        for (size_t x = 0; x < args->width / stride; x++) {
            const size_t offset = x * channels + channel;
            if (stride == 1) {
                columns[2] = x + 1 < args->width ? load_column(args, offset + channels, rows + 2) : none;
            } else {
                columns[1] = load_column(args, 2 * x * channels + channel, 3);
                columns[2] = load_column(args, (2 * x + 1) * channels + channel, 3);
            }
            HSF_UNROLL
            for (size_t row = 0; row < rows; row++) {
                finish(args, columns, channel, offset, row);
            }
            columns[0] = stride == 1 ? columns[1] : columns[2];
            columns[1] = columns[2];
        }
    }
}

void hsf_u8_po2_dw3x3s1_sat8_2x16__neondot(const hsf_depthwise_args *args) {
    if (args->outputs[1] != NULL) {
        depthwise(args, 1, 2);
    } else {
        depthwise(args, 1, 1);
    }
}

void hsf_u8_po2_dw3x3s2_sat8_1x16__neondot(const hsf_depthwise_args *args) { depthwise(args, 2, 1); }

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

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
