// Depthwise 3x3 over 32 channels at a time, for every tier with 256-bit vectors. The including file defines
// HSF_DOT4(acc, bytes, weights): adds four products of unsigned and signed bytes to each 32-bit lane.

// One kernel column of three rows: per channel the bytes (top, middle, bottom, 0), in depthwise order.
typedef struct hsf_column {
    __m256i part[4];
} hsf_column;

HSF_INLINE hsf_column load_column(const hsf_row rows[3], size_t x, size_t channel) {
    const __m256i zero = _mm256_setzero_si256();
    const __m256i top = _mm256_loadu_si256((const __m256i *)(rows[0].start + x * rows[0].step + channel));
    const __m256i middle = _mm256_loadu_si256((const __m256i *)(rows[1].start + x * rows[1].step + channel));
    const __m256i bottom = _mm256_loadu_si256((const __m256i *)(rows[2].start + x * rows[2].step + channel));
    const __m256i upper_low = _mm256_unpacklo_epi8(top, middle);
    const __m256i upper_high = _mm256_unpackhi_epi8(top, middle);
    const __m256i lower_low = _mm256_unpacklo_epi8(bottom, zero);
    const __m256i lower_high = _mm256_unpackhi_epi8(bottom, zero);
    return (hsf_column){{
        _mm256_unpacklo_epi16(upper_low, lower_low),
        _mm256_unpackhi_epi16(upper_low, lower_low),
        _mm256_unpacklo_epi16(upper_high, lower_high),
        _mm256_unpackhi_epi16(upper_high, lower_high),
    }};
}

// Stores the first `count` bytes, a multiple of 8.
HSF_INLINE void store_bytes(uint8_t *target, __m256i bytes, size_t count) {
    const __m128i low = _mm256_castsi256_si128(bytes);
    const __m128i high = _mm256_extracti128_si256(bytes, 1);
    if (count >= 32) {
        _mm256_storeu_si256((__m256i *)target, bytes);
        return;
    }
    if (count >= 16) {
        _mm_storeu_si128((__m128i *)target, low);
    } else {
        _mm_storel_epi64((__m128i *)target, low);
    }
    if (count == 24) {
        _mm_storel_epi64((__m128i *)(target + 16), high);
    }
}

HSF_INLINE void finish_pixel(
    const hsf_column *left, const hsf_column *middle, const hsf_column *right, const __m256i *weights,
    const __m256i *bias, const __m256i *shift, uint8_t *target, size_t count) {
    __m256i value[4];
    HSF_UNROLL
    for (size_t part = 0; part < 4; part++) {
        __m256i acc = _mm256_load_si256(bias + part);
        acc = HSF_DOT4(acc, left->part[part], _mm256_load_si256(weights + part));
        acc = HSF_DOT4(acc, middle->part[part], _mm256_load_si256(weights + 4 + part));
        acc = HSF_DOT4(acc, right->part[part], _mm256_load_si256(weights + 8 + part));
        value[part] = _mm256_srav_epi32(acc, _mm256_load_si256(shift + part));
    }
    // Signed 16-bit saturation first: packing to unsigned bytes reads its input as signed.
    const __m256i low = _mm256_packs_epi32(value[0], value[1]);
    const __m256i high = _mm256_packs_epi32(value[2], value[3]);
    store_bytes(target, _mm256_packus_epi16(low, high), count);
}

HSF_INLINE void depthwise(const hsf_depthwise_args *args, const size_t stride) {
    const size_t channels = args->channels;
    const size_t out_width = args->width / stride;
    const hsf_column none = {{_mm256_setzero_si256(), _mm256_setzero_si256(), _mm256_setzero_si256(),
                              _mm256_setzero_si256()}};
    for (size_t row = 0; row < args->height / stride; row++) {
        hsf_row rows[3];
        for (size_t y = 0; y < 3; y++) {
            rows[y] = hsf_depthwise_row(args, (ptrdiff_t)(row * stride + y) - 1);
        }
        for (size_t channel = 0; channel < channels; channel += 32) {
            const __m256i *weights = (const __m256i *)(args->weights + channel * 12);
            const __m256i *bias = (const __m256i *)(args->bias + channel);
            const __m256i *shift = (const __m256i *)(args->shift + channel);
            const size_t count = hsf_min(32, channels - channel);
            uint8_t *target = args->output + row * out_width * channels + channel;
            if (stride == 1) {
                hsf_column left = none;
                hsf_column middle = load_column(rows, 0, channel);
                for (size_t x = 0; x < out_width; x++) {
                    const hsf_column right = x + 1 < out_width ? load_column(rows, x + 1, channel) : none;
                    finish_pixel(&left, &middle, &right, weights, bias, shift, target + x * channels, count);
                    left = middle;
                    middle = right;
                }
            } else {
                hsf_column left = none;
                for (size_t x = 0; x < out_width; x++) {
                    const hsf_column middle = load_column(rows, 2 * x, channel);
                    const hsf_column right = load_column(rows, 2 * x + 1, channel);
                    finish_pixel(&left, &middle, &right, weights, bias, shift, target + x * channels, count);
                    left = right;
                }
            }
        }
    }
}
