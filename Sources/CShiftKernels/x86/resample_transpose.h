// Rows of pixels to columns of 32 bytes, one byte a row, and back, for the x86 tiers. Included by resample.h.

// Two of the four rounds that transpose 16 registers, on the four of them that depend on one another.
HSF_INLINE void resample_two_rounds(__m256i rows[4]) {
    const __m256i a = _mm256_unpacklo_epi8(rows[0], rows[2]), b = _mm256_unpackhi_epi8(rows[0], rows[2]);
    const __m256i c = _mm256_unpacklo_epi8(rows[1], rows[3]), d = _mm256_unpackhi_epi8(rows[1], rows[3]);
    rows[0] = _mm256_unpacklo_epi8(a, c);
    rows[1] = _mm256_unpackhi_epi8(a, c);
    rows[2] = _mm256_unpacklo_epi8(b, d);
    rows[3] = _mm256_unpackhi_epi8(b, d);
}

// Byte i of column j becomes byte j of column i, lane by lane, for 16 columns of 32 bytes: in two halves of two
// rounds, each four registers at a time, so that none has to wait in memory within a half.
HSF_INLINE void resample_transpose(__m256i columns[16]) {
    __m256i half[16];
    HSF_UNROLL
    for (size_t i = 0; i < 4; i++) {
        __m256i four[4] = {columns[i], columns[i + 4], columns[i + 8], columns[i + 12]};
        resample_two_rounds(four);
        HSF_UNROLL
        for (size_t j = 0; j < 4; j++) {
            half[4 * i + j] = four[j];
        }
    }
    HSF_UNROLL
    for (size_t i = 0; i < 4; i++) {
        __m256i four[4] = {half[i], half[i + 4], half[i + 8], half[i + 12]};
        resample_two_rounds(four);
        HSF_UNROLL
        for (size_t j = 0; j < 4; j++) {
            columns[4 * i + j] = four[j];
        }
    }
}

// 16 bytes of 32 rows to 16 columns of 32 bytes each.
HSF_INLINE void resample_block_to_columns(const uint8_t *const rows[32], size_t at, uint8_t *columns) {
    __m256i block[16];
    HSF_UNROLL
    for (size_t i = 0; i < 16; i++) {
        block[i] = _mm256_inserti128_si256(
            _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(rows[i] + at))),
            _mm_loadu_si128((const __m128i *)(rows[i + 16] + at)), 1);
    }
    resample_transpose(block);
    HSF_UNROLL
    for (size_t i = 0; i < 16; i++) {
        _mm256_store_si256((__m256i *)(columns + 32 * i), block[i]);
    }
}

// Bytes `low` to `end` of up to 32 rows to columns; rows that are not there repeat the last.
HSF_INLINE void resample_to_columns(const hsf_resample_columns_args *args, size_t low, size_t end, uint8_t *columns) {
    const uint8_t *rows[32];
    for (size_t i = 0; i < 32; i++) {
        rows[i] = args->rows[hsf_min(i, args->row_count - 1)];
    }
    size_t at = low;
    for (; at < end && at + 16 <= args->bytes; at += 16) {
        // Thirty-two rows at once are more streams than processors foresee.
        for (size_t i = 0; i < 32 && (at - low) % 64 == 0; i++) {
            __builtin_prefetch(rows[i] + at + 256);
        }
        resample_block_to_columns(rows, at, columns + 32 * (at - low));
    }
    if (at < end && args->bytes >= low + 16) {
        // Some columns a second time; nothing beyond a row is read.
        at = args->bytes - 16;
        resample_block_to_columns(rows, at, columns + 32 * (at - low));
    } else if (at < end) {
        uint8_t copies[32][16];
        for (size_t i = 0; i < 32; i++) {
            memcpy(copies[i], rows[i] + at, args->bytes - at);
            rows[i] = copies[i];
        }
        resample_block_to_columns(rows, 0, columns);
    }
}

// 16 columns of 32 bytes back to 16 bytes of each row.
HSF_INLINE void resample_block_to_rows(const hsf_resample_columns_args *args, const uint8_t *columns, size_t at) {
    __m256i block[16];
    HSF_UNROLL
    for (size_t i = 0; i < 16; i++) {
        block[i] = _mm256_load_si256((const __m256i *)(columns + 32 * (at + i)));
    }
    resample_transpose(block);
    HSF_UNROLL
    for (size_t i = 0; i < 16; i++) {
        if (i < args->row_count) {
            _mm_storeu_si128((__m128i *)(args->outputs[i] + at), _mm256_castsi256_si128(block[i]));
        }
        if (i + 16 < args->row_count) {
            _mm_storeu_si128((__m128i *)(args->outputs[i + 16] + at), _mm256_extracti128_si256(block[i], 1));
        }
    }
}

// All columns back to rows of `bytes`.
HSF_INLINE void resample_to_rows(const hsf_resample_columns_args *args, const uint8_t *columns, size_t bytes) {
    size_t at = 0;
    for (; at + 16 <= bytes; at += 16) {
        resample_block_to_rows(args, columns, at);
    }
    if (at < bytes && at > 0) {
        resample_block_to_rows(args, columns, bytes - 16);
        return;
    }
    for (; at < bytes; at++) {
        for (size_t i = 0; i < args->row_count; i++) {
            args->outputs[i][at] = columns[32 * at + i];
        }
    }
}
