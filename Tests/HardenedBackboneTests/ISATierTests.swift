import CShiftKernels
import HardenedBackbone
import Testing

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Which tier runs, and that a wish that cannot be met is an error with words.
@Suite struct ISATierTests {
    @Test func choosesTheBestTierWithoutAWish() throws {
        #expect(try ISATier.best(requested: nil) == ISATier.supported.max())
        #expect(hsf_select_tier(nil) == Int32(try ISATier.best(requested: nil).tier.rawValue))
    }

    @Test(arguments: ISATier.allCases) func obeysOrRefusesEveryNamedTier(_ tier: ISATier) throws {
        if ISATier.supported.contains(tier) {
            #expect(try ISATier.best(requested: tier.rawValue) == tier)
            #expect(hsf_select_tier(tier.rawValue) == Int32(tier.tier.rawValue))
            #expect(hsf_kernels_for_tier(tier.tier) != nil)
        } else {
            #expect(throws: ISATierError.unsupported(requested: tier, supported: ISATier.supported)) {
                try ISATier.best(requested: tier.rawValue)
            }
            #expect(hsf_select_tier(tier.rawValue) == HSF_TIER_UNSUPPORTED)
            #expect(hsf_kernels_for_tier(tier.tier) == nil)
        }
        #expect(String(cString: hsf_tier_name(tier.tier)) == tier.rawValue)
    }

    @Test(arguments: ["", "AVX2", "avx", "avx512", "scalar "]) func refusesUnknownNames(_ name: String) {
        #expect(throws: ISATierError.unknown(requested: name, supported: ISATier.supported)) {
            try ISATier.best(requested: name)
        }
        #expect(hsf_select_tier(name) == HSF_TIER_UNKNOWN)
    }

    @Test func readsTheWishFromTheEnvironment() async {
        await #expect(processExitsWith: .success) {
            setenv(ISATier.environmentVariable, "scalar", 1)
            let asked = try ISATier.best()
            #expect(asked == .scalar)
            setenv(ISATier.environmentVariable, "fast", 1)
            #expect(throws: ISATierError.unknown(requested: "fast", supported: ISATier.supported)) {
                try ISATier.best()
            }
            unsetenv(ISATier.environmentVariable)
            let unasked = try ISATier.best()
            #expect(unasked == ISATier.supported.last)
        }
    }

    @Test func explainsWhatToDo() {
        let unknown = ISATierError.unknown(requested: "avx", supported: [.scalar, .avx2])
        #expect(
            "\(unknown)" == "HASHIFLEX_ISA names unknown tier 'avx'; use one of scalar, avx2, or unset it"
        )
        let unsupported = ISATierError.unsupported(requested: .avx512vnni, supported: [.scalar])
        #expect(
            "\(unsupported)" == "instruction set tier avx512vnni is not supported by this CPU; "
                + "use one of scalar, or unset HASHIFLEX_ISA"
        )
    }

    @Test func ordersTiersBySpeed() {
        #expect(ISATier.allCases.sorted() == ISATier.allCases)
        #expect(ISATier.scalar < .avx2 && ISATier.avx2 < .avx512vnni)
    }

    @Test func registersEveryFamilyInEveryCompiledTier() throws {
        var count = 0
        let entries = UnsafeBufferPointer(start: hsf_inventory(&count), count: count)
        let families = [
            "conv1x1", "depthwise_s1", "depthwise_s2", "stem", "gray_to_rgb", "pool", "dense_u8s8_s32",
            "resample_columns", "resample_rows",
        ]
        for (tier, lines) in Dictionary(grouping: entries, by: \.tier.rawValue) {
            // A ceiling of the scalar tier would say nothing.
            let expected = tier == HSF_TIER_SCALAR.rawValue ? families : families + ["ceiling"]
            #expect(lines.map { String(cString: $0.family) }.sorted() == expected.sorted())
            for line in lines {
                #expect(
                    String(cString: line.symbol).hasSuffix(
                        "_\(String(cString: line.tile))__\(String(cString: hsf_tier_name(hsf_tier(tier))))"
                    )
                )
            }
        }
        #expect(entries.contains { $0.tier == HSF_TIER_SCALAR })
    }
}
