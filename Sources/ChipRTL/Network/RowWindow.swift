import ChipModel
import HardenedBackbone
import QuantizedTensors

/// One pixel of a buffer at a column offset from the first lane's, border included.
struct PixelRead {
    let memory: RowMemory
    let lanes: LanePlan.Layer
    let stride: Int
    /// Columns to the right of the first lane's column, from -1.
    let offset: Int

    /// The expression with its semicolon; `outside` where the column is beyond the row, or `condition` fails.
    func text(row: String, column: String, outside: String, condition: String? = nil) -> String {
        let shifted =
            offset < 0
            ? "\(row) + \(column) - \(memory.address(1))"
            : offset == 0 ? "\(row) + \(column)" : "\(row) + \(column) + \(memory.address(offset))"
        var conditions = condition.map { [$0] } ?? []
        if offset < 0 { conditions.append("(\(column) != \(memory.address(0)))") }
        let furthest = (lanes.cyclesPerRow - 1) * lanes.lanes * stride + offset
        if furthest >= memory.columns {
            conditions.append("(\(column) < \(memory.address(max(0, memory.columns - offset))))")
        }
        let pixel = "\(memory.name)_mem[\(shifted)]"
        if conditions.isEmpty { return "\(pixel);\n" }
        return "(\(conditions.joined(separator: " & "))) ? \(pixel) : \(outside);\n"
    }
}

/// The text that reads the window of every lane, wires `x0`, `x1`, ...: see ``LayerWindow`` for the bytes.
struct RowWindow {
    let layer: NetworkLayer
    let lanes: LanePlan.Layer
    let memory: RowMemory
    let padding: [UInt8]

    var text: String { layer.kernelSize == 1 ? pointwise : threeByThree }

    private var outside: String {
        layer.kind == .stem ? VerilogText.literal(padding) : "\(memory.bits)'d0"
    }

    private var pointwise: String {
        (0..<lanes.lanes).map { lane in
            "  wire [\(memory.bits - 1):0] x\(lane) = "
                + PixelRead(memory: memory, lanes: lanes, stride: 1, offset: lane)
                .text(row: "base", column: "column", outside: outside)
        }.joined()
    }

    /// Columns are read once for all lanes that see them.
    private var threeByThree: String {
        let stride = layer.stride
        var text = """
              wire [\(memory.addressBits - 1):0] above = (base == \(memory.address(0))) ? \(memory.address(memory.lastRow)) : base - \(memory.address(memory.columns));
              wire [\(memory.addressBits - 1):0] below = \(memory.advanced("base", by: 1));

            """
        // With stride 2 the last output row's window ends at the last input row.
        let rows: [(String, String?)] = [
            ("above", "(row != 0)"), ("base", nil), ("below", stride == 1 ? "~is_last_row" : nil),
        ]
        for (index, (row, condition)) in rows.enumerated() {
            for offset in -1...((lanes.lanes - 1) * stride + 1) {
                text += "  wire [\(memory.bits - 1):0] t\(index)_\(offset + 1) = "
                text += PixelRead(memory: memory, lanes: lanes, stride: stride, offset: offset)
                    .text(row: row, column: "column", outside: outside, condition: condition)
            }
        }
        for lane in 0..<lanes.lanes {
            let taps = (0..<9).reversed().map { "t\($0 / 3)_\(lane * stride + $0 % 3)" }
            text += "  wire [\(memory.bits * 9 - 1):0] x\(lane) = {\(taps.joined(separator: ", "))};\n"
        }
        return text
    }
}
