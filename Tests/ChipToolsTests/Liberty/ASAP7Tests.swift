import ChipTools
import Foundation
import Testing

/// The predictive 7 nm library beside the project, all 202 cells.
@Suite(.enabled(if: Installed.hasASAP7, "ASAP7 is not beside the project"), .serialized)
struct ASAP7Tests {
    private static let libraries: Result<[LibertyLibrary], any Error> = Result {
        let folder = Installed.asap7 + "/lib"
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        return try names.filter { $0.hasSuffix(".lib.gz") && !$0.contains("subset") }.map {
            try LibertyLibrary(path: folder + "/" + $0)
        }
    }

    @Test func allCellsAreThoseOfTheTable() throws {
        let cells = try Self.libraries.get().flatMap(\.cells)
        #expect(cells.count == 202)
        let byName = Dictionary(uniqueKeysWithValues: cells.map { ($0.name, $0) })
        let rows = try String(contentsOfFile: Installed.asap7 + "/cells.csv", encoding: .utf8)
            .split(whereSeparator: \.isNewline).dropFirst().map {
                $0.split(separator: ",", omittingEmptySubsequences: false)
            }
        #expect(rows.count == 202)
        var tables = 0
        for row in rows {
            let cell = try #require(byName[String(row[0])])
            let area = try #require(Double(row[2]))
            #expect(cell.area == area, "\(cell.name)")
            let inputs = cell.inputs.sorted { $0.name < $1.name }
            for pair in row[5].split(separator: " ") {
                let parts = pair.split(separator: "=")
                let pin = try #require(inputs.first { $0.name == parts[0] })
                #expect(pin.capacitance.map { abs($0 - (Double(parts[1]) ?? -1)) < 1e-5 } ?? false)
            }
            for function in row[6].split(separator: ";") {
                let parts = function.split(separator: "=", maxSplits: 1)
                let name = parts[0].trimmingCharacters(in: .whitespaces)
                let pin = try #require(cell.outputs.first { $0.name == name })
                let variables = inputs.map(\.name) + (cell.memory.map { [$0.state, $0.complement] } ?? [])
                let wanted = TruthTable(try BooleanFunction(String(parts[1])), inputs: variables)
                #expect(wanted != nil)
                #expect(pin.function.flatMap { TruthTable($0, inputs: variables) } == wanted, "\(cell.name)")
                tables += 1
            }
        }
        #expect(tables > 190)
    }

    @Test func rolesAreFound() throws {
        let roles = CellRoles(try Self.libraries.get())
        #expect(roles[.invertedFullAdder]?.cell == "FAx1_ASAP7_75t_R")
        #expect(roles[.invertedFullAdder]?.outputs == ["CON", "SN"])
        #expect(roles[.invertedFullAdder]?.area == 0.20412)
        #expect(roles[.invertedHalfAdder]?.cell == "HAxp5_ASAP7_75t_R")
        #expect(roles[.invertingFlipFlop]?.cell == "DFFHQNx1_ASAP7_75t_R")
        #expect(roles[.flipFlop]?.cell == "DFFHQx4_ASAP7_75t_R")
        #expect(roles.anyFlipFlop?.area == 0.2916)
        #expect(roles[.fullAdder] == nil && roles[.halfAdder] == nil)
        #expect(roles[.tieHigh]?.cell == "TIEHIx1_ASAP7_75t_R")
        // The usual list of OpenROAD excludes the half adder by its drive strength; we place it ourselves.
        let filtered = CellRoles(
            try Self.libraries.get(), excluding: ["*x1p*", "*xp*", "SDF*", "ICG*"].map { NamePattern($0) })
        #expect(filtered[.invertedHalfAdder]?.cell == "HAxp5_ASAP7_75t_R")
        #expect(filtered[.inverter]?.cell == "INVx1_ASAP7_75t_R")
    }

    @Test func oneFileAloneLacksWhatItLacks() throws {
        let simple = try #require(try Self.libraries.get().first { $0.name.contains("SIMPLE") })
        let error = #expect(throws: LibertyCheck.self) {
            try LibertyCheck.require(LibertyCheck.gates + LibertyCheck.adders, in: [simple])
        }
        #expect(error?.missing.map(\.anyOf) == [[.inverter], [.invertingFlipFlop, .flipFlop]])
    }

    @Test func mergeHoldsAllCellsOnce() throws {
        let libraries = try Self.libraries.get()
        let subset = try LibertyLibrary(
            path: Installed.asap7 + "/lib/asap7sc7p5t_subset_RVT_TT_nldm.lib.gz")
        let merged = try LibertyMerge(libraries + [subset])
        #expect(merged.cellCount == 202)
        #expect(merged.duplicates.count == subset.cells.count)
        let again = try LibertyLibrary(LibertyFile(name: "merged", bytes: merged.bytes))
        #expect(again.cells.map(\.name) == libraries.flatMap(\.cells).map(\.name))
    }

    @Test func modelsCoverAllButClockGates() throws {
        let models = CellModels(try Self.libraries.get())
        #expect(models.modelled.count + models.omitted.count == 202)
        #expect(models.omitted.keys.allSatisfy { $0.hasPrefix("ICG") }, "\(models.omitted)")
    }
}
