#!/usr/bin/env bash
# Swift: whether a program is legal depends on the level of optimisation.
#
# Tool       the Swift toolchain on PATH, pinned to version 6.3.1 (swift.org; nothing is installed: a toolchain is no
#            package). Another version: this ends with 2 and says so.
# Input      a noncopyable value that a nested function, which does not escape, changes, and that is consumed after the
#            nested function's last use. 12 lines, no unsafe code.
# Expected   one answer: accepted, or refused, by every build of the same source. Diagnostics are mandatory passes.
# Happens    swiftc -Onone refuses it ("cannot be consumed when captured by an escaping closure ..."; the closure does
#            not escape), swiftc -O accepts it, and the program prints what it should.
# So         a package that is only ever built with -c release can stay broken for everyone who runs `swift build`.
#            Here it was: release builds and tests passed for days while the debug build did not compile. Build both
#            in CI, and give such a value a method in place of a nested function.
set -euo pipefail

version="$(swiftc --version 2>/dev/null | grep -o 'Swift version [0-9.]*' | head -n 1)"
if [ "$version" != "Swift version 6.3.1" ]; then
    echo "needs Swift version 6.3.1, found '$version'"
    exit 2
fi
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cat >"$work/sum.swift" <<'SWIFT'
struct Sum: ~Copyable {
    var total = 0
    mutating func add(_ value: Int) { total += value }
    consuming func finish() -> Int { total }
}
func sum(_ values: [Int]) -> Int {
    var sum = Sum()
    func add(_ value: Int) { sum.add(value) }
    for value in values { add(value) }
    return sum.finish()
}
print(sum([1, 2, 3]))
SWIFT

debug=accepted release=accepted
swiftc -Onone "$work/sum.swift" -o "$work/debug" 2>"$work/errors" || debug=refused
swiftc -O "$work/sum.swift" -o "$work/release" 2>/dev/null || release=refused
echo "-Onone: $debug; -O: $release"
grep -m 1 'error:' "$work/errors" | sed 's/^[^:]*:/sum.swift:/' || true
[ "$release" = refused ] || "$work/release"
if [ "$debug $release" = "refused accepted" ]; then
    echo "as described"
else
    echo "CHANGED: this finding no longer holds"
    exit 1
fi
