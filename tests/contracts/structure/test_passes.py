from dataclasses import replace

from contracts.structure import Structure, Wire
from contracts.structure.families import densenet, mobilenet_v2, resnet
from contracts.structure.passes import passes_of


def test_adds_are_fused_into_the_convolution_that_is_computed_later() -> None:
    found = {p.name: p for p in passes_of(resnet((3, 32, 32))).passes}
    assert found["stage1.0.conv2"].add == "stage1.0.add"
    assert found["stage1.0.conv2"].skip == Wire("stem")
    assert found["stage1.0.conv2"].relu


def test_of_two_convolutions_that_are_added_the_shorter_one_comes_first() -> None:
    names = [p.name for p in passes_of(resnet((3, 32, 32))).passes]
    assert names.index("stage2.0.project") < names.index("stage2.0.conv2")


def test_a_map_that_is_read_with_two_strides_is_copied() -> None:
    made = densenet((3, 32, 32), ((4, 4),), stem=8)
    layers = tuple(replace(x, stride=(2, 2)) if x.name == "block0.1.conv" else x for x in made.layers[:3])
    names = [p.name for p in passes_of(Structure((3, 32, 32), layers)).passes]
    assert names == ["stem", "stem@2x2", "block0.0.conv", "block0.1.conv"]
    assert [p.name for p in passes_of(Structure((3, 32, 32), layers), copies=False).passes] == [*names[:1], *names[2:]]


def test_a_sum_that_no_convolution_can_take_is_a_copy_with_a_skip() -> None:
    made = mobilenet_v2((3, 32, 32), ((1, 8, 1, 1), (6, 8, 2, 1)), stem=8, last=16, classes=10)
    layers = list(made.layers)
    at = next(k for k, x in enumerate(layers) if x.name == "stage1.1.add")
    layers[at] = replace(layers[at], wires=(Wire("stage1.0.add"), Wire("stage0.0.project")))
    layers = [x for x in layers if not x.name.startswith("stage1.1.") or x.name == "stage1.1.add"]
    found = {p.name: p for p in passes_of(Structure(made.input, tuple(layers))).passes}
    assert found["stage1.1.add"].layer is None
    assert found["stage1.1.add"].skip is not None
