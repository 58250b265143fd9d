// AVX-512 VNNI tier, depthwise convolution: 64 channels at a time in 512-bit registers; a rest of at most 32
// channels in 256-bit ones.

#include "avx512vnni.h"

#if defined(__x86_64__)
HSF_AVX512_BEGIN

HSF_INLINE void store_256(uint8_t *target, __m256i bytes, size_t count) {
    _mm256_mask_storeu_epi8(target, count >= 32 ? ~0u : (1u << count) - 1, bytes);
}

HSF_INLINE void store_512(uint8_t *target, __m512i bytes, size_t count) {
    _mm512_mask_storeu_epi8(target, count >= 64 ? ~0ull : (1ull << count) - 1, bytes);
}

#define HSF_DEPTHWISE_COLUMNS 2

#define HSF_BITS 256
#define HSF_DOT4 _mm256_dpbusd_epi32
#define HSF_STORE store_256
#include "depthwise.h"
#undef HSF_BITS
#undef HSF_DOT4
#undef HSF_STORE

#define HSF_BITS 512
#define HSF_DOT4 _mm512_dpbusd_epi32
#define HSF_STORE store_512
#include "depthwise.h"

HSF_INLINE void depthwise(const hsf_depthwise_args *args, const size_t stride) {
    size_t channel = 0;
    for (; channel + 32 < args->channels; channel += 64) {
        depthwise_512(args, channel, stride);
    }
    if (channel < args->channels) {
        depthwise_256(args, channel, stride);
    }
}

void hsf_u8_po2_dw3x3s1_sat8_2x64__avx512vnni(const hsf_depthwise_args *args) { depthwise(args, 1); }
void hsf_u8_po2_dw3x3s2_sat8_1x64__avx512vnni(const hsf_depthwise_args *args) { depthwise(args, 2); }

HSF_AVX512_END
#endif
