// Compares every kernel of every tier that this machine (or emulator) has with the scalar tier, on fuzzed
// shapes with bytes and weights that favour extremes. Written in C so that it can be cross-compiled and run
// under an emulator: see ./run.
//
//   kernelcheck [rounds] [tier...]    exits 1 on the first difference, 2 if a named tier is missing

#include "CShiftKernels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLACK = HSF_READ_SLACK_BYTES, CANARY = 0xA5 };

static uint64_t state;
static uint32_t next(void) {
    state += 0x9E3779B97F4A7C15;
    uint64_t mixed = state;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
    return (uint32_t)((mixed ^ (mixed >> 31)) >> 16);
}
static int between(int low, int high) { return low + (int)(next() % (uint32_t)(high - low + 1)); }

static void *memory(size_t bytes, int fill) {
    const size_t rounded = (bytes + SLACK + HSF_ALIGNMENT_BYTES - 1) / HSF_ALIGNMENT_BYTES * HSF_ALIGNMENT_BYTES;
    void *block = aligned_alloc(HSF_ALIGNMENT_BYTES, rounded);
    if (block == NULL) {
        abort();
    }
    return memset(block, fill, rounded);
}
static uint8_t *activations(size_t count) {
    static const uint8_t extremes[] = {0, 0, 255, 255, 127, 128};
    uint8_t *bytes = memory(count, 0);
    for (size_t i = 0; i < count + SLACK; i++) {
        const uint32_t kind = next() % 8;
        bytes[i] = kind < 6 ? extremes[kind] : (uint8_t)next();
    }
    return bytes;
}
static int8_t weight(void) {
    static const int8_t codes[] = {64, -64, 64, -64, 1, -1, 0, 8};
    return codes[next() % 8];
}
static int32_t *numbers(size_t count, int low, int high) {
    int32_t *values = memory(count * 4, 0);
    for (size_t i = 0; i < count; i++) {
        values[i] = between(low, high);
    }
    return values;
}

typedef struct outcome {
    uint8_t *bytes;
    size_t count;
} outcome;
static outcome empty_outcome(size_t count) { return (outcome){memory(count, CANARY), count}; }

static void compare(outcome expected, outcome found, const char *what, hsf_tier tier, uint64_t seed) {
    for (size_t i = 0; i < found.count + SLACK; i++) {
        const uint8_t wanted = i < found.count ? expected.bytes[i] : CANARY;
        if (found.bytes[i] != wanted) {
            printf("%s, tier %s, seed %llu: byte %zu of %zu is %d, not %d\n", what, hsf_tier_name(tier),
                   (unsigned long long)seed, i, found.count, found.bytes[i], wanted);
            exit(1);
        }
    }
}

// Bias with the tier's input offset folded in; sums are of the plain weights of each channel.
static int32_t *folded(const int32_t *bias, const int32_t *sums, size_t count, int32_t offset) {
    int32_t *values = memory(count * 4, 0);
    for (size_t i = 0; i < count; i++) {
        values[i] = bias[i] + offset * sums[i];
    }
    return values;
}

// Dot-product order of random rows; sums gets each row's sum.
static int8_t *dot_weights(size_t channels, size_t padded, size_t depth, int32_t *sums) {
    int8_t *packed = memory(padded * depth, 0);
    for (size_t c = 0; c < channels; c++) {
        for (size_t d = 0; d < depth; d++) {
            const int8_t value = weight();
            packed[((c / 16 * (depth / 4) + d / 4) * 16 + c % 16) * 4 + d % 4] = value;
            sums[c] += value;
        }
    }
    return packed;
}

static void check_conv1x1(hsf_tier tier, uint64_t seed) {
    const size_t pixels = between(1, 40), depth = 4 * between(1, 60), channels = 8 * between(1, 30);
    const size_t padded = (channels + 15) / 16 * 16;
    const int adds = between(0, 1);
    int32_t *sums = memory(padded * 4, 0), *bias = numbers(padded, -1000000, 1000000);
    int32_t *shift = numbers(padded, 0, 20), *residual_shift = numbers(padded, 0, 20);
    int8_t *weights = dot_weights(channels, padded, depth, sums);
    uint8_t *input = activations(pixels * depth), *residual = activations(pixels * channels);
    outcome out[2];
    for (int i = 0; i < 2; i++) {
        const hsf_kernels *kernels = hsf_kernels_for_tier(i ? tier : HSF_TIER_SCALAR);
        int32_t *start = folded(bias, sums, padded, kernels->input_offset);
        out[i] = empty_outcome(pixels * channels);
        kernels->conv1x1(&(hsf_conv1x1_args){input, weights, start, shift, adds ? residual : NULL,
                                             adds ? residual_shift : NULL, out[i].bytes, pixels, depth, channels});
        free(start);
    }
    compare(out[0], out[1], "conv1x1", tier, seed);
    void *all[] = {sums, bias, shift, residual_shift, weights, input, residual, out[0].bytes, out[1].bytes};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        free(all[i]);
    }
}

