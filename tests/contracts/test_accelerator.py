"""Accelerator descriptions: what is valid, what is refused and how."""

import json

import pytest

from contracts.accelerator import PRESETS, Accelerator, accelerator_named
from contracts.errors import AcceleratorError


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("rows", 3, "rows is 3; it must be a power of two"),
        ("lanes", 2, "lanes is 2"),
        ("dram_bytes", 64, "dram_bytes is 64"),
        ("bank_depth", 1 << 20, "bank_depth is 1048576; it must be from 16"),
        ("list_depth", 17, "list_depth is 17; it must be a multiple of 2"),
        ("rows", 128, "rows is 128; it must be a power of two from 1 to 64"),
        ("vector_depth", 8, "vector_depth is 8; it must be from 16"),
        ("record_depth", 1 << 17, "record_depth is 131072; it must be from 16 to 65536"),
        ("queue_depth", 1, "queue_depth is 1"),
        ("dram_latency", 0, "dram_latency is 0"),
        ("clock_mhz", 0.0, "clock_mhz is 0.0"),
    ],
)
def test_an_invalid_parameter_is_named_with_its_value(field: str, value: float, words: str) -> None:
    with pytest.raises(AcceleratorError, match=words):
        Accelerator.from_mapping({field: value})


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"lanes": 8, "dram_bytes": 16}, "dram_bytes is 16; it must be at most lanes \\(8\\)"),
        ({"rows": 64, "record_depth": 32}, "record_depth is 32; it must be from 64"),
        ({"lanes": 128, "bank_depth": 32769}, "bank_depth is 32769; it must be from 16 to 32768"),
        ({"rows": 1, "vector_depth": 20}, "vector_depth is 20; it must be a multiple of 8"),
        ({"dram_bytes": 32, "record_depth": 33}, "record_depth is 33; it must be a multiple of 2"),
    ],
)
def test_parameters_that_do_not_go_together_are_named(values: dict[str, int], words: str) -> None:
    with pytest.raises(AcceleratorError, match=words):
        Accelerator.from_mapping(values)


def test_an_unknown_field_or_type_is_refused() -> None:
    with pytest.raises(AcceleratorError, match="'colour' is unknown"):
        Accelerator.from_mapping({"colour": 1})
    with pytest.raises(AcceleratorError, match="'rows' is '8'; it must be int"):
        Accelerator.from_mapping({"rows": "8"})
    with pytest.raises(AcceleratorError, match="presets are edge-8x8"):
        accelerator_named("nothing")


def test_the_default_fits_the_part_it_is_named_for() -> None:
    assert PRESETS["pynq-8x32"].on_chip_bytes <= 560_000


def test_json_brings_a_description_back() -> None:
    for accelerator in PRESETS.values():
        assert Accelerator.from_mapping(json.loads(accelerator.to_json())) == accelerator


def test_the_digest_follows_the_hardware_and_nothing_else() -> None:
    a = PRESETS["pynq-8x32"]
    assert a.with_(clock_mhz=50.0, board="other", dram_latency=80).digest == a.digest
    assert a.with_(queue_depth=8).digest != a.digest
