import ChipModel

/// The text of a buffer of rows: whole rows written in turn, columns of any row read.
///
/// One word is one pixel. Addresses are a row's first word plus a column, so that nothing is multiplied.
struct RowMemory {
    /// Prefix of the buffer's ports and signals.
    let name: String
    /// Pixels of a row.
    let columns: Int
    /// Bits of a pixel.
    let bits: Int
    /// Rows in the buffer.
    let rows: Int
    /// Pixels written in one beat.
    let writeLanes: Int

    /// Bits of an address, and of a column.
    var addressBits: Int { VerilogText.bits(max(rows * columns, columns + writeLanes)) }
    /// First word of the last row.
    var lastRow: Int { (rows - 1) * columns }

    func address(_ value: Int) -> String { VerilogText.literal(value, bits: addressBits) }

    /// The memory and its write side.
    var text: String {
        var text = """
              reg [\(bits - 1):0] \(name)_mem [0:\(rows * columns - 1)];
              reg [\(addressBits - 1):0] \(name)_row, \(name)_column;
              always @(posedge clk) begin
                if (\(name)_valid) begin

            """
        for lane in 0..<writeLanes {
            let isAlwaysInside = columns % writeLanes == 0 || lane == 0 || lane < columns % writeLanes
            let guardText = isAlwaysInside ? "" : "if (\(name)_column < \(address(columns - lane))) "
            let offset = lane == 0 ? "" : " + \(address(lane))"
            text += "      \(guardText)\(name)_mem[\(name)_row + \(name)_column\(offset)] <= "
            text += "\(name)_data\(VerilogText.slice(lane, of: bits));\n"
        }
        text += """
                  \(name)_column <= \(name)_last ? \(address(0)) : \(name)_column + \(address(writeLanes));
                  if (\(name)_last) \(name)_row <= \(advanced("\(name)_row", by: 1));
                end
                if (rst) begin
                  \(name)_row <= \(address(0));
                  \(name)_column <= \(address(0));
                end
              end

            """
        return text
    }

    /// The first word of the row `count` rows behind the one at `row`.
    func advanced(_ row: String, by count: Int) -> String {
        guard rows > count else { return row }
        let back = address((rows - count) * columns)
        return "(\(row) >= \(back)) ? \(row) - \(back) : \(row) + \(address(count * columns))"
    }

    /// Counts the rows taken, and says when there are more than the buffer has.
    func check(freed: String) -> String {
        let width = VerilogText.bits(rows + 4)
        return """
              reg [\(width - 1):0] \(name)_taken;
              always @(posedge clk) begin
                \(name)_taken <= \(name)_taken + \(width)'d0 + (\(name)_valid & (\(name)_column == \(address(0)))) - \(freed);
                if (!rst && \(name)_taken > \(VerilogText.literal(rows, bits: width)))
                  $display("HS_ASSERT %m: row buffer \(name) overflows");
                if (rst) \(name)_taken <= \(width)'d0;
              end

            """
    }
}