static void check_stem(hsf_tier tier, uint64_t seed) {
    const size_t height = 2 * between(1, 4), width = 2 * between(1, 30), channels = 8 * between(1, 8);
    const size_t padded = (channels + 15) / 16 * 16;
    int32_t *sums = memory(padded * 4, 0), *bias = numbers(padded, -300000, 300000);
    int32_t *shift = numbers(padded, 0, 12);
    int8_t *weights = memory(padded * 36, 0);
    for (size_t c = 0; c < channels; c++) {
        for (size_t d = 0; d < 36; d++) {
            const int8_t value = d % 12 < 9 ? weight() : 0;
            weights[((c / 16 * 9 + d / 4) * 16 + c % 16) * 4 + d % 4] = value;
            sums[c] += value;
        }
    }
    uint8_t *input = activations((height + 2) * (width + 2) * 3);
    outcome out[2];
    for (int i = 0; i < 2; i++) {
        const hsf_kernels *kernels = hsf_kernels_for_tier(i ? tier : HSF_TIER_SCALAR);
        int32_t *start = folded(bias, sums, padded, kernels->input_offset);
        out[i] = empty_outcome(height * width / 4 * channels);
        kernels->stem(&(hsf_stem_args){input, weights, start, shift, out[i].bytes, height, width, channels});
        free(start);
    }
    compare(out[0], out[1], "stem", tier, seed);
    void *all[] = {sums, bias, shift, weights, input, out[0].bytes, out[1].bytes};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        free(all[i]);
    }
}

static void check_depthwise(hsf_tier tier, uint64_t seed) {
    const int stride = between(1, 2), rows = stride == 2 ? 1 : between(1, 2);
    const size_t width = (size_t)(stride * between(1, 20)), channels = 8 * between(1, 40);
    const size_t padded = (channels + 63) / 64 * 64, line = width / (size_t)stride * channels;
    int32_t *bias = numbers(channels, -50000, 50000), *shift = numbers(channels, 0, 12);
    int8_t *plain = memory(channels * 9, 0);
    for (size_t i = 0; i < channels * 9; i++) {
        plain[i] = weight();
    }
    uint8_t *input[4];
    for (int i = 0; i < 4; i++) {
        input[i] = activations(width * channels);
    }
    outcome out[2];
    for (int i = 0; i < 2; i++) {
        const hsf_kernels *kernels = hsf_kernels_for_tier(i ? tier : HSF_TIER_SCALAR);
        int8_t *weights = memory(padded * 24, 0);
        int32_t *start = memory(padded * 4, 0), *shifts = memory(padded * 4, 0);
        for (size_t first = 0, size; first < channels; first += size) {
            size = hsf_depthwise_block(kernels->depthwise_block, channels - first);
            for (size_t c = 0; c < size && first + c < channels; c++) {
                const size_t position = c % 16 / 4 * (size / 4) + c / 16 * 4 + c % 4;
                int32_t sum = 0;
                for (size_t tap = 0; tap < 9; tap++) {
                    const int8_t value = plain[(first + c) * 9 + tap];
                    sum += value;
                    for (size_t row = 0; row < 2; row++) {
                        weights[first * 24 + ((row * 3 + tap % 3) * size + position) * 4 + tap / 3 + row] = value;
                    }
                }
                start[first + position] = bias[first + c] + kernels->input_offset * sum;
                shifts[first + position] = shift[first + c];
            }
        }
        out[i] = empty_outcome((size_t)rows * line);
        const hsf_depthwise_args args = {
            .rows = {input[0], input[1], input[2], rows == 2 ? input[3] : NULL},
            .weights = weights, .bias = start, .shift = shifts,
            .outputs = {out[i].bytes, rows == 2 ? out[i].bytes + line : NULL},
            .width = width, .channels = channels};
        (stride == 1 ? kernels->depthwise_s1 : kernels->depthwise_s2)(&args);
        free(weights);
        free(start);
        free(shifts);
    }
    compare(out[0], out[1], stride == 1 ? "depthwise_s1" : "depthwise_s2", tier, seed);
    void *all[] = {bias, shift, plain, input[0], input[1], input[2], input[3], out[0].bytes, out[1].bytes};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        free(all[i]);
    }
}

