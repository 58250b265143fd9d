// Resampling of RGB pixels for the x86 tiers. Included between a tier's BEGIN and END.
//
// Everything is one block of 32 sums of products of bytes: 32 bytes of a row (rows), or one colour of one target of
// 32 rows, after these have been transposed (columns). A weight is upper * 2^shift + low, and vpmaddwd multiplies
// the two halves apart. With more than four taps the upper halves come first: mostly they settle the byte whatever
// the lower add, and only where they do not for some byte of a block are these computed as well.

// The rows that a block is made of: by pointers, or at equal distances.
typedef struct resample_rows_at {
    const uint8_t *const *rows;
    const uint8_t *base;
    size_t stride;
} resample_rows_at;

HSF_INLINE __m256i resample_load(resample_rows_at at, size_t tap, size_t offset) {
    const uint8_t *row = at.rows ? at.rows[tap] + offset : at.base + tap * at.stride;
    return _mm256_loadu_si256((const __m256i *)row);
}

// 32 samples of two taps as pairs of 16-bit numbers. Lanes keep the order that packing restores.
HSF_INLINE void resample_pairs(__m256i samples[4], __m256i even, __m256i odd) {
    const __m256i zero = _mm256_setzero_si256();
    const __m256i low = _mm256_unpacklo_epi8(even, odd), high = _mm256_unpackhi_epi8(even, odd);
    samples[0] = _mm256_unpacklo_epi8(low, zero);
    samples[1] = _mm256_unpackhi_epi8(low, zero);
    samples[2] = _mm256_unpacklo_epi8(high, zero);
    samples[3] = _mm256_unpackhi_epi8(high, zero);
}

HSF_INLINE void resample_add(__m256i sums[4], const __m256i samples[4], uint32_t word) {
    const __m256i weights = _mm256_set1_epi32((int)word);
    HSF_UNROLL
    for (size_t i = 0; i < 4; i++) {
        sums[i] = _mm256_add_epi32(sums[i], _mm256_madd_epi16(samples[i], weights));
    }
}

HSF_INLINE __m256i resample_pack(const __m256i sums[4], __m128i shift) {
    return _mm256_packus_epi16(
        _mm256_packs_epi32(_mm256_sra_epi32(sums[0], shift), _mm256_sra_epi32(sums[1], shift)),
        _mm256_packs_epi32(_mm256_sra_epi32(sums[2], shift), _mm256_sra_epi32(sums[3], shift)));
}

// Bytes from whole sums: half of the last bit is added after the shift, to two sums at once.
HSF_INLINE __m256i resample_round(const __m256i sums[4]) {
    const __m256i zero = _mm256_setzero_si256();
    const __m256i low = _mm256_packus_epi32(_mm256_srai_epi32(sums[0], 21), _mm256_srai_epi32(sums[1], 21));
    const __m256i high = _mm256_packus_epi32(_mm256_srai_epi32(sums[2], 21), _mm256_srai_epi32(sums[3], 21));
    return _mm256_packus_epi16(_mm256_avg_epu16(low, zero), _mm256_avg_epu16(high, zero));
}

// The products of the last of an odd number of taps, whole: one vpmaddwd of (sample * 2^shift, sample) with
// (upper, low). A shifted sample fits 16 bits up to a shift of 7.
HSF_INLINE void resample_add_single(__m256i sums[4], __m256i bytes, const uint32_t *words, __m128i shift) {
    const __m256i zero = _mm256_setzero_si256();
    const __m256i weights = _mm256_set1_epi32((int)(words[1] & 0xFFFF) | (int)(words[0] << 16));
    HSF_UNROLL
    for (size_t half = 0; half < 2; half++) {
        const __m256i plain = half ? _mm256_unpackhi_epi8(bytes, zero) : _mm256_unpacklo_epi8(bytes, zero);
        const __m256i shifted = _mm256_sll_epi16(plain, shift);
        const __m256i low = _mm256_unpacklo_epi16(shifted, plain), high = _mm256_unpackhi_epi16(shifted, plain);
        sums[2 * half] = _mm256_add_epi32(sums[2 * half], _mm256_madd_epi16(low, weights));
        sums[2 * half + 1] = _mm256_add_epi32(sums[2 * half + 1], _mm256_madd_epi16(high, weights));
    }
}

HSF_INLINE __m256i resample_exact(
    resample_rows_at at, size_t offset, const uint32_t *words, const size_t count, size_t shift) {
    const __m128i split = _mm_cvtsi32_si128((int)shift);
    __m256i low[4], upper[4];
    HSF_UNROLL
    for (size_t i = 0; i < 4; i++) {
        low[i] = _mm256_setzero_si256();
        upper[i] = _mm256_setzero_si256();
    }
    for (size_t tap = 0; tap < count; tap += 2) {
        const __m256i even = resample_load(at, tap, offset);
        if (tap + 1 == count && shift < 8) {
            resample_add_single(low, even, words + tap, split);
            break;
        }
        __m256i samples[4];
        // The weight of a missing tap is 0.
        resample_pairs(samples, even, tap + 1 < count ? resample_load(at, tap + 1, offset) : even);
        resample_add(low, samples, words[tap]);
        resample_add(upper, samples, words[tap + 1]);
    }
    HSF_UNROLL
    for (size_t i = 0; i < 4; i++) {
        low[i] = _mm256_add_epi32(low[i], _mm256_sll_epi32(upper[i], split));
    }
    return resample_round(low);
}

