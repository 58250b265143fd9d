// AVX2 tier, resampling.

#include "avx2.h"

#if defined(__x86_64__)
HSF_AVX2_BEGIN
#include "resample.h"

void hsf_u8_w22_columns_sat8_1x32__avx2(const hsf_resample_columns_args *args) { resample_columns(args); }
void hsf_u8_w22_rows_sat8_32x1__avx2(const hsf_resample_rows_args *args) { resample_rows(args); }
HSF_AVX2_END
#endif
