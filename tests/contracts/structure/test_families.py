import pytest

from contracts.structure import Structure
from contracts.structure.families import FAMILIES, bottleneck, densenet, mobilenet_v2, resnet, vgg


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("side", [28, 32, 64, 224])
def test_every_family_takes_any_input_size(family: str, side: int) -> None:
    made = FAMILIES[family]((1, side, side))
    assert made.input == (1, side, side)
    assert made.sizes[made.layers[-1].name][1:] == (1, 1)
    assert Structure.from_json(made.to_json()) == made


def test_published_sizes_of_published_networks_are_met() -> None:
    image = (3, 224, 224)
    resnet18 = resnet(image, (64, 128, 256, 512), (2, 2, 2, 2), large=True, classes=1000)
    assert bottleneck(image).parameters == 25_557_032  # torchvision
    assert resnet18.parameters == 11_689_512  # torchvision
    assert mobilenet_v2(image).parameters == 3_504_872  # torchvision
    assert round(vgg(image).macs / 1e9, 2) == 15.47
    assert round(resnet18.macs / 1e9, 2) == 1.81


def test_a_dense_block_reads_all_that_came_before_it() -> None:
    made = densenet((3, 32, 32), ((4, 5), (6,)), stem=8)
    reads = {layer.name: made.channels(layer) for layer in made.layers}
    assert (reads["block0.0.conv"], reads["block0.1.conv"], reads["transition0.conv"]) == (8, 12, 17)


def test_width_vectors_reach_the_layers_they_name() -> None:
    made = resnet((3, 32, 32), (16, 32, 64), inner=(5, 7, 9))
    filters = {layer.name: layer.filters for layer in made.layers}
    assert [filters[f"stage{k}.0.conv1"] for k in (1, 2, 3)] == [5, 7, 9]
