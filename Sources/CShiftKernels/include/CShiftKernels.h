#ifndef C_SHIFT_KERNELS_H
#define C_SHIFT_KERNELS_H

// Integer microkernels of the hardened datapath and of the resize before it, one per instruction set tier,
// behind one table.
//
// Common rules: no allocation, no globals but constant tables, no floating point. Every kernel of a
// family gives the same bytes in every tier. Multiplying by a power-of-two weight is allowed because
// it is identical to shifting.
//
// Padding: every buffer of activation bytes that a kernel reads is followed by at least
// HSF_READ_SLACK_BYTES readable bytes, whose values do not matter. No kernel writes past its output.
//
// Offset bytes: signed activations are held as x + 128 (bit 7 flipped). The caller folds the offset of
// inputs, residuals and outputs into the bias, so all kernels read and write unsigned bytes:
//   input s8:    bias -= 128 * sum(weights)
//   residual s8: bias -= 128 << residual_shift
//   output s8:   bias += 128 << shift
//   rounding:    bias += shift == 0 ? 0 : 1 << (shift - 1)
// The result is min(255, max(0, sum >> shift)) with an arithmetic shift. Sums stay within int32 by
// AccumulatorBound: |true sum| < 2^30, and 128 << shift <= 2^27.

#include <stddef.h>
#include <stdint.h>

#define HSF_READ_SLACK_BYTES 64
// Packed parameter arrays (weights, bias, shift) start at multiples of this many bytes.
#define HSF_ALIGNMENT_BYTES 64

// ---------------------------------------------------------------------------------------------------
// Instruction set tiers
// ---------------------------------------------------------------------------------------------------

typedef enum hsf_tier {
    HSF_TIER_SCALAR = 0,
    HSF_TIER_AVX2 = 1,
    HSF_TIER_AVX512VNNI = 2,
    HSF_TIER_NEONDOT = 3,
} hsf_tier;

#define HSF_TIER_COUNT 4

// 1 if the tier is compiled in and this CPU and its operating system support it.
int hsf_tier_is_supported(hsf_tier tier);

// Value of the environment variable HASHIFLEX_ISA, or NULL. The table does not apply it: the Swift
// side does, so that an unknown value is an error with words and not a silent choice.
const char *hsf_requested_isa(void);

#define HSF_TIER_UNKNOWN (-1)
#define HSF_TIER_UNSUPPORTED (-2)

// The tier to use: the one called `name` ("scalar", "avx2", "avx512vnni", "neondot"), or the best one of this
// CPU if `name` is NULL. HSF_TIER_UNKNOWN for another name, HSF_TIER_UNSUPPORTED for a tier this CPU lacks.
int hsf_select_tier(const char *name);

// Name of a tier, as above.
const char *hsf_tier_name(hsf_tier tier);

// ---------------------------------------------------------------------------------------------------
// Packed weights, the same for all tiers
// ---------------------------------------------------------------------------------------------------
//
// Dot-product order, used by conv1x1, stem and dense: depth in groups of 4, channels in blocks of 16.
//   packed[((block * groups + group) * 16 + lane) * 4 + k] = weight[block * 16 + lane][group * 4 + k]
// Channels beyond the last have zero weights; so do depths beyond the last.
//
// Depthwise order: channels in blocks, as hsf_depthwise_block says. Within a block of B channels, channel c
// (0 to B - 1) has the position
//   c % 16 / 4 * (B / 4) + c / 16 * 4 + c % 4
// in bias and shift, and the weights of kernel column x (0...2) for the upper (0) or lower (1) of two output
// rows are, as the bytes of input rows 0 to 3,
//   packed[start * 24 + ((row * 3 + x) * B + position) * 4 + y + row] = weight[channel][y][x]
// with zeros elsewhere, start being the block's first channel. Channels beyond the last have zero weights,
// bias and shift; the arrays are as long as the channels rounded up to a multiple of 64.

// Channels of the next block when `channels_left` are left: `largest` (the table's depthwise_block), or half
// of it where that is 64 and half suffices.
static inline size_t hsf_depthwise_block(size_t largest, size_t channels_left) {
    return largest == 64 && channels_left <= 32 ? 32 : largest;
}

// ---------------------------------------------------------------------------------------------------
// Families
// ---------------------------------------------------------------------------------------------------

