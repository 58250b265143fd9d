#!/usr/bin/env python3
"""Golden hashes for Pillow's resize and the ways to fit a picture, from their specification alone.

Run without arguments: prints pillow_golden.tsv. With --check: compares it with the file beside this script.
Whole numbers only: no Pillow, no numpy, no code of the package. It resizes the whole picture and then cuts,
so an agreement also means that computing only the rows and columns that are kept changes no byte.

Columns: width and height of the source; its generator (`ramp` is the one of resize_golden.py, `edges` is 255
where ramp is 128 or more, else 0); kernel; order of the passes; fit; shorter side (crop) or centre fraction
(crop-then-stretch), else `-`; size of the square result; FNV-1a, 64 bit, of its bytes, row by row, RGB.
"""
import sys
from fractions import Fraction
from pathlib import Path

HALF, SHIFT = 1 << 21, 22
BOTH = ("pillow-bilinear", "pillow-bicubic")
ONLY_BILINEAR, ONLY_BICUBIC = BOTH[:1], BOTH[1:]
ORDERS = ("h-then-v", "order13")
PLAIN, ONLY_13 = ORDERS[:1], ORDERS[1:]

# (width, height, generator, kernels, orders, fit, shorter or fraction, size)
GROUPS = [
    (1, 1, "ramp", BOTH, PLAIN, "stretch", None, 4),
    (1, 300, "ramp", BOTH, PLAIN, "stretch", None, 5),
    (300, 1, "ramp", BOTH, PLAIN, "stretch", None, 5),
    (2, 3000, "ramp", BOTH, ORDERS, "stretch", None, 7),
    (37, 23, "edges", BOTH, PLAIN, "stretch", None, 16),
    (37, 23, "edges", BOTH, PLAIN, "stretch", None, 64),
    (28, 28, "ramp", ONLY_BICUBIC, PLAIN, "stretch", None, 28),  # both axes are left out
    (32, 50, "ramp", ONLY_BILINEAR, ORDERS, "stretch", None, 32),  # one is
    (50, 32, "ramp", ONLY_BILINEAR, PLAIN, "stretch", None, 32),
    (60, 88, "edges", ONLY_BICUBIC, ORDERS, "stretch", None, 32),  # H - h = 2 (W - w)
    (60, 89, "edges", ONLY_BICUBIC, ORDERS, "stretch", None, 32),  # one more
    (20, 40, "edges", ONLY_BICUBIC, ORDERS, "stretch", None, 32),  # wider and lower
    (10, 20, "edges", ONLY_BICUBIC, ORDERS, "stretch", None, 32),  # not lower
    (700, 500, "ramp", BOTH, PLAIN, "stretch", None, 224),
    (320, 213, "ramp", BOTH, PLAIN, "crop", 64, 56),
    (213, 320, "edges", BOTH, PLAIN, "crop", 73, 64),
    (500, 333, "ramp", ONLY_BILINEAR, PLAIN, "crop", 256, 224),
    (120, 64, "ramp", ONLY_BILINEAR, PLAIN, "crop", 64, 57),  # no resize
    (120, 64, "ramp", ONLY_BILINEAR, PLAIN, "crop/offset-floor", 64, 57),
    (1, 300, "ramp", ONLY_BICUBIC, PLAIN, "crop", 8, 8),
    (300, 1, "ramp", ONLY_BILINEAR, PLAIN, "crop", 8, 7),
    (2, 3000, "ramp", ONLY_BICUBIC, ORDERS, "crop", 1, 1),
    (2, 3000, "ramp", ONLY_BICUBIC, PLAIN, "crop", 16, 16),
    (100, 260, "edges", BOTH, ORDERS, "crop", 40, 33),
    (100, 260, "edges", ONLY_BICUBIC, ONLY_13, "crop/offset-floor", 40, 33),
    (100, 190, "edges", ONLY_BICUBIC, ORDERS, "crop", 40, 33),  # the order is that of 40x76, not of 33x33
    (61, 40, "ramp", BOTH, PLAIN, "crop-then-stretch", Fraction(7, 8), 24),
    (15, 31, "edges", ONLY_BICUBIC, PLAIN, "crop-then-stretch", Fraction(7, 8), 32),
    (200, 300, "ramp", BOTH, ORDERS, "crop-then-stretch", Fraction(7, 8), 96),  # of 176x264, not of 200x300
    (61, 40, "ramp", BOTH, PLAIN, "letterbox", None, 24),
    (40, 61, "edges", ONLY_BICUBIC, PLAIN, "letterbox", None, 33),
    (5, 3, "ramp", ONLY_BICUBIC, PLAIN, "letterbox", None, 32),
    (300, 1, "ramp", ONLY_BILINEAR, PLAIN, "letterbox", None, 8),
    (1, 300, "ramp", ONLY_BILINEAR, PLAIN, "letterbox", None, 6),
    (50, 170, "edges", BOTH, ORDERS, "letterbox", None, 48),
    (50, 90, "edges", ONLY_BICUBIC, ONLY_13, "letterbox", None, 48),  # of 26x48, not of 48x48
]