static void check_gray_to_rgb(hsf_tier tier, uint64_t seed) {
    const size_t pixels = between(1, 300);
    uint8_t *input = activations(pixels);
    outcome out[2];
    for (int i = 0; i < 2; i++) {
        out[i] = empty_outcome(pixels * 3);
        hsf_kernels_for_tier(i ? tier : HSF_TIER_SCALAR)
            ->gray_to_rgb(&(hsf_gray_to_rgb_args){input, out[i].bytes, pixels});
    }
    compare(out[0], out[1], "gray_to_rgb", tier, seed);
    free(input);
    free(out[0].bytes);
    free(out[1].bytes);
}

static void check_pool(hsf_tier tier, uint64_t seed) {
    const size_t pixels = between(1, 64), channels = 8 * between(1, 40);
    const uint32_t shift = (uint32_t)between(1, 8);
    uint8_t *input = activations(pixels * channels);
    outcome out[2];
    for (int i = 0; i < 2; i++) {
        out[i] = empty_outcome(channels);
        hsf_kernels_for_tier(i ? tier : HSF_TIER_SCALAR)
            ->pool(&(hsf_pool_args){input, out[i].bytes, pixels, channels, shift});
    }
    compare(out[0], out[1], "pool", tier, seed);
    free(input);
    free(out[0].bytes);
    free(out[1].bytes);
}

// Weights of targets: words in pairs, and what their low parts can add.
typedef struct resample_weights {
    uint32_t *words;
    int32_t *counts;
    int32_t *bounds;
} resample_weights;

// As large as a target's sum of magnitudes allows, and often of one sign as in bilinear.
static resample_weights some_resample_weights(size_t targets, size_t taps, int shift) {
    resample_weights made = {memory(targets * taps * 4, 0), numbers(targets, 1, (int)taps), memory(targets * 8, 0)};
    for (size_t target = 0; target < targets; target++) {
        const int count = made.counts[target], half = 1 << (shift - 1);
        const int fits = (32766 << shift) - 1, most = (8 << 20) / count - 1 < fits ? (8 << 20) / count - 1 : fits;
        int32_t bound[2] = {1 << 21, 1 << 21};
        for (int tap = 0; tap < count; tap++) {
            const int weight = between(0, 3) ? between(0, most) : between(-most, most);
            const int upper = (weight + half) >> shift, low = weight - upper * (1 << shift);
            uint32_t *pair = made.words + target * taps + (tap & ~1);
            pair[0] |= ((uint32_t)low & 0xFFFF) << 16 * (tap & 1);
            pair[1] |= ((uint32_t)upper & 0xFFFF) << 16 * (tap & 1);
            bound[low > 0] += 255 * low;
        }
        made.bounds[2 * target] = bound[0] >> shift;
        made.bounds[2 * target + 1] = bound[1] >> shift;
    }
    return made;
}

static void free_resample_weights(resample_weights weights) {
    free(weights.words);
    free(weights.counts);
    free(weights.bounds);
}