// 1x1 convolution with fused requantisation, with or without a residual.
typedef struct hsf_conv1x1_args {
    const uint8_t *input;             // [pixels][input_channels]
    const int8_t *weights;            // dot-product order, |weight| <= 64
    const int32_t *bias;              // [output_channels rounded up to 16], offsets folded in
    const int32_t *shift;             // [output_channels rounded up to 16], 0...20
    const uint8_t *residual;          // [pixels][output_channels] offset bytes, or NULL
    const int32_t *residual_shift;    // [output_channels rounded up to 16], 0...20, or NULL
    uint8_t *output;                  // [pixels][output_channels]; overlaps no input
    size_t pixels;                    // >= 1
    size_t input_channels;            // multiple of 4
    size_t output_channels;           // multiple of 8
} hsf_conv1x1_args;
typedef void hsf_conv1x1_fn(const hsf_conv1x1_args *args);

// Depthwise 3x3 with fused requantisation, zero padding of 1, stride 1 or 2 (two families): one output row from
// three input rows, or two neighbouring ones (stride 1 only) from four. Rows are [width][channels] bytes; the
// caller passes a row of zeros for one outside the image.
typedef struct hsf_depthwise_args {
    const uint8_t *rows[4];    // input rows from the one above the first output row on; [3] if outputs[1]
    const int8_t *weights;     // depthwise order
    const int32_t *bias;       // depthwise order
    const int32_t *shift;      // depthwise order
    uint8_t *outputs[2];       // [width / stride][channels] each; [1] is NULL for one output row
    size_t width;              // of the input, >= 1; even for stride 2
    size_t channels;           // multiple of 8
} hsf_depthwise_args;
typedef void hsf_depthwise_s1_fn(const hsf_depthwise_args *args);
typedef void hsf_depthwise_s2_fn(const hsf_depthwise_args *args);

// Stem: 3x3, stride 2, over an RGB image that the caller has padded with one pixel on each side.
typedef struct hsf_stem_args {
    const uint8_t *input;     // [height + 2][width + 2][3]
    const int8_t *weights;    // dot-product order with 36 depths: row * 12 + column * 3 + colour, 9 of 12
    const int32_t *bias;      // [output_channels rounded up to 16]
    const int32_t *shift;     // [output_channels rounded up to 16]
    uint8_t *output;          // [height / 2][width / 2][output_channels]
    size_t height;            // even, >= 2
    size_t width;             // even, >= 2
    size_t output_channels;   // multiple of 8
} hsf_stem_args;
typedef void hsf_stem_fn(const hsf_stem_args *args);

// Every byte three times: a gray image as RGB. Nothing beyond the last byte is written.
typedef struct hsf_gray_to_rgb_args {
    const uint8_t *input;    // [pixels], no slack needed
    uint8_t *output;         // [pixels][3]
    size_t pixels;
} hsf_gray_to_rgb_args;
typedef void hsf_gray_to_rgb_fn(const hsf_gray_to_rgb_args *args);

// Resampling of RGB pixels by weights of 22 fraction bits, in two families: along rows of pixels (columns) and
// across them (rows). The result is min(255, max(0, (sum of weight * sample + 2^21) >> 22)) per colour.
//
// Weights of a target come in pairs, two words a pair: the low parts of both, then their upper parts, as signed
// 16-bit numbers, the even tap's below; the odd one of a missing tap is 0. A weight is upper * 2^shift + low, with
// low in -2^(shift-1) to 2^(shift-1) - 1. |weight| < 2^23, and the sum of a target's |weight| is below 2 * 2^22, so
// that sums fit int32. At most 32768 taps. No slack is needed anywhere.
//
// The bounds of a target are the least and the most that 2^21 and the low parts add: (2^21 + 255 * sum of the
// negative low parts) >> shift, and the same of the positive ones.
#define HSF_RESAMPLE_ROWS_MAX 32

