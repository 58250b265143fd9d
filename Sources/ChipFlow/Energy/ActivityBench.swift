import ChipRTL
import ChipTools
import Foundation

/// A neuron's netlist in Icarus, gates with delays, a window a cycle; what toggled is counted from the dump.
///
/// The netlist runs under plain names: in Icarus a toggle in a vector costs as much as the vector is wide.
struct ActivityBench {
    /// Name of the bench's module.
    static let module = "hs_activity"
    /// The clock, ps: far longer than any stage, so that all events of a cycle are in it.
    static let period = 4_000
    /// Largest dump, bytes.
    static let dumpLimit = 1 << 30

    let neuron: NeuronNetlist
    let stream: LayerActivations.Stream
    /// Windows in front of those that count.
    let lead: Int
    let libraries: [LibertyLibrary]
    var delays = GateDelays()

    /// Cycles in front of those that count, for a neuron of `clocks` clocks: all registers hold windows by then.
    static func lead(clocks: Int) -> Int { clocks + 1 }

    private var layer: RTLManifest.Layer { neuron.files.entry }

    /// Compiles, runs and counts.
    ///
    /// - Parameters:
    ///   - compiler: `iverilog`; `runner` is `vvp`.
    ///   - folder: where the files of the run go; they are removed at the end, the dump first.
    /// - Throws: ``EnergyError``, ``ToolError``, ``VCDError``, errors of writing.
    func activity(
        compiler: String, runner: String, folder: String, timeLimit: Int
    ) throws -> SwitchingActivity {
        let text = neuron.netlist.plainVerilog()
        let netlist = try GateNetlist(text, file: neuron.part.module, top: "top")
        let models = CellModels(
            libraries, cells: Set(netlist.cellNames), delays: delays.delays(libraries),
            defaultDelay: delays.gate)
        guard models.omitted.isEmpty else {
            throw EnergyError.notModelled(
                layer: layer.name, cells: models.omitted.map { "\($0.key) (\($0.value))" }.sorted())
        }
        var files = [
            ("netlist.v", text), ("cells.v", Array(models.text.utf8)), ("bench.v", Array(bench.utf8)),
            ("x.hex", Self.words(stream.windows)),
        ]
        if layer.hasResidual { files.append(("r.hex", Self.words(stream.residuals.map { [$0] }))) }
        defer {
            for name in files.map(\.0) + ["bench.vvp", "activity.vcd", "y.txt"] {
                try? FileManager.default.removeItem(atPath: "\(folder)/\(name)")
            }
        }
        for (name, bytes) in files { try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/\(name)")) }
        _ = try ToolProcess(
            executable: compiler,
            arguments: ["-g2005", "-s", Self.module, "-o", "bench.vvp", "cells.v", "netlist.v", "bench.v"],
            workingFolder: folder, timeLimit: timeLimit
        ).run()
        let result = try ToolProcess(
            executable: runner, arguments: ["-n", "bench.vvp"], workingFolder: folder, timeLimit: timeLimit
        ).run()
        guard let outputs = FileManager.default.contents(atPath: "\(folder)/y.txt") else {
            throw ToolError.unreadable(
                program: runner, what: "no outputs of the netlist", lastLines: result.output.lastLines(8))
        }
        try compare(String(decoding: outputs, as: UTF8.self).split(separator: "\n"))
        let activity = try ActivityCounter.count(
            dump: "\(folder)/activity.vcd", scope: "\(Self.module).dut", netlist: netlist,
            libraries: libraries, clockPort: clockPort, from: UInt64(Self.period * lead))
        let cycles = stream.windows.count - lead
        guard activity.cycles == cycles else {
            throw EnergyError.cutShort(layer: layer.name, cycles: activity.cycles, of: cycles)
        }
        return activity
    }

    /// Bytes that ``compare(_:)`` looks at: the first windows are not through the registers yet.
    var comparedBytes: Int { stream.windows.count - (neuron.clocks - 1) }

    /// The line of each cycle holds the output of the window that came `clocks - 1` cycles before.
    private func compare(_ lines: [Substring]) throws(EnergyError) {
        let late = neuron.clocks - 1
        var wrong: [Int] = []
        for pixel in 0..<comparedBytes {
            let line = pixel + late < lines.count ? lines[pixel + late] : ""
            if UInt8(line, radix: 16) != stream.outputs[pixel] { wrong.append(pixel) }
        }
        guard let first = wrong.first else { return }
        throw .wrongBytes(layer: layer.name, wrong: wrong.count, of: comparedBytes, firstPixel: first)
    }

    /// A line of hexadecimal digits a word, last byte first, as `$readmemh` reads it.
    private static func words(_ words: [[UInt8]]) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        return words.reduce(into: []) { text, word in
            for byte in word.reversed() {
                text.append(digits[Int(byte >> 4)])
                text.append(digits[Int(byte & 15)])
            }
            text.append(10)
        }
    }

    /// The clock's port under its plain name.
    private var clockPort: String {
        let ports = neuron.netlist.ports
        return neuron.netlist.plainPort(ports.firstIndex { $0.name == "clk" } ?? 0, bit: 0)
    }

    /// The plain ports, bit by bit, on the vectors that the bench has under the ports' own names.
    ///
    /// Bits that nobody reads stay open: nearly all of a depthwise window, on which Icarus would take minutes.
    private var ports: [String] {
        let read = Set(neuron.netlist.connections.map(\.net))
        return neuron.netlist.ports.enumerated().flatMap { number, port in
            port.nets.indices.filter { !port.isInput || read.contains(port.nets[$0]) }.map { index in
                let bit = port.name == "clk" ? "" : "[\(port.nets.count - 1 - index)]"
                return ".\(neuron.netlist.plainPort(number, bit: index))(\(port.name)\(bit))"
            }
        }
    }

    /// Inputs change at the falling edge, outputs are read just before it.
    private var bench: String {
        let (count, width) = (stream.windows.count, layer.windowBytes * 8)
        let residual = layer.hasResidual
        return """
            `timescale 1ps/1ps
            module \(Self.module);
              reg clk = 0;
              reg [\(width - 1):0] x, xs [0:\(count - 1)];
              reg [7:0] r, rs [0:\(count - 1)];
              wire [7:0] y;
              integer index, out;
              top dut(\(ports.joined(separator: ", ")));
              initial begin
                $readmemh("x.hex", xs);
                \(residual ? "$readmemh(\"r.hex\", rs);" : "")
                out = $fopen("y.txt");
                $dumpfile("activity.vcd");
                $dumplimit(\(Self.dumpLimit));
                $dumpvars(1, dut);
                for (index = 0; index < \(count); index = index + 1) begin
                  x = xs[index];
                  \(residual ? "r = rs[index];" : "")
                  #\(Self.period / 2) clk = 1;
                  #\(Self.period / 2) $fdisplay(out, "%h", y);
                  clk = 0;
                end
                $fclose(out);
                $finish;
              end
            endmodule

            """
    }
}
