"""Layers of which not one band fits run slice by slice, and compute the same."""

from collections.abc import Callable

import pytest

from contracts.accelerator import Accelerator
from contracts.errors import CapacityError
from hwservice.compiler import compile_network
from hwservice.ir.quantised import QuantisedNetwork
from tests.hwservice.compiler.reference import Builder
from tests.hwservice.compiler.test_compile import assert_program_is_right

TINY = Accelerator(
    name="tiny", rows=4, lanes=8, bank_depth=64, vector_depth=64, list_depth=64, record_depth=32, dram_bytes=8
)


def wide_layer(b: Builder) -> QuantisedNetwork:
    x = b.conv(b.input, 48)
    return b.network(b.conv(x, 6, keep=0.6))


def strided_layer(b: Builder) -> QuantisedNetwork:
    return b.network(b.conv(b.conv(b.input, 40), 6, stride=(2, 2)))


def residual(b: Builder) -> QuantisedNetwork:
    x = b.conv(b.input, 24)
    y = b.conv(x, 24)
    return b.network(b.conv(y, 24, skip=tuple(s if k % 3 else None for k, s in enumerate(b.sources(x)))))


def whole_map_sum(b: Builder) -> QuantisedNetwork:
    return b.network(b.conv(b.total(b.conv(b.input, 20)), 5, (1, 1)))


def fully_connected_over_a_map(b: Builder) -> QuantisedNetwork:
    return b.network(b.conv(b.conv(b.input, 40), 9, (7, 9), pads=(0, 0, 0, 0)))


@pytest.mark.parametrize("make", [wide_layer, strided_layer, residual, whole_map_sum, fully_connected_over_a_map])
def test_a_layer_that_does_not_fit_in_one_band_computes_what_it_should(
    make: Callable[[Builder], QuantisedNetwork],
) -> None:
    b = Builder((5, 7, 9), 3)
    assert_program_is_right(b, make(b), TINY)


def test_a_sum_over_a_map_that_exceeds_the_chip_goes_on_over_its_rows() -> None:
    b = Builder((3, 40, 30))
    network = b.network(b.conv(b.total(b.input), 5, (1, 1)))
    assert TINY.activation_bytes < 40 * 30
    assert_program_is_right(b, network, TINY)


def test_a_map_too_wide_for_its_kernel_names_the_layer_and_a_preset() -> None:
    b = Builder((1, 9, 300))
    with pytest.raises(
        CapacityError, match=r"layer 'layer0' needs \d+ bytes .* 'tiny' has 512; choose preset 'edge-8x8'"
    ):
        compile_network(b.network(b.conv(b.input, 4)), TINY)


def test_a_map_that_no_preset_holds_says_so() -> None:
    b = Builder((1, 900, 65_000))
    with pytest.raises(CapacityError, match=r"layer 'layer0' .*; no preset has as much"):
        compile_network(b.network(b.conv(b.input, 4, (40, 3))), TINY)
