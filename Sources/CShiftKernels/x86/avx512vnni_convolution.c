// AVX-512 VNNI tier, 1x1 convolution and stem: vpdpbusd sums four products into 32 bits without an
// intermediate saturation. A tile holds all its sums in registers; four of them at a time are narrowed and
// stored as 64 bytes.

#include "avx512vnni.h"
#include "run.h"

#if defined(__x86_64__)
HSF_AVX512_BEGIN

// Adds the residual bytes of 16 channels, shifted to the accumulator's unit.
HSF_INLINE __m512i add_residual(__m512i sum, const uint8_t *residual, const int32_t *shift, __mmask16 mask) {
    const __m128i bytes = _mm_maskz_loadu_epi8(mask, residual);
    return _mm512_add_epi32(sum, _mm512_sllv_epi32(_mm512_cvtepu8_epi32(bytes), _mm512_load_si512(shift)));
}

// One tile: `tile` pixels from `pixel` on, 16 * `vectors` channels from `first` on.
HSF_INLINE void run_tile(
    const hsf_run *run, size_t pixel, size_t first, const size_t tile, const size_t vectors, const int adds) {
    const size_t step = run->pixel_step;
    const size_t depth = run->segments * run->groups * 4;
    const int8_t *weights = run->weights + first * depth;
    __m512i acc[HSF_TILE_MAX];
    HSF_UNROLL
    for (size_t i = 0; i < tile * vectors; i++) {
        acc[i] = _mm512_load_si512(run->bias + first + 16 * (i % vectors));
    }
    for (size_t segment = 0; segment < run->segments; segment++) {
        const uint8_t *input = run->input + pixel * step + segment * run->segment_step;
        for (size_t group = 0; group < run->groups; group++) {
            __m512i column[4];
            HSF_UNROLL
            for (size_t v = 0; v < vectors; v++) {
                column[v] = _mm512_load_si512(weights + v * 16 * depth);
            }
            HSF_UNROLL
            for (size_t p = 0; p < tile; p++) {
                const __m512i bytes = _mm512_set1_epi32(hsf_load4(input + p * step));
                HSF_UNROLL
                for (size_t v = 0; v < vectors; v++) {
                    acc[p * vectors + v] = _mm512_dpbusd_epi32(acc[p * vectors + v], bytes, column[v]);
                }
            }
            input += 4;
            weights += 64;
        }
    }
    const size_t target = pixel * run->channels + first;
    if (adds) {
        HSF_UNROLL
        for (size_t i = 0; i < tile * vectors; i++) {
            const size_t lane = 16 * (i % vectors);
            acc[i] = add_residual(
                acc[i], run->residual + target + i / vectors * run->channels + lane,
                run->residual_shift + first + lane, hsf_lanes(run->channels - first - lane));
        }
    }
    HSF_UNROLL
    for (size_t i = 0; i < tile * vectors; i++) {
        acc[i] = _mm512_srav_epi32(acc[i], _mm512_load_si512(run->shift + first + 16 * (i % vectors)));
    }
    hsf_store_tile(run->output + target, run->channels, acc, tile, vectors, run->channels - first);
}

// The largest tile that leaves registers for the operands.
HSF_INLINE size_t tile_limit(const size_t vectors) { return vectors == 1 ? 12 : HSF_TILE_MAX / vectors; }

#define TILE(count) \
    case count: \
        if (count <= tile_limit(vectors)) { \
            run_tile(run, pixel, first, count, vectors, adds); \
        } \
        break;

// All pixels of 16 * `vectors` channels, in tiles of nearly equal size.
HSF_INLINE void run_channels(const hsf_run *run, size_t first, const size_t vectors, const int adds) {
    const size_t tiles = (run->pixels + tile_limit(vectors) - 1) / tile_limit(vectors);
    const size_t common = run->pixels / tiles;
    const size_t larger = run->pixels % tiles;
    size_t pixel = 0;
    for (size_t tile = 0; tile < tiles; tile++) {
        const size_t size = common + (tile < larger);
        switch (size) {
            TILE(1) TILE(2) TILE(3) TILE(4) TILE(5) TILE(6) TILE(7) TILE(8) TILE(9) TILE(10) TILE(11) TILE(12)
        }
        pixel += size;
    }
}

HSF_INLINE void run_all(const hsf_run *run, const int adds) {
    size_t first = 0;
    while (first < run->channels) {
        const size_t vectors = hsf_channel_vectors(run->channels - first);
        switch (vectors) {
        case 1: run_channels(run, first, 1, adds); break;
        case 2: run_channels(run, first, 2, adds); break;
        case 3: run_channels(run, first, 3, adds); break;
        default: run_channels(run, first, 4, adds); break;
        }
        first += 16 * vectors;
    }
}

static __attribute__((noinline)) void run_adding(const hsf_run *run) { run_all(run, 1); }
static __attribute__((noinline)) void run_plain(const hsf_run *run) { run_all(run, 0); }

void hsf_u8_po2_conv1x1_sat8_6x64__avx512vnni(const hsf_conv1x1_args *args) {
    const hsf_run run = hsf_run_of_conv1x1(args);
    if (args->residual != NULL) {
        run_adding(&run);
    } else {
        run_plain(&run);
    }
}

void hsf_u8_po2_stem3x3s2_sat8_12x32__avx512vnni(const hsf_stem_args *args) {
    for (size_t row = 0; row < args->height / 2; row++) {
        const hsf_run run = hsf_run_of_stem(args, row);
        run_plain(&run);
    }
}

HSF_AVX512_END
#endif
