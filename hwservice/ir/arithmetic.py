"""Integer rounding as the accelerator does it: one definition for interpreter, integer model and compiler."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

MID_WIDE_BITS = 18
"""Width of the value between the two roundings when it is rounded to odd."""


def shift_half_even(value: Ints, shift: Ints | np.int64 | int) -> Ints:
    """`value / 2**shift`, rounded to nearest, ties to even. Example: 3 >> 1 gives 2, 5 >> 1 gives 2."""
    shift = np.asarray(shift, dtype=np.int64)
    half = np.where(shift > 0, np.int64(1) << np.maximum(shift - 1, 0), 0)
    odd = (value >> shift) & 1
    rounded = (value + half - 1 + odd) >> shift
    result: Ints = np.where(shift > 0, rounded, value)
    return result


def shift_to_odd(value: Ints, shift: Ints | np.int64 | int) -> Ints:
    """`value / 2**shift` cut down, with the last bit set where anything was lost: a later rounding is then exact."""
    shift = np.asarray(shift, dtype=np.int64)
    floor = value >> shift
    lost = (floor << shift) != value
    result: Ints = floor | lost.astype(np.int64)
    return result


def wrap_int32(value: Ints) -> Ints:
    """The low 32 bits as a signed number, as the accumulators keep them."""
    return ((value + 2**31) & 0xFFFFFFFF) - 2**31


@dataclass(frozen=True)
class Rounding:
    """What a drain does with a sum, apart from the per-filter multiplier and shift; one per layer.

    `u = round1((sum + bias) * multiplier >> shift)`, clamped to `mid_low..mid_high` (half to even) or, where `mid_wide`,
    rounded to odd and clamped to 18 bits; then
    `y = clamp(half_even((u * main_multiplier + (skip - skip_zero) * skip_multiplier) >> second_shift) + out_zero, low, high)`.
    """

    out_zero: int = 0
    low: int = 0
    high: int = 255
    mid_wide: bool = False
    mid_low: int = -256
    mid_high: int = 255
    main_multiplier: int = 1
    skip_multiplier: int = 0
    second_shift: int = 0
    skip_zero: int = 0

    def apply(
        self, total: Ints, multiplier: Ints | np.int64, shift: Ints | np.int64, skip: Ints | None = None
    ) -> NDArray[np.uint8]:
        """Outputs for sums that already hold their bias; `multiplier` and `shift` broadcast against `total`.

        Args:
            total: sums plus bias, any shape; wrapped to 32 bits first.
            multiplier: unsigned 16-bit factors.
            shift: 0 to 63.
            skip: raw uint8 skip values of `total`'s shape, or None where no skip is added.
        """
        product = wrap_int32(total) * multiplier
        if self.mid_wide:
            limit = 1 << (MID_WIDE_BITS - 1)
            mid = np.clip(shift_to_odd(product, shift), -limit, limit - 1)
        else:
            mid = np.clip(shift_half_even(product, shift), self.mid_low, self.mid_high)
        value = mid * self.main_multiplier
        if skip is not None:
            value = value + (skip - self.skip_zero) * self.skip_multiplier
        rounded = shift_half_even(value, self.second_shift)
        return np.clip(rounded + self.out_zero, self.low, self.high).astype(np.uint8)
