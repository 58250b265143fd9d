#include "kernels.h"

#include <stdlib.h>

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

// [tier].family = symbol, one entry per inventory line.
#define HSF_KERNEL(family, tier, symbol, tile) [HSF_TIER_##tier].family = symbol,
static const hsf_kernels tables[HSF_TIER_COUNT] = {
#include "inventory.inc"
    [HSF_TIER_SCALAR].depthwise_block = 16,
    [HSF_TIER_AVX2].depthwise_block = 32,
    [HSF_TIER_AVX512VNNI].depthwise_block = 64,
    [HSF_TIER_NEONDOT].depthwise_block = 16,
    [HSF_TIER_NEONDOT].input_offset = 128,
};
#undef HSF_KERNEL

#define HSF_KERNEL(family, tier, symbol, tile) {#family, #symbol, tile, HSF_TIER_##tier},
static const hsf_inventory_entry entries[] = {
#include "inventory.inc"
};
#undef HSF_KERNEL

const hsf_inventory_entry *hsf_inventory(size_t *count) {
    *count = sizeof entries / sizeof entries[0];
    return entries;
}

#if defined(__x86_64__)

// Register state that the operating system saves: XCR0.
static uint64_t saved_state(void) {
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

static int probe(hsf_tier tier) {
    enum { YMM_STATE = 0x06, ZMM_STATE = 0xE6 };
    unsigned eax, ebx, ecx, edx;
    if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || !(ecx & bit_OSXSAVE) || !(ecx & bit_AVX)) {
        return 0;
    }
    const uint64_t state = saved_state();
    if (!__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx)) {
        return 0;
    }
    const int has_avx2 = (state & YMM_STATE) == YMM_STATE && (ebx & bit_AVX2);
    if (tier == HSF_TIER_AVX2) {
        return has_avx2;
    }
    const unsigned avx512 = bit_AVX512F | bit_AVX512BW | bit_AVX512DQ | bit_AVX512VL;
    return has_avx2 && (state & ZMM_STATE) == ZMM_STATE && (ebx & avx512) == avx512 &&
           (ecx & bit_AVX512VNNI);
}

#elif defined(__aarch64__) && defined(__linux__)

static int probe(hsf_tier tier) {
    // The dot product's bit in the words that Linux gives every process.
    return tier == HSF_TIER_NEONDOT && (getauxval(AT_HWCAP) >> 20 & 1);
}

#elif defined(__aarch64__) && defined(__APPLE__)

// Every 64-bit Mac has the dot product.
static int probe(hsf_tier tier) { return tier == HSF_TIER_NEONDOT; }

#else

static int probe(hsf_tier tier) {
    (void)tier;
    return 0;
}

#endif

int hsf_tier_is_supported(hsf_tier tier) {
    if (tier == HSF_TIER_SCALAR) {
        return 1;
    }
    return (unsigned)tier < HSF_TIER_COUNT && tables[tier].conv1x1 != NULL && probe(tier) ? 1 : 0;
}

const hsf_kernels *hsf_kernels_for_tier(hsf_tier tier) {
    return hsf_tier_is_supported(tier) ? &tables[tier] : NULL;
}

const char *hsf_requested_isa(void) { return getenv("HASHIFLEX_ISA"); }

static const char *const names[HSF_TIER_COUNT] = {
    [HSF_TIER_SCALAR] = "scalar",
    [HSF_TIER_AVX2] = "avx2",
    [HSF_TIER_AVX512VNNI] = "avx512vnni",
    [HSF_TIER_NEONDOT] = "neondot",
};

const char *hsf_tier_name(hsf_tier tier) {
    return (unsigned)tier < HSF_TIER_COUNT ? names[tier] : "unknown";
}

int hsf_select_tier(const char *name) {
    for (int tier = HSF_TIER_COUNT - 1; tier >= 0; tier--) {
        const int is_supported = hsf_tier_is_supported((hsf_tier)tier);
        if (name == NULL && is_supported) {
            return tier;
        }
        if (name != NULL && strcmp(name, names[tier]) == 0) {
            return is_supported ? tier : HSF_TIER_UNSUPPORTED;
        }
    }
    return HSF_TIER_UNKNOWN;
}
