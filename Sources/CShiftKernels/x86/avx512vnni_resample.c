// AVX-512 VNNI tier, resampling: the 256-bit code, which memory bounds already, with more registers.

#include "avx512vnni.h"

#if defined(__x86_64__)
HSF_AVX512_BEGIN
#include "resample.h"

void hsf_u8_w22_columns_sat8_1x32__avx512vnni(const hsf_resample_columns_args *args) {
    resample_columns(args);
}
void hsf_u8_w22_rows_sat8_32x1__avx512vnni(const hsf_resample_rows_args *args) { resample_rows(args); }
HSF_AVX512_END
#endif
