// Scalar tier, resampling: a weight put together again, a 32-bit product, one tap after the other.

#include "../kernels.h"

void hsf_u8_w22_columns_sat8_1x1__scalar(const hsf_resample_columns_args *args) {
    for (size_t target = 0; target < args->targets; target++) {
        const uint32_t *words = args->words + target * args->taps;
        const size_t first = 3 * (size_t)args->firsts[target], count = (size_t)args->counts[target];
        for (size_t row = 0; row < args->row_count; row++) {
            const uint8_t *pixels = args->rows[row] + first;
            int32_t sum[3] = {1 << 21, 1 << 21, 1 << 21};
            for (size_t tap = 0; tap < count; tap++) {
                const int32_t weight = hsf_resample_weight(words, tap, args->shift);
                for (size_t colour = 0; colour < 3; colour++) {
                    sum[colour] += weight * pixels[3 * tap + colour];
                }
            }
            for (size_t colour = 0; colour < 3; colour++) {
                args->outputs[row][3 * target + colour] = hsf_resample_byte(sum[colour]);
            }
        }
    }
}

void hsf_u8_w22_rows_sat8_64x1__scalar(const hsf_resample_rows_args *args) {
    enum { BLOCK = 64 };
    size_t at = 0;
    for (; at + BLOCK <= args->bytes; at += BLOCK) {
        int32_t sum[BLOCK];
        for (size_t i = 0; i < BLOCK; i++) {
            sum[i] = 1 << 21;
        }
        for (size_t tap = 0; tap < args->count; tap++) {
            const int32_t weight = hsf_resample_weight(args->words, tap, args->shift);
            const uint8_t *row = args->rows[tap] + at;
            for (size_t i = 0; i < BLOCK; i++) {
                sum[i] += weight * row[i];
            }
        }
        for (size_t i = 0; i < BLOCK; i++) {
            args->output[at + i] = hsf_resample_byte(sum[i]);
        }
    }
    hsf_resample_rows_tail(args, at);
}
