from dataclasses import replace

import numpy as np

from contracts.structure import Layer, Structure, VectorPruning
from contracts.structure.families import FAMILIES
from hwservice.campaign.definition import HeldOut
from hwservice.campaign.splits import Member, alike, groups_of, near_duplicates, sides, width_sides, widths_of


def test_networks_whose_widths_differ_by_a_channel_are_near_duplicates() -> None:
    widths = np.asarray([[16, 100], [17, 102], [19, 100], [18, 104]])
    assert alike(widths[0], widths).tolist() == [True, True, False, False]


def test_networks_that_differ_in_weight_vectors_alone_are_near_duplicates() -> None:
    one, other, thin = (
        FAMILIES["plain"]((3, 16, 16), (17, 35)),
        FAMILIES["plain"]((3, 16, 16), (18, 35)),
        FAMILIES["plain"]((3, 16, 16), (17, 35)),
    )
    thin = replace(thin, layers=tuple(_half(layer, thin) if layer.name == "conv1" else layer for layer in thin.layers))
    groups = groups_of([Member(name, 0.3, widths_of(s)) for name, s in (("a", one), ("b", other), ("c", thin))])
    assert groups["a"] == groups["b"] == groups["c"]


def _half(layer: Layer, structure: Structure) -> Layer:
    """Without half of its weight vectors."""
    kept = structure.positions(layer) // 2
    return replace(layer, vectors=VectorPruning(8, (kept,) * -(-layer.filters // 8)))


def test_near_duplicates_are_linked_in_chains() -> None:
    chain = np.asarray([[10], [14], [11], [12], [13], [20]])
    assert sorted(map(sorted, near_duplicates(chain))) == [[0, 1, 2, 3, 4], [5]]


def test_networks_of_another_topology_are_no_duplicates() -> None:
    groups = groups_of([Member("a", 0.3, (8, 8)), Member("b", 0.3, (8, 8, 8)), Member("c", 0.3, (8, 9))])
    assert groups["a"] == groups["c"] != groups["b"]


def test_a_group_over_the_border_of_the_width_split_is_on_no_side() -> None:
    members = [Member("a", 0.39, (9,)), Member("b", 0.52, (9,)), Member("c", 0.2, (3,)), Member("d", 0.9, (20,))]
    groups = {"a": "a", "b": "a", "c": "c", "d": "d"}
    assert width_sides(members, groups) == {"a": None, "c": "train", "d": "test"}


def row(accelerator: str) -> dict[str, object]:
    size = {"input_channels": 3, "input_height": 32, "input_width": 32}
    return {"family": "resnet", "accelerator": accelerator, **size}


def test_an_unseen_accelerator_is_judged_on_networks_that_nothing_was_learnt_from() -> None:
    held = HeldOut("vgg", ((3, 32, 32),), "new")
    groups = [f"group{k}" for k in range(200)]
    learnt = {g for g in groups if sides(row("old"), g, None, held)["split_accelerator"] == "train"}
    judged = {g for g in groups if sides(row("new"), g, None, held)["split_accelerator"] == "test"}
    assert learnt
    assert judged
    assert not learnt & judged
    assert not any(sides(row("old"), g, None, held)["split_accelerator"] == "test" for g in groups)


def test_splits_that_hold_nothing_back_are_left_empty() -> None:
    found = sides(row("old"), "g", "train", HeldOut())
    assert (found["split_family"], found["split_input"], found["split_accelerator"]) == (None, None, None)
    assert sides(row("old"), "g", "train", HeldOut("resnet", ((3, 32, 32),)))["split_input"] == "test"
