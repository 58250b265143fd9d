// NEON dot-product tier, 1x1 convolution and stem.

#include "neondot.h"

#if defined(__aarch64__)
HSF_NEONDOT_BEGIN

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

HSF_NEONDOT_END
#endif