typedef struct hsf_resample_columns_args {
    const uint8_t *const *rows;    // [row_count], each [bytes]: pixels of three bytes
    uint8_t *const *outputs;       // [row_count], each [targets][3]
    const int32_t *firsts;         // [targets], the pixel of each target's first tap, low...
    const int32_t *counts;         // [targets], taps of each, 1...taps; first + count <= end
    const uint32_t *words;         // [targets][taps]
    const int32_t *bounds;         // [targets][2]
    uint8_t *scratch;              // hsf_resample_scratch_bytes
    size_t taps;                   // even, >= 2
    size_t targets;                // >= 1
    size_t row_count;              // 1...HSF_RESAMPLE_ROWS_MAX
    size_t bytes;                  // of a row, >= 3 * end
    size_t low;                    // first pixel that some target reads
    size_t end;                    // one past the last
    size_t shift;                  // 5...8
} hsf_resample_columns_args;
typedef void hsf_resample_columns_fn(const hsf_resample_columns_args *args);

// Bytes of scratch for `pixels` of a row that are read and `targets`.
static inline size_t hsf_resample_scratch_bytes(size_t pixels, size_t targets) {
    return HSF_RESAMPLE_ROWS_MAX * (3 * (pixels + targets) + 30) + HSF_ALIGNMENT_BYTES;
}

typedef struct hsf_resample_rows_args {
    const uint8_t *const *rows;    // [count], each [bytes]
    const uint32_t *words;         // [count rounded up to even]
    const int32_t *bounds;         // [2]
    uint8_t *output;               // [bytes]; overlaps no row
    size_t count;                  // taps, >= 1
    size_t bytes;                  // >= 1
    size_t shift;                  // 5...8
} hsf_resample_rows_args;
typedef void hsf_resample_rows_fn(const hsf_resample_rows_args *args);

// Global average pool: min(255, (sum over pixels + 2^(shift - 1)) >> shift).
typedef struct hsf_pool_args {
    const uint8_t *input;    // [pixels][channels]
    uint8_t *output;         // [channels]
    size_t pixels;           // >= 1, sum fits 31 bits
    size_t channels;         // multiple of 8
    uint32_t shift;          // 1...31
} hsf_pool_args;
typedef void hsf_pool_fn(const hsf_pool_args *args);

// Dense layer of the classifier head: logits[i][c] = bias[c] + sum over d of features[i][d] * weight[c][d].
// Weights take the whole range -128...127; |sum| < 2^31 is the caller's duty.
typedef struct hsf_dense_args {
    const uint8_t *features;    // [images][depth], no slack needed
    const int8_t *weights;      // dot-product order, [classes / 16][depth / 4][16][4]
    const int32_t *bias;        // [classes]
    int32_t *logits;            // [images][classes]
    size_t images;              // >= 1
    size_t depth;               // multiple of 4
    size_t classes;             // rounded up to a multiple of 16 by the caller, padded with zeros
} hsf_dense_args;
typedef void hsf_dense_u8s8_s32_fn(const hsf_dense_args *args);

// The tier's dot-product instructions at full rate with operands in registers, for the share of the ceiling that
// benchmarks print. Returns the products made, at least 1000 a round. The scalar tier has none.
typedef uint64_t hsf_ceiling_fn(uint64_t rounds);

// ---------------------------------------------------------------------------------------------------
// The table
// ---------------------------------------------------------------------------------------------------

typedef struct hsf_kernels {
    size_t depthwise_block;    // channels in a block of depthwise order
    int32_t input_offset;      // 128 if the tier reads activations as x - 128: the caller adds
                               // input_offset * sum(weights) to the bias of conv1x1, depthwise and stem
    hsf_conv1x1_fn *conv1x1;
    hsf_depthwise_s1_fn *depthwise_s1;
    hsf_depthwise_s2_fn *depthwise_s2;
    hsf_gray_to_rgb_fn *gray_to_rgb;
    hsf_stem_fn *stem;
    hsf_pool_fn *pool;
    hsf_dense_u8s8_s32_fn *dense_u8s8_s32;
    hsf_resample_columns_fn *resample_columns;
    hsf_resample_rows_fn *resample_rows;
    hsf_ceiling_fn *ceiling;    // NULL in the scalar tier
} hsf_kernels;

// The kernels of `tier`, or NULL if it is not supported here.
const hsf_kernels *hsf_kernels_for_tier(hsf_tier tier);

// Lines of inventory.inc that are compiled in.
typedef struct hsf_inventory_entry {
    const char *family;
    const char *symbol;
    const char *tile;
    hsf_tier tier;
} hsf_inventory_entry;
const hsf_inventory_entry *hsf_inventory(size_t *count);

#endif
