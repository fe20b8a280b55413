import json

import pytest

from contracts.errors import NetworkError
from contracts.structure import Layer, Structure, VectorPruning, Wire

SAME = (1, 1, 1, 1)


def conv(name: str, filters: int, *wires: Wire, **options: object) -> Layer:
    return Layer(name, "conv", wires or (Wire("input"),), filters, (3, 3), padding=SAME, **options)  # type: ignore[arg-type]  # as Layer's fields


def unequal() -> Structure:
    layers = (
        conv("stem", 6),
        conv("branch", 4, Wire("stem", read=(0, 2, 5))),
        Layer("sum", "add", (Wire("branch", write=(1, 2, 3, 7)), Wire("stem", read=(1, 3, 4, 5), write=(0, 4, 5, 6))), 8),
        Layer("pool", "global", (Wire("sum"),), 8, norm=False, relu=False),
        Layer("fc", "linear", (Wire("pool"), ), 10, norm=False, relu=False),
    )  # fmt: skip
    return Structure((3, 8, 8), layers)


def test_json_gives_the_same_structure_back() -> None:
    given = unequal()
    again = Structure.from_json(given.to_json())
    assert again == given
    assert again.digest == given.digest


def test_a_name_does_not_count_for_the_digest_and_a_width_does() -> None:
    one = Structure((3, 8, 8), (conv("c", 4),), "one")
    assert one.digest == Structure((3, 8, 8), (conv("c", 4),), "two").digest
    assert one.digest != Structure((3, 8, 8), (conv("c", 5),), "one").digest


def test_channel_lists_are_written_as_ranges() -> None:
    wires = [layer["wires"] for layer in json.loads(unequal().to_json())["layers"]]
    assert wires[1] == [["stem", "0,2,5"]]
    assert wires[2] == [["branch", None, "1-3,7"], ["stem", "1,3-5", "0,4-6"]]


def test_macs_count_what_is_read_and_what_is_kept() -> None:
    assert unequal().macs == 64 * 9 * (3 * 6 + 3 * 4) + 80
    kept = Structure((3, 8, 8), (conv("c", 6, vectors=VectorPruning(4, (10, 20))),))
    assert kept.macs == 64 * (4 * 10 + 2 * 20)
    assert kept.parameters == 4 * 10 + 2 * 20 + 2 * 6


@pytest.mark.parametrize(
    ("layer", "problem"),
    [
        (conv("c", 4, Wire("nobody")), "reads 'nobody', which is not made before it"),
        (conv("c", 4, Wire("input", read=(3,))), "beyond its 3"),
        (conv("c", 4, Wire("input", read=(1, 1))), "twice"),
        (conv("c", 0), "has 0 filters"),
        (conv("c", 4, groups=2), "do not divide 3 channels"),
        (conv("c", 4, Wire("input", write=(1, 2, 3))), "places channels"),
        (Layer("c", "sing", (Wire("input"),), 3), "operator 'sing'"),
        (Layer("c", "max", (Wire("input"),), 4, (2, 2), (2, 2)), "a pool keeps them"),
        (Layer("c", "average", (Wire("input"),), 3, (3, 3), (2, 2)), "overlap"),
        (Layer("c", "add", (Wire("input"),), 3), "adds 1 maps"),
        (Layer("c", "add", (Wire("input"), Wire("input", write=(0, 1, 5))), 6), "only 4 are written"),
        (Layer("c", "conv", (Wire("input"),), 3, (9, 9)), "larger than its map"),
        (conv("c", 8, vectors=VectorPruning(8, (28,))), "must be 1 to 27"),
        (conv("c", 9, vectors=VectorPruning(8, (5,))), "2 have 8 rows"),
        (conv("c", 8, vectors=VectorPruning(8, (2,), ((1, 27),))), "beyond its 27"),
    ],
)
def test_what_is_wrong_is_named_with_its_layer(layer: Layer, problem: str) -> None:
    with pytest.raises(NetworkError, match="layer 'c'") as caught:
        Structure((3, 8, 8), (layer,))
    assert problem in str(caught.value)


def test_maps_of_different_sizes_cannot_be_joined() -> None:
    layers = (conv("a", 4), conv("b", 4, stride=(2, 2)), conv("c", 4, Wire("a"), Wire("b")))
    with pytest.raises(NetworkError, match="different sizes"):
        Structure((3, 8, 8), layers)


@pytest.mark.parametrize(
    "text",
    [
        "[",
        "[]",
        '{"version":2}',
        '{"version":1,"input":[3,8]}',
        '{"version":1,"input":[3,8,8],"layers":3}',
        '{"version":1,"input":[3,8,8],"layers":[{"name":"c","operator":"conv","wires":["input"],"filters":true}]}',
        '{"version":1,"input":[3,8,8],"layers":[{"name":"c","operator":"conv","wires":[["input","0-9999999999"]],"filters":1}]}',
        '{"version":1,"input":[3,8,8],"layers":[{"name":"c","colour":"red"}]}',
    ],
)
def test_what_is_no_structure_is_refused(text: str) -> None:
    with pytest.raises(NetworkError):
        Structure.from_json(text)
