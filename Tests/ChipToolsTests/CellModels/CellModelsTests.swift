import ChipTools
import Testing

@Suite struct CellModelsTests {
    @Test func gatesAreTheirFunctions() throws {
        let models = CellModels([try TinyLiberty.library()], cells: ["TINY_AOI21", "TINY_TIE1"])
        #expect(models.modelled == ["TINY_AOI21", "TINY_TIE1"])
        #expect(
            models.text.hasSuffix(
                """
                module TINY_AOI21(A, B, C, Y);
                  input A;
                  input B;
                  input C;
                  output Y;
                  assign Y = ~((A & B) | C);
                endmodule
                module TINY_TIE1(H);
                  output H;
                  assign H = 1'b1;
                endmodule

                """), "\(models.text)")
    }

    @Test func memoriesFollowTheirGroups() throws {
        let library = try TinyLiberty.parse(
            """
            library (a) {
              cell (plain) { ff (IQ, IQN) { clocked_on : "CK"; next_state : "!D"; }
                pin (CK) { } pin (D) { } pin (Q) { direction : output; function : "IQN"; } }
              cell (falling) { ff (IQ, IQN) { clocked_on : "CK'"; next_state : "D"; clear : "!R"; preset : "S";
                  clear_preset_var1 : H; }
                pin (CK) { } pin (D) { } pin (R) { } pin (S) { } pin (Q) { direction : output; function : "IQ"; } }
              cell (latch) { latch (IQ, IQN) { enable : "G"; data_in : "D"; }
                pin (G) { } pin (D) { } pin (Q) { direction : output; function : "IQ"; } }
            }
            """)
        let text = CellModels([library]).text
        #expect(text.contains("always @(posedge CK) hs_state <= ~D;\n  assign Q = (~hs_state);"))
        #expect(
            text.contains(
                "always @(negedge CK or posedge hs_preset or posedge hs_clear) if (hs_preset) hs_state <= 1'b1; "
                    + "else if (hs_clear) hs_state <= 1'b0; else hs_state <= D;"))
        #expect(text.contains("always @* if (G) hs_state = D;"))
    }

    @Test func delaysStandAtTheirOutputs() throws {
        let models = CellModels(
            [try TinyLiberty.library()], cells: ["TINY_FA", "TINY_INV"],
            delays: [.init(cell: "TINY_FA", pin: "CON", picoseconds: 38)], defaultDelay: 5)
        #expect(models.text.contains("`timescale 1ps/1ps"))
        #expect(models.text.contains("assign #(38) CON ="))
        #expect(models.text.contains("assign #(5) SN =") && models.text.contains("assign #(5) Y ="))
        #expect(!CellModels([try TinyLiberty.library()]).text.contains("#("))
    }

    @Test func oddNamesAreEscapedAndImpossibleOnesLeftOut() throws {
        let models = CellModels([
            try TinyLiberty.parse(
                """
                library (a) {
                  cell ("and") { pin ("in-1") { } pin (Y) { direction : output; function : "0"; } }
                  cell ("two words") { pin (Y) { direction : output; function : "1"; } }
                  cell (stranger) { pin (Y) { direction : output; function : "Z"; } }
                  cell (table) { statetable ("A", "Q") { } }
                }
                """)
        ])
        #expect(models.modelled == ["and"])
        #expect(models.omitted.keys.sorted() == ["stranger", "table", "two words"])
        #expect(models.text.contains("module \\and (\\in-1 , Y);"))
    }
}
