// AVX2 tier, 1x1 convolution and stem: four pixels and 16 channels at a time, stored two pixels together.

#include "avx2.h"
#include "run.h"

#if defined(__x86_64__)
HSF_AVX2_BEGIN

HSF_INLINE __m256i add_residual(__m256i sum, const uint8_t *residual, const int32_t *shift) {
    const __m256i value = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)residual));
    return _mm256_add_epi32(sum, _mm256_sllv_epi32(value, _mm256_load_si256((const __m256i *)shift)));
}

HSF_INLINE void store_pixel(uint8_t *target, __m128i bytes, size_t count) {
    if (count >= 16) {
        _mm_storeu_si128((__m128i *)target, bytes);
    } else {
        _mm_storel_epi64((__m128i *)target, bytes);
    }
}

// One tile: `tile` pixels from `pixel` on, 16 channels from `first` on.
HSF_INLINE void run_tile(const hsf_run *run, size_t pixel, size_t first, const size_t tile, const int adds) {
    const size_t step = run->pixel_step;
    const __m256i *weights = (const __m256i *)(run->weights + first * run->segments * run->groups * 4);
    const __m256i *bias = (const __m256i *)(run->bias + first);
    const __m256i *shift = (const __m256i *)(run->shift + first);
    __m256i acc[4][2];
    HSF_UNROLL
    for (size_t p = 0; p < tile; p++) {
        acc[p][0] = _mm256_load_si256(bias);
        acc[p][1] = _mm256_load_si256(bias + 1);
    }
    for (size_t segment = 0; segment < run->segments; segment++) {
        const uint8_t *input = run->input + pixel * step + segment * run->segment_step;
        for (size_t group = 0; group < run->groups; group++) {
            const __m256i low = _mm256_load_si256(weights);
            const __m256i high = _mm256_load_si256(weights + 1);
            HSF_UNROLL
            for (size_t p = 0; p < tile; p++) {
                const __m256i bytes = _mm256_set1_epi32(hsf_load4(input + p * step));
                acc[p][0] = hsf_dot4(acc[p][0], bytes, low);
                acc[p][1] = hsf_dot4(acc[p][1], bytes, high);
            }
            input += 4;
            weights += 2;
        }
    }
    const size_t count = hsf_min(16, run->channels - first);
    const size_t target = pixel * run->channels + first;
    __m256i words[4];
    HSF_UNROLL
    for (size_t p = 0; p < tile; p++) {
        if (adds) {
            const uint8_t *residual = run->residual + target + p * run->channels;
            acc[p][0] = add_residual(acc[p][0], residual, run->residual_shift + first);
            acc[p][1] = add_residual(acc[p][1], residual + 8, run->residual_shift + first + 8);
        }
        words[p] = _mm256_packs_epi32(
            _mm256_srav_epi32(acc[p][0], _mm256_load_si256(shift)),
            _mm256_srav_epi32(acc[p][1], _mm256_load_si256(shift + 1)));
    }
    const __m256i by_pixel = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    HSF_UNROLL
    for (size_t p = 0; p < tile; p += 2) {
        const int is_pair = p + 1 < tile;
        const __m256i bytes = _mm256_permutevar8x32_epi32(
            _mm256_packus_epi16(words[p], words[is_pair ? p + 1 : p]), by_pixel);
        uint8_t *output = run->output + target + p * run->channels;
        store_pixel(output, _mm256_castsi256_si128(bytes), count);
        if (is_pair) {
            store_pixel(output + run->channels, _mm256_extracti128_si256(bytes, 1), count);
        }
    }
}

HSF_INLINE void run_all(const hsf_run *run, const int adds) {
    for (size_t first = 0; first < run->channels; first += 16) {
        size_t pixel = 0;
        for (; pixel + 4 <= run->pixels; pixel += 4) {
            run_tile(run, pixel, first, 4, adds);
        }
        switch (run->pixels - pixel) {
        case 3: run_tile(run, pixel, first, 3, adds); break;
        case 2: run_tile(run, pixel, first, 2, adds); break;
        case 1: run_tile(run, pixel, first, 1, adds); break;
        }
    }
}

void hsf_u8_po2_conv1x1_sat8_4x16__avx2(const hsf_conv1x1_args *args) {
    const hsf_run run = hsf_run_of_conv1x1(args);
    if (args->residual != NULL) {
        run_all(&run, 1);
    } else {
        run_all(&run, 0);
    }
}

void hsf_u8_po2_stem3x3s2_sat8_4x16__avx2(const hsf_stem_args *args) {
    for (size_t row = 0; row < args->height / 2; row++) {
        const hsf_run run = hsf_run_of_stem(args, row);
        run_all(&run, 0);
    }
}

HSF_AVX2_END
#endif
