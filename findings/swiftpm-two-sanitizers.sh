#!/usr/bin/env bash
# SwiftPM: of two sanitizers that `swift build` is given, Swift code gets one, and which one is left to chance.
#
# Tool       swift build of the Swift toolchain on PATH, pinned to version 6.3.1, on Linux (swift.org; nothing is
#            installed: a toolchain is no package). Another version: this ends with 2 and says so.
# Input      swift build --sanitize=fuzzer --sanitize=address, on a package of one Swift file and one C file.
# Expected   both sanitizers in every object, or an error. swift build takes the option twice, clang does both for the
#            C file, and swiftc does both when they stand in one flag: -sanitize=fuzzer,address.
# Happens    the build succeeds, the C object has both, the Swift object one. SwiftPM keeps the sanitizers in a Set and
#            hands them over as two flags, in an order that changes from run to run. The Swift driver checks and links
#            both, but passes only the last flag on to the frontend, which does the instrumenting.
# So         a fuzzer may run without coverage of the Swift code, or without address checks, and the next build the
#            other way round. Add -Xswiftc -sanitize=fuzzer,address: it comes last. Then look into an object for both
#            __asan_init and __sanitizer_cov_.
set -euo pipefail

version="$(swiftc --version 2>/dev/null | grep -o 'Swift version [0-9.]*' | head -n 1)" || true
if [ "$version $(uname -s)" != "Swift version 6.3.1 Linux" ]; then
    echo "needs Swift version 6.3.1 on Linux, found '$version' on $(uname -s)"
    exit 2
fi
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
unset SWIFT_DETERMINISTIC_HASHING  # a setting that would freeze the order
mkdir -p "$work/Sources/Pick" "$work/Sources/CPick/include"
cd "$work"
cat >Package.swift <<'SWIFT'
// swift-tools-version:6.0
import PackageDescription
let package = Package(name: "Pick", targets: [.target(name: "Pick"), .target(name: "CPick")])
SWIFT
echo 'public func pick(_ values: [Int]) -> Int { values[0] > 3 ? 1 : 2 }' >Sources/Pick/Pick.swift
echo 'int pick(const int *values);' >Sources/CPick/include/CPick.h
echo 'int pick(const int *values) { return values[0] > 3 ? 1 : 2; }' >Sources/CPick/CPick.c

# The sanitizers whose calls are in an object file.
inside() {
    local found=""
    if grep -q -a __sanitizer_cov_ "$1"; then found="fuzzer"; fi
    if grep -q -a __asan_init "$1"; then found="${found:+$found,}address"; fi
    echo "${found:-none}"
}
# Builds from nothing; sets swift and c to what the objects have.
build() {
    rm -rf build
    swift build --cache-path cache --scratch-path build --sanitize=fuzzer --sanitize=address "$@" >log 2>&1 || {
        tail -n 5 log
        return 1
    }
    swift="$(inside build/debug/Pick.build/Pick.swift.o)" c="$(inside build/debug/CPick.build/CPick.c.o)"
}
changed() { echo "CHANGED: this finding no longer holds"; exit 1; }

# The compiler alone: of two flags the last counts, one flag can hold both.
for flags in "-sanitize=fuzzer -sanitize=address" "-sanitize=address -sanitize=fuzzer" "-sanitize=fuzzer,address"; do
    # shellcheck disable=SC2086
    swiftc -parse-as-library -c $flags Sources/Pick/Pick.swift -o pick.o
    swift="$(inside pick.o)"
    echo "swiftc $flags: $swift"
    last="${flags##*-sanitize=}"
    [ "$swift" = "$last" ] || changed
done
# SwiftPM: until each of the two was left out once. Chance alone would need more than 20 runs in one of 500000 cases.
seen=""
for run in $(seq 20); do
    build || changed
    echo "swift build, run $run: Swift $swift; C $c"
    case "$swift/$c" in
    fuzzer/fuzzer,address | address/fuzzer,address) seen="$seen $swift" ;;
    *) changed ;;
    esac
    case "$seen" in *fuzzer*address* | *address*fuzzer*) break ;; esac
done
case "$seen" in *fuzzer*address* | *address*fuzzer*) ;; *) changed ;; esac
build -Xswiftc -sanitize=fuzzer,address || changed
echo "swift build -Xswiftc -sanitize=fuzzer,address: Swift $swift; C $c"
[ "$swift/$c" = "fuzzer,address/fuzzer,address" ] || changed
echo "as described"
