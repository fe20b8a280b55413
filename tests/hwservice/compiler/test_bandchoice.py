"""Bands are cut so that DRAM moves little: maps once, and weights that must be loaded for every band seldom."""

from contracts.accelerator import PRESETS
from contracts.network import LayerShape
from hwservice.compiler import compile_network
from tests.hwservice.compiler.reference import Builder

EDGE = PRESETS["edge-8x8"]


def second_layer(b: Builder) -> LayerShape:
    return compile_network(b.network(b.layers[-1].output), EDGE).shape.layers[1]


def test_long_weights_are_loaded_for_few_bands() -> None:
    b = Builder((8, 14, 14))
    b.conv(b.conv(b.input, 512, (1, 1)), 256)
    layer = second_layer(b)
    assert layer.bands > 1
    weights = 512 * 256 * 9
    assert layer.stream_bytes < 3 * weights  # one row at a time would take 14 times


def test_a_layer_that_reads_a_channel_per_filter_is_cut_into_parts_of_high_bands() -> None:
    b = Builder((3, 64, 64))
    b.maximum(b.conv(b.input, 64), 3, 2, 1)
    layer = second_layer(b)
    assert layer.bands > 1
    assert layer.map_bytes < 1.3 * 64 * 64 * 64  # rows that two bands read are loaded twice


def test_bands_take_little_longer_than_the_array() -> None:
    b = Builder((3, 112, 112))
    b.conv(b.conv(b.input, 64), 64)
    program = compile_network(b.network(b.layers[-1].output), EDGE)
    assert program.marks[1].bands > 1
    assert program.shape.layers[1].map_bytes / EDGE.dram_bytes < program.marks[1].bound_cycles / 4
