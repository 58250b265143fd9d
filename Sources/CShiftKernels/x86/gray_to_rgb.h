// Gray to RGB for the x86 tiers, 16 pixels at a time. Included between a tier's BEGIN and END.

HSF_INLINE void gray_to_rgb(const hsf_gray_to_rgb_args *args) {
    const __m128i third[3] = {
        _mm_setr_epi8(0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5),
        _mm_setr_epi8(5, 5, 6, 6, 6, 7, 7, 7, 8, 8, 8, 9, 9, 9, 10, 10),
        _mm_setr_epi8(10, 11, 11, 11, 12, 12, 12, 13, 13, 13, 14, 14, 14, 15, 15, 15),
    };
    size_t pixel = 0;
    for (; pixel + 16 <= args->pixels; pixel += 16) {
        const __m128i bytes = _mm_loadu_si128((const __m128i *)(args->input + pixel));
        __m128i *target = (__m128i *)(args->output + 3 * pixel);
        HSF_UNROLL
        for (size_t i = 0; i < 3; i++) {
            _mm_storeu_si128(target + i, _mm_shuffle_epi8(bytes, third[i]));
        }
    }
    hsf_gray_to_rgb_tail(args, pixel);
}
