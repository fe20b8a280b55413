"""Random integer networks of six kinds, by seed."""

from hwservice.ir.quantised import QuantisedNetwork, Source
from tests.hwservice.compiler.reference import Builder

KINDS = (
    "strides and dilations",
    "groups and pools",
    "gather, concat, skip",
    "regions",
    "shrinking and growing",
    "large kernel",
)


def random_network(seed: int) -> tuple[Builder, QuantisedNetwork]:
    """Kind `KINDS[seed % 6]` with random shapes."""
    b = Builder((1, 1, 1), seed)
    r = b.random
    b = Builder((int(r.integers(1, 20)), int(r.integers(4, 40)), int(r.integers(4, 40))), seed)
    make = (_strides, _groups, _skips, _regions, _sizes, _large)[seed % 6]
    return b, make(b)


def _strides(b: Builder) -> QuantisedNetwork:
    r = b.random
    kernel, stride = (int(r.integers(1, 6)), int(r.integers(1, 6))), (int(r.integers(1, 5)), int(r.integers(1, 5)))
    pads = tuple(int(v) for v in r.integers(2, 5, 4))
    dilation = int(r.integers(1, 3))
    x = b.conv(
        b.input, int(r.integers(1, 40)), kernel, stride, (pads[0], pads[1], pads[2], pads[3]), (dilation, dilation)
    )
    return b.network(b.conv(x, 9))


def _groups(b: Builder) -> QuantisedNetwork:
    x = b.conv(b.conv(b.input, 16), 16, groups=16)
    return b.network(b.conv(b.total(b.maximum(b.conv(x, 24, groups=4))), 7, (1, 1)))


def _skips(b: Builder) -> QuantisedNetwork:
    x = b.conv(b.input, 20)
    y = b.conv(x, 12)
    z = b.conv(b.sources(x)[3:11] + b.sources(y), 14, keep=0.5)
    skip: tuple[Source | None, ...] = tuple(s if k % 3 else None for k, s in enumerate(b.sources(x)[:14]))
    return b.network(b.conv(z, 14, skip=skip))


def _regions(b: Builder) -> QuantisedNetwork:
    x = b.conv(b.input, 8, stride=(2, 2))
    return b.network(b.conv(x, 8, stride=(2, 2), regions=True), b.conv(x, 8, (1, 1)))


def _sizes(b: Builder) -> QuantisedNetwork:
    x = b.conv(b.conv(b.input, 10, pads=(0, 0, 0, 0)), 5, (2, 2), pads=(1, 1, 1, 1))
    return b.network(b.conv(b.conv(x, 6, stride=(3, 1)), 4))


def _large(b: Builder) -> QuantisedNetwork:
    return b.network(b.conv(b.conv(b.input, 6, (20, 20), pads=(10, 10, 9, 9)), 30, (1, 1)))
