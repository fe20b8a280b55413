import pytest

from contracts.errors import NetworkError
from contracts.structure import Wire
from contracts.structure.families import densenet, mobilenet_v1, mobilenet_v2, resnet
from contracts.structure.shrink import channel_groups, shrink


def test_readers_lose_the_channels_that_are_gone() -> None:
    found = shrink(resnet((3, 32, 32)), {"stage1.0.conv1": range(0, 16, 2)})
    layers = {layer.name: layer for layer in found.layers}
    assert layers["stage1.0.conv1"].filters == 8
    assert found.channels(layers["stage1.0.conv2"]) == 8
    assert layers["stage1.0.conv2"].wires == (Wire("stage1.0.conv1"),)


def test_sides_of_an_add_may_keep_different_channels() -> None:
    found = shrink(resnet((3, 32, 32)), {"stem": (0, 2, 4, 6), "stage1.0.conv2": (2, 3, 6)})
    total = next(layer for layer in found.layers if layer.name == "stage1.0.add")
    assert total.filters == 5  # channels 0, 2, 3, 4, 6
    assert total.wires == (Wire("stage1.0.conv2", write=(1, 2, 4)), Wire("stem", write=(0, 1, 3, 4)))


def test_equal_sides_need_no_gather_and_no_scatter() -> None:
    base = resnet((3, 32, 32), blocks=(2, 1, 1))
    groups = channel_groups(base)
    stream = next(group for group in groups if "stem" in group)
    assert set(stream) == {"stem", "stage1.0.conv2", "stage1.1.conv2"}
    found = shrink(base, dict.fromkeys(stream, (1, 5, 9)))
    assert all(wire.read is None and wire.write is None for layer in found.layers for wire in layer.wires)


def test_depthwise_layers_follow_what_they_read() -> None:
    found = shrink(mobilenet_v1((3, 32, 32), (8, 16), (1, 1)), {"stem": (1, 2, 7)})
    depthwise = next(layer for layer in found.layers if layer.depthwise)
    assert (depthwise.filters, depthwise.groups) == (3, 3)


def test_readers_of_a_concatenation_choose_for_themselves() -> None:
    base = densenet((3, 32, 32), ((4, 5), (6,)), stem=8)
    found = shrink(base, {"block0.0.conv": (0, 3)}, {"block0.1.conv": (1, 2, 8, 9), "transition0.conv": (16,)})
    layers = {layer.name: layer for layer in found.layers}
    # Channels 8 and 9 were the first two of block0.0.conv, of which the second is gone.
    assert layers["block0.1.conv"].wires == (Wire("stem", read=(1, 2)), Wire("block0.0.conv", read=(0,)))
    assert layers["transition0.conv"].wires == (Wire("block0.1.conv", read=(4,)),)


def test_the_last_layer_and_what_nobody_chooses_stay() -> None:
    names = [name for group in channel_groups(mobilenet_v2((3, 32, 32))) for name in group]
    assert "classifier" not in names
    assert not any(name.endswith("depthwise") for name in names)


@pytest.mark.parametrize(
    ("filters", "reads", "problem"),
    [
        ({"stem": ()}, {}, "one must stay"),
        ({"stem": (16,)}, {}, "it has 16"),
        ({"nobody": (1,)}, {}, "no layer 'nobody'"),
        ({"stage1.0.add": (1,)}, {}, "no layer 'stage1.0.add'"),
        ({}, {"stage1.0.conv1": ()}, "without anything to read"),
    ],
)
def test_what_cannot_be_left_out_is_refused(
    filters: dict[str, tuple[int, ...]], reads: dict[str, tuple[int, ...]], problem: str
) -> None:
    with pytest.raises(NetworkError, match=problem):
        shrink(resnet((3, 32, 32)), filters, reads)
