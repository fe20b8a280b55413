"""The grid of a convolution's own result before a skip is added to it."""

import math
from dataclasses import dataclass

from hwservice.ir.arithmetic import MID_WIDE_BITS
from hwservice.ir.graph import NO_CLAMP, FloatLayer, Scale

MULTIPLIER_LIMIT = 1 << 16
LEAST_BITS = 2
"""Rounding to odd first is as good as rounding once with two bits more than the result."""


@dataclass(frozen=True)
class WideMid:
    """Sums keep `bits` bits below the output's step, rounded to odd; they are rounded once in all."""

    scale: float
    bits: int


def wide_mid(layer: FloatLayer, factor: float, side: Scale, out: Scale) -> WideMid | None:
    """The grid between both roundings, or None where a graph or a clamp asks for eight bits there.

    A sum that saturates at 18 bits lies so far out that no skip value brings the result back into its byte.

    Args:
        layer: a convolution with a skip.
        factor: the greatest of the filters' steps of a sum, real.
        side: of the skip.
        out: of the result.
    """
    if layer.mid_quantiser is not None or layer.mid_clamp != NO_CLAMP:
        return None
    reach = 256 + max(side.zero_point, 255 - side.zero_point) * side.scale / out.scale
    bits = min(MID_WIDE_BITS - 1 - math.ceil(math.log2(reach)), _multiplier_room(factor / out.scale))
    return WideMid(out.scale * 2.0**-bits, bits) if bits >= LEAST_BITS else None


def _multiplier_room(ratio: float) -> int:
    """How far a first factor can be shifted up and still be a multiplier of 16 bits."""
    return math.floor(math.log2((MULTIPLIER_LIMIT - 1) / ratio))
