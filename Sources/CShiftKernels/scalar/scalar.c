// Scalar tier: plain C that any compiler turns into something correct. The contracts are in the header.

#include "../kernels.h"

HSF_INLINE uint8_t saturate(int32_t value) {
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

// Vectors of the C dialect, not of a machine: compilers lower them to whatever the target's base has.
typedef int16_t halves __attribute__((vector_size(16)));
typedef int32_t words __attribute__((vector_size(16)));
typedef int8_t eight_bytes __attribute__((vector_size(8)));

// Sums of neighbouring products; compilers know this form as the multiply-and-add of 16-bit numbers.
HSF_INLINE words products_of_pairs(halves a, halves b) {
    const words even = __builtin_convertvector(__builtin_shufflevector(a, a, 0, 2, 4, 6), words) *
                       __builtin_convertvector(__builtin_shufflevector(b, b, 0, 2, 4, 6), words);
    const words odd = __builtin_convertvector(__builtin_shufflevector(a, a, 1, 3, 5, 7), words) *
                      __builtin_convertvector(__builtin_shufflevector(b, b, 1, 3, 5, 7), words);
    return even + odd;
}

// Adds four products to each of 16 sums, `part[i]` holding two halves of the sums 2 * i and 2 * i + 1.
HSF_INLINE void accumulate(words part[8], const uint8_t *bytes, const int8_t *weights) {
    const halves factors = {bytes[0], bytes[1], bytes[2], bytes[3], bytes[0], bytes[1], bytes[2], bytes[3]};
    HSF_UNROLL
    for (size_t i = 0; i < 8; i++) {
        eight_bytes eight;
        memcpy(&eight, weights + 8 * i, sizeof eight);
        part[i] += products_of_pairs(factors, __builtin_convertvector(eight, halves));
    }
}

// Adds the two halves of each sum to the bias.
HSF_INLINE void collect(int32_t acc[16], const int32_t *bias, const words part[8]) {
    for (size_t lane = 0; lane < 16; lane++) {
        acc[lane] = bias[lane] + part[lane / 2][lane % 2 * 2] + part[lane / 2][lane % 2 * 2 + 1];
    }
}

void hsf_u8_po2_conv1x1_sat8_1x16__scalar(const hsf_conv1x1_args *args) {
    const size_t groups = args->input_channels / 4;
    for (size_t pixel = 0; pixel < args->pixels; pixel++) {
        const uint8_t *input = args->input + pixel * args->input_channels;
        for (size_t first = 0; first < args->output_channels; first += 16) {
            const int8_t *weights = args->weights + first * args->input_channels;
            const size_t target = pixel * args->output_channels + first;
            words part[8] = {0};
            for (size_t group = 0; group < groups; group++) {
                accumulate(part, input + 4 * group, weights + 64 * group);
            }
            int32_t acc[16];
            collect(acc, args->bias + first, part);
            const size_t lanes = hsf_min(16, args->output_channels - first);
            for (size_t lane = 0; lane < lanes; lane++) {
                int32_t value = acc[lane];
                if (args->residual != NULL) {
                    value += (int32_t)args->residual[target + lane] << args->residual_shift[first + lane];
                }
                args->output[target + lane] = saturate(value >> args->shift[first + lane]);
            }
        }
    }
}

HSF_INLINE void depthwise(const hsf_depthwise_args *args, size_t stride) {
    for (size_t row = 0; row < 2 && args->outputs[row] != NULL; row++) {
        for (size_t column = 0; column < args->width / stride; column++) {
            uint8_t *output = args->outputs[row] + column * args->channels;
            for (size_t channel = 0; channel < args->channels; channel++) {
                // In blocks of 16, positions are channels.
                const size_t start = channel / 16 * 16;
                int32_t acc = args->bias[channel];
                for (size_t x = 0; x < 3; x++) {
                    const size_t source = column * stride + x;
                    if (source < 1 || source > args->width) {
                        continue;
                    }
                    const int8_t *weights =
                        args->weights + start * 24 + ((row * 3 + x) * 16 + channel % 16) * 4;
                    for (size_t y = row; y < row + 3; y++) {
                        acc += (int32_t)args->rows[y][(source - 1) * args->channels + channel] * weights[y];
                    }
                }
                output[channel] = saturate(acc >> args->shift[channel]);
            }
        }
    }
}

void hsf_u8_po2_dw3x3s1_sat8_1x1__scalar(const hsf_depthwise_args *args) { depthwise(args, 1); }
void hsf_u8_po2_dw3x3s2_sat8_1x1__scalar(const hsf_depthwise_args *args) { depthwise(args, 2); }

void hsf_u8_po2_stem3x3s2_sat8_1x16__scalar(const hsf_stem_args *args) {
    const size_t row_bytes = (args->width + 2) * 3;
    const size_t out_width = args->width / 2;
    for (size_t pixel = 0; pixel < args->height / 2 * out_width; pixel++) {
        const uint8_t *input = args->input + pixel / out_width * 2 * row_bytes + pixel % out_width * 6;
        for (size_t first = 0; first < args->output_channels; first += 16) {
            const int8_t *weights = args->weights + first * 36;
            words part[8] = {0};
            for (size_t group = 0; group < 9; group++) {
                accumulate(part, input + group / 3 * row_bytes + group % 3 * 4, weights + 64 * group);
            }
            int32_t acc[16];
            collect(acc, args->bias + first, part);
            const size_t lanes = hsf_min(16, args->output_channels - first);
            for (size_t lane = 0; lane < lanes; lane++) {
                args->output[pixel * args->output_channels + first + lane] =
                    saturate(acc[lane] >> args->shift[first + lane]);
            }
        }
    }
}

void hsf_u8_gray_to_rgb_u8_1x1__scalar(const hsf_gray_to_rgb_args *args) { hsf_gray_to_rgb_tail(args, 0); }

void hsf_u8_ones_pool_sat8_1x1__scalar(const hsf_pool_args *args) {
    const uint32_t half = 1u << (args->shift - 1);
    for (size_t channel = 0; channel < args->channels; channel++) {
        uint32_t sum = half;
        for (size_t pixel = 0; pixel < args->pixels; pixel++) {
            sum += args->input[pixel * args->channels + channel];
        }
        sum >>= args->shift;
        args->output[channel] = (uint8_t)(sum > 255 ? 255 : sum);
    }
}

void hsf_u8_s8_dense_s32_1x16__scalar(const hsf_dense_args *args) {
    for (size_t image = 0; image < args->images; image++) {
        const uint8_t *features = args->features + image * args->depth;
        for (size_t first = 0; first < args->classes; first += 16) {
            const int8_t *weights = args->weights + first * args->depth;
            words part[8] = {0};
            for (size_t group = 0; group < args->depth / 4; group++) {
                accumulate(part, features + 4 * group, weights + 64 * group);
            }
            int32_t acc[16];
            collect(acc, args->bias + first, part);
            memcpy(args->logits + image * args->classes + first, acc, sizeof acc);
        }
    }
}
