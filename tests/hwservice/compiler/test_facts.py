"""What a report says of how layers lie on the accelerator."""

import pytest

from contracts.accelerator import PRESETS, Accelerator
from contracts.network import GroupFacts
from hwservice.compiler import compile_network
from tests.hwservice.compiler.networks import KINDS, random_network
from tests.hwservice.compiler.reference import Builder
from tests.hwservice.compiler.test_compile import SMALL

PYNQ = PRESETS["pynq-8x32"]


def test_a_layer_says_its_filter_groups_tiles_bytes_and_memories() -> None:
    b = Builder((4, 16, 16))
    program = compile_network(b.network(b.conv(b.input, 11)), PYNQ)
    (facts,) = program.facts
    assert facts.groups == (GroupFacts(1, 8, 36), GroupFacts(1, 3, 36))
    assert (facts.tiles, facts.channels, facts.height, facts.width) == (8, 4, 16, 16)
    assert facts.map_bytes == 4 * 16 * 16
    assert facts.stream_bytes >= 2 * 36 * 8 + 36 * 4 + 11 * 16
    assert facts.bank_rows == (4 + 11) * 8, "a plane of 256 pixels takes 8 rows of 32"
    assert facts.vectors_held == 72
    assert facts.entries_held == 36
    assert facts.records_held == 11


@pytest.mark.parametrize("seed", range(6), ids=KINDS)
@pytest.mark.parametrize("accelerator", [PYNQ, SMALL], ids=lambda a: a.name)
def test_groups_and_tiles_make_the_list_length_bound_and_memories_are_no_more_than_there_is(
    seed: int, accelerator: Accelerator
) -> None:
    _, network = random_network(seed)
    program = compile_network(network, accelerator)
    for mark, facts in zip(program.marks, program.facts, strict=True):
        bound = sum(g.count * max(g.vectors, g.filters) for g in facts.groups) * facts.tiles
        assert bound == mark.bound_cycles
        assert sum(g.count * g.filters for g in facts.groups) == mark.filters
        assert 0 < facts.bank_rows <= accelerator.bank_depth
        assert 0 < facts.vectors_held <= accelerator.vector_depth
        assert 0 < facts.entries_held <= accelerator.list_depth
        assert 0 < facts.records_held <= accelerator.record_depth