def sample(generator, x, y, c):
    ramp = (x * 31 + y * 57 + c * 101 + x * y * 3 + (x * x) % 11 * 17) % 256
    return ramp if generator == "ramp" else 255 * (ramp // 128)


def weight(kernel, t, d):
    """Of a source sample at the distance t, in units in which the kernel's first zero is at d."""
    if kernel == "pillow-bilinear":
        return max(0, d - t)
    if t < d:
        return (3 * t - 5 * d) * t * t + 2 * d**3
    if t < 2 * d:
        return -(((t - 5 * d) * t + 8 * d * d) * t - 4 * d**3)
    return 0


def coefficients(kernel, n, m, i):
    """[(source index, coefficient)] of target i on an axis of n source and m target samples."""
    d = 2 * max(n, m)
    centre, reach = (2 * i + 1) * n // (2 * m), d // m + 1  # beyond it no weight is left
    inside = range(max(0, centre - reach), min(n, centre + reach + 1))
    weights = [(x, weight(kernel, abs((2 * x + 1) * m - (2 * i + 1) * n), d)) for x in inside]
    total = sum(w for _, w in weights)
    # Halves are rounded away from zero; the coefficients need not sum to 2^22.
    magnitude = lambda w: (abs(w) * 2 ** (SHIFT + 1) + total) // (2 * total)
    return [(x, magnitude(w) if w > 0 else -magnitude(w)) for x, w in weights if w != 0]


def byte(total):
    return min(max((total + HALF) >> SHIFT, 0), 255)


# A picture is a list of rows, a row a list of [R, G, B].


def horizontal(picture, kernel, width):
    n = len(picture[0])
    taps = [coefficients(kernel, n, width, i) for i in range(width)] if width != n else []
    return [[[byte(sum(k * row[x][c] for x, k in tap)) for c in range(3)] for tap in taps]
            for row in picture] if taps else picture


def vertical(picture, kernel, height):
    turned = [list(column) for column in zip(*picture)]
    return [list(row) for row in zip(*horizontal(turned, kernel, height))]


def resize(picture, kernel, order, w, h):
    width, height = len(picture[0]), len(picture)
    if order == "order13" and h < height and height - h > 2 * (width - w):
        return horizontal(vertical(picture, kernel, h), kernel, w)
    return vertical(horizontal(picture, kernel, w), kernel, h)


def half(difference, to_even=True):
    """Half of a difference, a remaining half to the even neighbour or down."""
    return difference // 2 + (1 if to_even and difference % 4 == 3 else 0)


def window(picture, x, y, w, h):
    return [row[x:x + w] for row in picture[y:y + h]]


def fitted(picture, kernel, order, fit, amount, size):
    width, height = len(picture[0]), len(picture)
    shorter, longer = min(width, height), max(width, height)
    if fit == "stretch":
        return resize(picture, kernel, order, size, size)
    if fit in ("crop", "crop/offset-floor"):
        w, h = (amount if side == shorter else amount * longer // shorter for side in (width, height))
        offsets = (half(side - size, to_even=fit == "crop") for side in (w, h))
        return window(resize(picture, kernel, order, w, h), *offsets, size, size)
    if fit == "crop-then-stretch":
        x, y = (int((side - side * amount) / 2) for side in (width, height))
        return resize(window(picture, x, y, width - 2 * x, height - 2 * y), kernel, order, size, size)
    assert fit == "letterbox"
    w, h = (max(1, size * side // longer) for side in (width, height))
    x, y = half(size - w), half(size - h)
    canvas = [[[0, 0, 0]] * size for _ in range(size)]
    for into, row in zip(canvas[y:], resize(picture, kernel, order, w, h)):
        into[x:x + w] = row
    return canvas


def fnv1a(picture):
    digest = 0xCBF29CE484222325
    for row in picture:
        for pixel in row:
            for value in pixel:
                digest = ((digest ^ value) * 0x100000001B3) & (2**64 - 1)
    return digest


def lines():
    yield "width\theight\tgenerator\tkernel\torder\tfit\tshorter\tsize\tfnv1a"
    for width, height, generator, kernels, orders, fit, amount, size in GROUPS:
        picture = [[[sample(generator, x, y, c) for c in range(3)] for x in range(width)]
                   for y in range(height)]
        for kernel in kernels:
            for order in orders:
                result = fitted(picture, kernel, order, fit, amount, size)
                assert len(result) == size and all(len(row) == size for row in result)
                shown = "-" if amount is None else float(amount) if fit == "crop-then-stretch" else amount
                yield "\t".join(map(str, (width, height, generator, kernel, order, fit, shown, size,
                                          f"0x{fnv1a(result):016x}")))


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        recorded = Path(__file__).with_suffix(".tsv").read_text().splitlines()
        sys.exit(None if recorded == list(lines()) else "pillow_golden.tsv is not what this script prints")
    print(*lines(), sep="\n")
