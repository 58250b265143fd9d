#ifndef HSF_RUN_H
#define HSF_RUN_H

// What 1x1 convolution and stem have in common: a run of pixels whose sums have the same form.

#include "../kernels.h"

// Group g of four bytes of segment s of pixel p starts at input + p * pixel_step + s * segment_step + 4 * g.
typedef struct hsf_run {
    const uint8_t *input;
    size_t pixel_step;
    size_t segment_step;
    size_t segments;
    size_t groups;    // of one segment
    const int8_t *weights;
    const int32_t *bias;
    const int32_t *shift;
    const uint8_t *residual;
    const int32_t *residual_shift;
    uint8_t *output;
    size_t channels;
    size_t pixels;
} hsf_run;

// All pixels of a 1x1 convolution: one segment.
HSF_INLINE hsf_run hsf_run_of_conv1x1(const hsf_conv1x1_args *args) {
    return (hsf_run){
        .input = args->input,
        .pixel_step = args->input_channels,
        .segments = 1,
        .groups = args->input_channels / 4,
        .weights = args->weights,
        .bias = args->bias,
        .shift = args->shift,
        .residual = args->residual,
        .residual_shift = args->residual_shift,
        .output = args->output,
        .channels = args->output_channels,
        .pixels = args->pixels,
    };
}

// One output row of a stem: the three rows under its window are the segments.
HSF_INLINE hsf_run hsf_run_of_stem(const hsf_stem_args *args, size_t row) {
    const size_t row_bytes = (args->width + 2) * 3;
    return (hsf_run){
        .input = args->input + row * 2 * row_bytes,
        .pixel_step = 6,
        .segment_step = row_bytes,
        .segments = 3,
        .groups = 3,
        .weights = args->weights,
        .bias = args->bias,
        .shift = args->shift,
        .output = args->output + row * (args->width / 2) * args->output_channels,
        .channels = args->output_channels,
        .pixels = args->width / 2,
    };
}

#endif
