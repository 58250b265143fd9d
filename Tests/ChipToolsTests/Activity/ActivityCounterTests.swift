import Testing

import ChipTools

@Suite struct ActivityCounterTests {
    private func count(
        _ changes: String, from start: UInt64 = 0, scope: String = "b.dut"
    ) throws -> SwitchingActivity {
        let folder = try ScratchFolder()
        let header = """
            $scope module b $end $var wire 1 ? clk $end
            $scope module dut $end
            $var wire 1 ! clk $end $var wire 2 A a [1:0] $end $var wire 1 B \\b[0] $end
            $var wire 1 X x.y $end $var wire 1 N _0_ $end $var wire 3 Q q [2:0] $end
            $scope module inner $end $var wire 1 I x.y $end $upscope $end
            $upscope $end $upscope $end $enddefinitions $end

            """
        return try ActivityCounter.count(
            dump: folder.write(header + changes, "x.vcd"), scope: scope,
            netlist: GateNetlist(Array(GateNetlistTests.text.utf8), file: "mini.v"),
            libraries: [TinyLiberty.library()], clockPort: "clk", from: start)
    }

    @Test func togglesGoToTheirDrivers() throws {
        let activity = try count(
            """
            $dumpvars x! bxx A xB xX xN bxxx Q $end
            #0
            0! b00 A 0B 1X 1N b010 Q
            #5
            1! 1?
            #10
            0! b11 A 0X 1I 0I 1I
            #15
            1! 0N b1 Q
            #20
            0! zX 1N b11 Q
            #25
            1! 1X
            """)
        #expect(activity.cycles == 3)
        #expect(activity.missingNets == 0)
        // x.y fell once; from 0 to z to 1 is no change between 0 and 1.
        #expect(activity.tallies[.init(cell: "TINY_NAND2", pin: "Y")] == .init(nets: 1, toggles: 1))
        // _0_ and q[1] are one net: counted by the name that came first.
        #expect(activity.tallies[.init(cell: "TINY_DFFN", pin: "QN")] == .init(nets: 1, toggles: 2))
        #expect(activity.tallies[.init(cell: "TINY_INV", pin: "Y")] == .init(nets: 1, toggles: 0))
        // clk 5 times, a[1] and a[0] once each, b[0] never.
        #expect(activity.tallies[.init(cell: "", pin: "")] == .init(nets: 4, toggles: 7))
        #expect(activity.togglesPerCycle(.init(cell: "TINY_DFFN", pin: "QN")) == 2.0 / 3)
    }

    @Test func resetTimeDoesNotCount() throws {
        let activity = try count("#0\n0! 0N\n#5\n1! 1N\n#10\n0! 0N\n#15\n1! 1N\n", from: 10)
        #expect(activity.cycles == 1)
        #expect(activity.tallies[.init(cell: "TINY_DFFN", pin: "QN")]?.toggles == 2)
    }

    @Test func wrongScopeIsAnError() {
        #expect(throws: VCDError.self) { try count("#0\n", scope: "b.other") }
    }

    @Test func energyIsTheSumOfItsParts() throws {
        let library = try TinyLiberty.library()
        let activity = SwitchingActivity(
            tallies: [
                .init(cell: "TINY_FA", pin: "CON"): .init(nets: 2, toggles: 10),
                .init(cell: "TINY_FA", pin: "SN"): .init(nets: 2, toggles: 30),
                .init(cell: "TINY_HA", pin: "SN"): .init(nets: 1, toggles: 20),
                .init(cell: "TINY_INV", pin: "Y"): .init(nets: 1, toggles: 50),
                .init(cell: "TINY_DFFN", pin: "QN"): .init(nets: 3, toggles: 60),
                .init(cell: "", pin: ""): .init(nets: 3, toggles: 1000),
            ], cycles: 10, missingNets: 0)
        let constants = EnergyConstants(
            fullAdderToggle: 2, halfAdderToggle: 3, gateToggle: 5, flipFlopToggle: 7, flipFlopClock: 11)
        let energy = try #require(
            constants.energy(
                of: activity, cellCounts: ["TINY_FA": 2, "TINY_DFFN": 3], roles: CellRoles([library]),
                libraries: [library]))
        #expect(energy.fullAdders == 8)
        #expect(energy.halfAdders == 6)
        #expect(energy.gates == 25)
        #expect(energy.flipFlops == 42 + 33)
        #expect(energy.total == 114)
        let none = SwitchingActivity(tallies: [:], cycles: 0, missingNets: 0)
        #expect(
            constants.energy(of: none, cellCounts: [:], roles: CellRoles([library]), libraries: [library])
                == nil)
    }
}
