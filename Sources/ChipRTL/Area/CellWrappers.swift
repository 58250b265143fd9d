/// The adders of the area style as modules of their own.
///
/// Simulation reads these behaviours; synthesis reads wrappers of library cells in their place. Adders invert both
/// outputs, as the cells do.
public enum CellWrappers {
    /// Names of the modules by what they wrap.
    public enum Name {
        /// Full adder, outputs inverted.
        public static let fullAdder = "hs_fa"
        /// Half adder, outputs inverted.
        public static let halfAdder = "hs_ha"
        /// Carry of a full adder, inverted.
        public static let majority = "hs_maj"
        /// Carry of a half adder, inverted.
        public static let nand = "hs_nand"
        /// Inverter.
        public static let inverter = "hs_inv"
    }

    /// File that holds the behaviours.
    public static let fileName = "hs_cells.sv"

    /// The behaviours, combinational.
    public static let behaviour = """
        // Full adder, both outputs inverted.
        module hs_fa(input wire a, input wire b, input wire c, output wire con, output wire sn);
          assign con = ~((a & b) | (a & c) | (b & c));
          assign sn = ~(a ^ b ^ c);
        endmodule

        // Half adder, both outputs inverted; on two inverted bits it adds one as well.
        module hs_ha(input wire a, input wire b, output wire con, output wire sn);
          assign con = ~(a & b);
          assign sn = ~(a ^ b);
        endmodule

        // The carry of a full adder alone, inverted.
        module hs_maj(input wire a, input wire b, input wire c, output wire con);
          assign con = ~((a & b) | (a & c) | (b & c));
        endmodule

        // The carry of a half adder alone, inverted.
        module hs_nand(input wire a, input wire b, output wire con);
          assign con = ~(a & b);
        endmodule

        module hs_inv(input wire a, output wire y);
          assign y = ~a;
        endmodule

        """
}
