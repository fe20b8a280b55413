import pytest

from contracts.errors import InputError
from contracts.structure import Structure
from contracts.structure.families import densenet, plain, resnet
from contracts.structure.samplers import EDGE_ROWS, SAMPLERS, Pruning, prune

BASE = resnet((3, 32, 32), blocks=(2, 2, 2))


def filters(structure: Structure) -> dict[str, int]:
    return {layer.name: layer.filters for layer in structure.layers}


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("unequal", [False, True])
def test_a_seed_gives_one_structure_and_another_seed_another(sampler: str, unequal: bool) -> None:
    pruning = Pruning(sampler, (0.3, 0.8), unequal)
    assert prune(BASE, pruning, 5) == prune(BASE, pruning, 5)
    assert prune(BASE, pruning, 5) != prune(BASE, pruning, 6)
    assert prune(BASE, pruning, 5).macs < BASE.macs


def test_uniform_keeps_the_same_share_everywhere() -> None:
    found = filters(prune(BASE, Pruning("uniform", (0.5, 0.5)), 1))
    assert all(found[name] * 2 == count for name, count in filters(BASE).items() if name != "classifier")


def test_bottleneck_thins_the_inside_of_blocks() -> None:
    found, before = filters(prune(BASE, Pruning("bottleneck", (0.25, 0.25)), 1)), filters(BASE)
    inner = [found[n] / before[n] for n in found if n.endswith("conv1")]
    outer = [found[n] / before[n] for n in found if n.endswith("conv2")]
    assert max(inner) < min(outer)


def test_stages_keep_one_share_for_each_resolution() -> None:
    found = filters(prune(plain((3, 32, 32), (32, 32, 64, 64), (1, 1, 2, 1)), Pruning("stages", (0.3, 0.9)), 3))
    assert found["conv0"] == found["conv1"]
    assert found["conv2"] == found["conv3"]


def test_edges_lie_at_and_beside_whole_numbers_of_rows() -> None:
    base = plain((3, 32, 32), (64, 64, 128, 128))
    distances = []
    for seed in range(20):
        found = filters(prune(base, Pruning("edges", (0.4, 0.8)), seed))
        counts = [found[f"conv{k}"] for k in range(4)]
        distances.append(min(max(min(n % rows, rows - n % rows) for n in counts) for rows in EDGE_ROWS))
    assert max(distances) <= 1


def test_unequal_sides_differ_and_equal_ones_do_not() -> None:
    def scatters(unequal: bool) -> bool:
        found = prune(BASE, Pruning("random", (0.4, 0.6), unequal), 2)
        return any(wire.write is not None for layer in found.layers for wire in layer.wires)

    assert scatters(True)
    assert not scatters(False)


def test_weight_vectors_are_left_out_around_the_density() -> None:
    found = prune(BASE, Pruning("uniform", (1, 1), density=(0.5, 0.5)), 4)
    kept = [
        sum(layer.vectors.kept) / len(layer.vectors.kept) / found.positions(layer)
        for layer in found.layers
        if layer.vectors is not None
    ]
    assert len(kept) > 5
    assert all(0.3 < share < 0.7 for share in kept)


def test_readers_of_concatenations_leave_channels_unread() -> None:
    found = prune(densenet((3, 32, 32), ((12,) * 4, (12,) * 4)), Pruning("random", (0.5, 0.5), unequal=True), 8)
    assert any(wire.read is not None for layer in found.layers for wire in layer.wires)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"sampler": "guess"}, "known are uniform"),
        ({"ratio": (0.0, 1.0)}, "0 < low"),
        ({"density": (0.9, 0.2)}, "0 < low"),
        ({"rows": 0}, "from 1 to 64"),
    ],
)
def test_options_out_of_range_are_named(options: dict[str, object], problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        Pruning(**options)  # type: ignore[arg-type]  # wrong on purpose
