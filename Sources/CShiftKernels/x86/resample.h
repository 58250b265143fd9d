// Resampling of RGB pixels for the x86 tiers. Included between a tier's BEGIN and END.
//
// A weight has 24 bits, vpmaddwd takes 16: low bytes and upper halves are multiplied apart, exactly, and joined
// before the shift. Lanes of 128 bits are two rows of pixels (columns) or 16 bytes each (rows).

HSF_INLINE __m256i resample_join(__m256i low, __m256i upper) {
    return _mm256_srai_epi32(_mm256_add_epi32(_mm256_slli_epi32(upper, 8), low), 22);
}

// Both halves of the products of a pair of taps, added to the sums.
HSF_INLINE void resample_pair(__m256i *low, __m256i *upper, __m256i samples, const uint32_t *words) {
    *low = _mm256_add_epi32(*low, _mm256_madd_epi16(samples, _mm256_set1_epi32((int)words[0])));
    *upper = _mm256_add_epi32(*upper, _mm256_madd_epi16(samples, _mm256_set1_epi32((int)words[1])));
}

// One target of two rows: red, green, blue and a zero in each lane.
HSF_INLINE __m256i resample_target(
    const uint8_t *above, const uint8_t *below, const uint32_t *words, const size_t taps) {
    const __m256i first = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1));
    const __m256i second = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(6, -1, 9, -1, 7, -1, 10, -1, 8, -1, 11, -1, -1, -1, -1, -1));
    __m256i low = _mm256_set1_epi32(1 << 21);
    __m256i upper = _mm256_setzero_si256();
    for (size_t tap = 0; tap < taps; tap += 4) {
        const __m256i bytes = _mm256_inserti128_si256(
            _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(above + 3 * tap))),
            _mm_loadu_si128((const __m128i *)(below + 3 * tap)), 1);
        resample_pair(&low, &upper, _mm256_shuffle_epi8(bytes, first), words + tap);
        if (tap + 2 < taps) {
            resample_pair(&low, &upper, _mm256_shuffle_epi8(bytes, second), words + tap + 2);
        }
    }
    return resample_join(low, upper);
}

HSF_INLINE void resample_columns_of(const hsf_resample_columns_args *args, const size_t taps) {
    const __m256i squeeze = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1));
    const size_t rows = args->outputs[1] ? 2 : 1;
    const uint8_t *above = args->rows[0];
    const uint8_t *below = args->rows[rows - 1];
    for (size_t target = 0; target < args->targets; target += 4) {
        const size_t count = hsf_min(args->targets - target, 4);
        __m256i sums[4];
        HSF_UNROLL
        for (size_t i = 0; i < 4; i++) {
            // Targets beyond the last repeat it; they are not stored.
            const size_t at = target + hsf_min(i, count - 1);
            const size_t offset = 3 * (size_t)args->firsts[at];
            sums[i] = resample_target(above + offset, below + offset, args->words + at * taps, taps);
        }
        const __m256i bytes = _mm256_shuffle_epi8(
            _mm256_packus_epi16(_mm256_packs_epi32(sums[0], sums[1]), _mm256_packs_epi32(sums[2], sums[3])),
            squeeze);
        for (size_t row = 0; row < rows; row++) {
            const __m128i pixels =
                row ? _mm256_extracti128_si256(bytes, 1) : _mm256_castsi256_si128(bytes);
            uint8_t *output = args->outputs[row] + 3 * target;
            if (count == 4) {
                const int32_t last = _mm_extract_epi32(pixels, 2);
                _mm_storel_epi64((__m128i *)output, pixels);
                memcpy(output + 8, &last, sizeof last);
            } else {
                uint8_t some[16];
                _mm_storeu_si128((__m128i *)some, pixels);
                memcpy(output, some, 3 * count);
            }
        }
    }
}

HSF_INLINE void resample_columns(const hsf_resample_columns_args *args) {
    switch (args->taps) {
    case 2: resample_columns_of(args, 2); break;
    case 4: resample_columns_of(args, 4); break;
    case 6: resample_columns_of(args, 6); break;
    default: resample_columns_of(args, args->taps);
    }
}

// 32 bytes of a row from those of its taps.
HSF_INLINE void resample_block(const hsf_resample_rows_args *args, size_t at, const size_t taps) {
    const __m256i zero = _mm256_setzero_si256();
    __m256i low[4], upper[4];
    HSF_UNROLL
    for (size_t i = 0; i < 4; i++) {
        low[i] = _mm256_set1_epi32(1 << 21);
        upper[i] = zero;
    }
    for (size_t tap = 0; tap < taps; tap += 2) {
        const __m256i even = _mm256_loadu_si256((const __m256i *)(args->rows[tap] + at));
        const __m256i odd = _mm256_loadu_si256((const __m256i *)(args->rows[tap + 1] + at));
        const __m256i pairs[2] = {_mm256_unpacklo_epi8(even, odd), _mm256_unpackhi_epi8(even, odd)};
        HSF_UNROLL
        for (size_t i = 0; i < 4; i++) {
            const __m256i samples = i & 1 ? _mm256_unpackhi_epi8(pairs[i / 2], zero)
                                          : _mm256_unpacklo_epi8(pairs[i / 2], zero);
            resample_pair(&low[i], &upper[i], samples, args->words + tap);
        }
    }
    HSF_UNROLL
    for (size_t i = 0; i < 4; i++) {
        low[i] = resample_join(low[i], upper[i]);
    }
    const __m256i bytes =
        _mm256_packus_epi16(_mm256_packs_epi32(low[0], low[1]), _mm256_packs_epi32(low[2], low[3]));
    _mm256_storeu_si256((__m256i *)(args->output + at), bytes);
}

HSF_INLINE void resample_rows_of(const hsf_resample_rows_args *args, const size_t taps) {
    size_t at = 0;
    for (; at + 32 <= args->bytes; at += 32) {
        resample_block(args, at, taps);
    }
    if (at < args->bytes && at > 0) {
        // Some bytes a second time, rather than one by one.
        resample_block(args, args->bytes - 32, taps);
    } else {
        hsf_resample_rows_tail(args, at);
    }
}

HSF_INLINE void resample_rows(const hsf_resample_rows_args *args) {
    switch (args->taps) {
    case 2: resample_rows_of(args, 2); break;
    case 4: resample_rows_of(args, 4); break;
    case 6: resample_rows_of(args, 6); break;
    default: resample_rows_of(args, args->taps);
    }
}