static void check_resample_columns(hsf_tier tier, uint64_t seed) {
    const size_t taps = 2 * between(1, 9), pixels = taps + between(0, 60), targets = between(1, 40);
    const size_t rows = between(1, HSF_RESAMPLE_ROWS_MAX);
    const int shift = between(5, 8);
    int32_t *firsts = numbers(targets, 0, (int)(pixels - taps));
    resample_weights weights = some_resample_weights(targets, taps, shift);
    const uint8_t *input[HSF_RESAMPLE_ROWS_MAX];
    uint8_t *outputs[HSF_RESAMPLE_ROWS_MAX];
    size_t low = pixels, end = 0;
    for (size_t target = 0; target < targets; target++) {
        const size_t first = firsts[target], last = first + weights.counts[target];
        low = first < low ? first : low;
        end = last > end ? last : end;
    }
    // Every row apart, so that the sanitiser sees what is read beyond one.
    for (size_t row = 0; row < rows; row++) {
        uint8_t *bytes = activations(pixels * 3), *exact = malloc(pixels * 3);
        input[row] = memcpy(exact, bytes, pixels * 3);
        free(bytes);
    }
    uint8_t *scratch = malloc(hsf_resample_scratch_bytes(end - low, targets));
    outcome out[2];
    for (int i = 0; i < 2; i++) {
        out[i] = empty_outcome(rows * targets * 3);
        for (size_t row = 0; row < rows; row++) {
            outputs[row] = out[i].bytes + row * targets * 3;
        }
        hsf_kernels_for_tier(i ? tier : HSF_TIER_SCALAR)
            ->resample_columns(&(hsf_resample_columns_args){
                input, outputs, firsts, weights.counts, weights.words, weights.bounds, scratch, taps, targets, rows,
                pixels * 3, low, end, (size_t)shift});
    }
    compare(out[0], out[1], "resample_columns", tier, seed);
    for (size_t row = 0; row < rows; row++) {
        free((void *)input[row]);
    }
    free(scratch);
    free(firsts);
    free_resample_weights(weights);
    free(out[0].bytes);
    free(out[1].bytes);
}

static void check_resample_rows(hsf_tier tier, uint64_t seed) {
    enum { TAPS_MAX = 18 };
    const size_t taps = 2 * between(1, TAPS_MAX / 2), bytes = between(1, 150);
    const int shift = between(5, 8);
    resample_weights weights = some_resample_weights(1, taps, shift);
    const uint8_t *rows[TAPS_MAX];
    uint8_t *input = activations(taps * bytes);
    for (size_t tap = 0; tap < taps; tap++) {
        rows[tap] = input + tap * bytes;
    }
    outcome out[2];
    for (int i = 0; i < 2; i++) {
        out[i] = empty_outcome(bytes);
        hsf_kernels_for_tier(i ? tier : HSF_TIER_SCALAR)
            ->resample_rows(&(hsf_resample_rows_args){
                rows, weights.words, weights.bounds, out[i].bytes, (size_t)weights.counts[0], bytes, (size_t)shift});
    }
    compare(out[0], out[1], "resample_rows", tier, seed);
    free_resample_weights(weights);
    free(input);
    free(out[0].bytes);
    free(out[1].bytes);
}

static void check_dense(hsf_tier tier, uint64_t seed) {
    const size_t images = between(1, 9), depth = 4 * between(1, 80), classes = 16 * between(1, 20);
    int32_t *bias = numbers(classes, -1000000, 1000000);
    uint8_t *features = activations(images * depth);
    // The whole range of int8: pairs of such products do not fit 16 bits.
    uint8_t *weights = activations(classes * depth);
    outcome out[2];
    for (int i = 0; i < 2; i++) {
        out[i] = empty_outcome(images * classes * 4);
        hsf_kernels_for_tier(i ? tier : HSF_TIER_SCALAR)
            ->dense_u8s8_s32(&(hsf_dense_args){features, (int8_t *)weights, bias, (int32_t *)(void *)out[i].bytes,
                                               images, depth, classes});
    }
    compare(out[0], out[1], "dense", tier, seed);
    void *all[] = {bias, features, weights, out[0].bytes, out[1].bytes};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        free(all[i]);
    }
}

int main(int count, char **arguments) {
    static void (*const checks[])(hsf_tier, uint64_t) = {
        check_conv1x1, check_stem, check_depthwise, check_gray_to_rgb, check_pool, check_resample_columns,
        check_resample_rows, check_dense};
    const int rounds = count > 1 ? atoi(arguments[1]) : 100;
    for (int i = 2; i < count; i++) {
        if (hsf_select_tier(arguments[i]) < 0) {
            printf("tier %s is not supported here\n", arguments[i]);
            return 2;
        }
    }
    for (int tier = 0; tier < HSF_TIER_COUNT; tier++) {
        if (!hsf_tier_is_supported((hsf_tier)tier)) {
            continue;
        }
        for (int round = 0; round < rounds; round++) {
            for (size_t family = 0; family < sizeof checks / sizeof *checks; family++) {
                state = (uint64_t)round * 16 + family;
                checks[family]((hsf_tier)tier, state);
            }
        }
        printf("%s: %d rounds of %zu families equal the scalar tier\n", hsf_tier_name((hsf_tier)tier), rounds,
               sizeof checks / sizeof *checks);
    }
    return 0;
}
