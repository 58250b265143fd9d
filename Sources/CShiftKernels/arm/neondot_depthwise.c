// NEON dot-product tier, depthwise convolution: 16 channels and one or two output rows at a time.

#include "neondot.h"

#if defined(__aarch64__)
HSF_NEONDOT_BEGIN

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
    const hsf_depthwise_args *args, const hsf_column *columns, size_t channel, size_t offset,
    const size_t row) {
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

HSF_NEONDOT_END
#endif
