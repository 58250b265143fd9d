#!/usr/bin/env python3
"""Golden hashes for Resizer, from its specification alone, in exact rational arithmetic.

Run without arguments: prints the lines of ResizerGoldenTests.swift. Shares no code with the package and
follows the words of the specification (cumulative area shares, half-pixel centres) with fractions, so an
agreement means that the specification is enough to reimplement the resize.
"""
from fractions import Fraction
from math import floor

ONE = 4096
CASES = [(37, 23, 16), (28, 28, 32), (64, 48, 64), (61, 40, 24), (5, 3, 7), (100, 10, 32), (1, 1, 4),
         (33, 200, 33), (2, 300, 5), (224, 224, 224), (320, 213, 96)]


def round_half_up(value):
    return floor(value + Fraction(1, 2))


def taps(n, m, i):
    """[(source index, weight)] of target i on an axis of n source and m target samples."""
    if m < n:
        low, high = Fraction(i * n, m), Fraction((i + 1) * n, m)
        result, before = [], 0
        for j in range(n):
            covered = min(high, Fraction(j + 1)) - low
            if j + 1 <= low or j >= high:
                continue
            up_to = round_half_up(covered / (high - low) * ONE)
            result.append((j, up_to - before))
            before = up_to
    else:
        position = (i + Fraction(1, 2)) * n / m - Fraction(1, 2)
        low = floor(position)
        weight = round_half_up((position - low) * ONE)
        clamp = lambda j: min(max(j, 0), n - 1)
        result = [(clamp(low), ONE - weight), (clamp(low + 1), weight)]
    assert sum(weight for _, weight in result) == ONE
    return result


def sample(x, y, c):
    return (x * 31 + y * 57 + c * 101 + x * y * 3 + (x * x) % 11 * 17) % 256


def resize_hash(width, height, size):
    columns = [taps(width, size, i) for i in range(size)]
    digest = 0xCBF29CE484222325
    for y in range(size):
        rows = taps(height, size, y)
        for x in range(size):
            for c in range(3):
                total = sum(wy * wx * sample(sx, sy, c) for sy, wy in rows for sx, wx in columns[x])
                value = round_half_up(Fraction(total, ONE * ONE))
                digest = ((digest ^ value) * 0x100000001B3) & (2**64 - 1)
    return digest


if __name__ == "__main__":
    for width, height, size in CASES:
        print(f"(width: {width}, height: {height}, size: {size}, "
              f"fnv1a: 0x{resize_hash(width, height, size):016x}),")