// Bytes from sums of upper parts that begin at bounds[0], and the low parts.
HSF_INLINE __m256i resample_with_low(
    resample_rows_at at, size_t offset, const uint32_t *words, size_t count, int32_t begin, size_t shift,
    __m256i sums[4]) {
    __m256i low[4];
    HSF_UNROLL
    for (size_t i = 0; i < 4; i++) {
        low[i] = _mm256_setzero_si256();
    }
    for (size_t tap = 0; tap < count; tap += 2) {
        const __m256i even = resample_load(at, tap, offset);
        __m256i samples[4];
        resample_pairs(samples, even, tap + 1 < count ? resample_load(at, tap + 1, offset) : even);
        resample_add(low, samples, words[tap]);
    }
    HSF_UNROLL
    for (size_t i = 0; i < 4; i++) {
        const __m256i upper = _mm256_sub_epi32(sums[i], _mm256_set1_epi32(begin));
        low[i] = _mm256_add_epi32(low[i], _mm256_sll_epi32(upper, _mm_cvtsi32_si128((int)shift)));
    }
    return resample_round(low);
}

HSF_INLINE __m256i resample_upper_first(
    resample_rows_at at, size_t offset, const uint32_t *words, size_t count, const int32_t *bounds, size_t shift) {
    __m256i sums[4];
    HSF_UNROLL
    for (size_t i = 0; i < 4; i++) {
        sums[i] = _mm256_set1_epi32(bounds[0]);
    }
    size_t tap = 0;
    for (; tap + 2 <= count; tap += 2) {
        __m256i samples[4];
        resample_pairs(samples, resample_load(at, tap, offset), resample_load(at, tap + 1, offset));
        resample_add(sums, samples, words[tap + 1]);
    }
    if (tap < count) {
        // The weight of a missing tap is 0.
        const __m256i last = resample_load(at, tap, offset);
        __m256i samples[4];
        resample_pairs(samples, last, last);
        resample_add(sums, samples, words[tap + 1]);
    }
    // The low parts can carry into the byte where the bits below it are within their spread of all ones.
    const int32_t below = (1 << (22 - shift)) - 1;
    const __m256i mask = _mm256_set1_epi32(below), safe = _mm256_set1_epi32(below - (bounds[1] - bounds[0]));
    __m256i unsure = _mm256_setzero_si256();
    HSF_UNROLL
    for (size_t i = 0; i < 4; i++) {
        unsure = _mm256_or_si256(unsure, _mm256_cmpgt_epi32(_mm256_and_si256(sums[i], mask), safe));
    }
    if (__builtin_expect(!_mm256_testz_si256(unsure, unsure), 0)) {
        return resample_with_low(at, offset, words, count, bounds[0], shift, sums);
    }
    return resample_pack(sums, _mm_cvtsi32_si128(22 - (int)shift));
}

HSF_INLINE __m256i resample_block(
    resample_rows_at at, size_t offset, const uint32_t *words, size_t count, const int32_t *bounds, size_t shift) {
    switch (count) {
    case 1: return resample_exact(at, offset, words, 1, shift);
    case 2: return resample_exact(at, offset, words, 2, shift);
    case 3: return resample_exact(at, offset, words, 3, shift);
    case 4: return resample_exact(at, offset, words, 4, shift);
    default: return resample_upper_first(at, offset, words, count, bounds, shift);
    }
}

#include "resample_transpose.h"

// The three colours of a target of 32 rows.
HSF_INLINE void resample_target(
    const uint8_t *columns, const uint32_t *words, const size_t count, const int32_t *bounds, size_t shift,
    uint8_t *result) {
    HSF_UNROLL
    for (size_t colour = 0; colour < 3; colour++) {
        const resample_rows_at at = {NULL, columns + 32 * colour, 96};
        const __m256i bytes = count <= 4 ? resample_exact(at, 0, words, count, shift)
                                         : resample_upper_first(at, 0, words, count, bounds, shift);
        _mm256_store_si256((__m256i *)(result + 32 * colour), bytes);
    }
}

HSF_INLINE void resample_columns(const hsf_resample_columns_args *args) {
    const size_t low = 3 * args->low, end = 3 * args->end;
    uint8_t *source = (uint8_t *)(((uintptr_t)args->scratch + 63) & ~(uintptr_t)63);
    uint8_t *result = source + 32 * ((end - low + 15) & ~(size_t)15);
    resample_to_columns(args, low, end, source);
    for (size_t target = 0; target < args->targets; target++) {
        const uint8_t *columns = source + 32 * (3 * (size_t)args->firsts[target] - low);
        const uint32_t *words = args->words + target * args->taps;
        const int32_t *bounds = args->bounds + 2 * target;
        const size_t count = (size_t)args->counts[target], shift = args->shift;
        uint8_t *output = result + 96 * target;
        switch (count) {
        case 1: resample_target(columns, words, 1, bounds, shift, output); break;
        case 2: resample_target(columns, words, 2, bounds, shift, output); break;
        case 3: resample_target(columns, words, 3, bounds, shift, output); break;
        case 4: resample_target(columns, words, 4, bounds, shift, output); break;
        default: resample_target(columns, words, count, bounds, shift, output);
        }
    }
    resample_to_rows(args, result, 3 * args->targets);
}

HSF_INLINE void resample_rows(const hsf_resample_rows_args *args) {
    const resample_rows_at at = {args->rows, NULL, 0};
    size_t offset = 0;
    for (; offset + 32 <= args->bytes; offset += 32) {
        _mm256_storeu_si256(
            (__m256i *)(args->output + offset),
            resample_block(at, offset, args->words, args->count, args->bounds, args->shift));
    }
    if (offset < args->bytes && offset > 0) {
        // Some bytes a second time, rather than one by one.
        offset = args->bytes - 32;
        _mm256_storeu_si256(
            (__m256i *)(args->output + offset),
            resample_block(at, offset, args->words, args->count, args->bounds, args->shift));
    } else {
        hsf_resample_rows_tail(args, offset);
    }
}
