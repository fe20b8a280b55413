"""Structures as torch networks: they leave as ONNX for the same accelerator program, and weight vectors stay away while they train."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

torch = pytest.importorskip("torch")

from contracts.accelerator import PRESETS  # noqa: E402 - after the skip
from contracts.errors import NetworkError  # noqa: E402 - as above
from contracts.expert import cycles  # noqa: E402 - as above
from contracts.structure import Layer, Structure, VectorPruning, Wire  # noqa: E402 - as above
from contracts.structure.families import densenet, mobilenet_v1, mobilenet_v2, plain, resnet, vgg  # noqa: E402 - as above
from contracts.structure.samplers import Pruning, prune  # noqa: E402 - as above
from hwservice.campaign.layers import counted_facts  # noqa: E402 - as above
from hwservice.compiler import compile_network  # noqa: E402 - as above
from hwservice.pipeline import load_network  # noqa: E402 - as above
from hwservice.quantise import quantise  # noqa: E402 - as above
from hwservice.structures import integer_network  # noqa: E402 - as above
from mlservice.export import export_onnx  # noqa: E402 - as above
from mlservice.networks.structured import module_of  # noqa: E402 - as above


def listed(structure: Structure) -> Structure:
    """With the weight vectors that are left named, as pruning runs write them: else each side draws its own."""
    random = np.random.default_rng(0)
    layers = []
    for layer in structure.layers:
        if layer.vectors is not None:
            positions = structure.positions(layer)
            lists = tuple(tuple(random.permutation(positions)[:kept].tolist()) for kept in layer.vectors.kept)
            layer = replace(layer, vectors=replace(layer.vectors, lists=lists))  # noqa: PLW2901 - the same layer
        layers.append(layer)
    return Structure(structure.input, tuple(layers))


UNEQUAL = Pruning("random", (0.4, 0.8), unequal=True)
STRUCTURES = {
    "resnet": resnet((1, 16, 16), (8, 12, 20)),
    "unequal sides": prune(resnet((1, 16, 16)), UNEQUAL, 3),
    "fewer vectors": listed(prune(resnet((1, 16, 16)), Pruning("uniform", (0.7, 0.7), density=(0.3, 0.6)), 1)),
    "densenet": prune(densenet((3, 16, 16), ((6, 5), (4,)), stem=9, normalise_first=True), UNEQUAL, 4),
    "mobilenet_v1": mobilenet_v1((3, 17, 17), (6, 9, 13), (2, 1, 2), stem=(4, 2), classes=7),
    "mobilenet_v2": mobilenet_v2((3, 16, 16), ((1, 6, 1, 1), (3, 8, 2, 2)), stem=8, last=20, classes=10),
    "vgg": vgg((1, 12, 12), ((6, 7), (9,)), hidden=(11,), classes=10),
    "pooled": plain((1, 16, 16), (5, 9), pooled=True),
    "average": densenet((1, 16, 16), ((5, 3), (4,)), stem=6),
}


@pytest.mark.parametrize("name", STRUCTURES)
def test_a_trained_network_costs_what_its_structure_says(name: str, tmp_path: Path) -> None:
    structure = STRUCTURES[name]
    network = module_of(structure)
    for weights in network.parameters():  # so that no quantiser rounds one to nothing
        weights.data += weights.sign() * weights.abs().max()
    export_onnx(network, structure.input, tmp_path / "network.onnx")
    images = np.random.default_rng(0).random((16, *structure.input), np.float32)
    read = quantise(load_network(tmp_path / "network.onnx"), images)
    programs = [compile_network(x, PRESETS["pynq-8x32"]) for x in (read, integer_network(structure))]
    assert programs[0].macs == programs[1].macs
    for column, wanted in counted_facts(programs[1]).items():
        assert counted_facts(programs[0])[column] == wanted, column
    expected = [cycles(program.shape, program.accelerator) for program in programs]
    assert np.allclose(expected[0], expected[1])


@pytest.mark.parametrize("name", STRUCTURES)
def test_its_onnx_says_what_it_says(name: str, tmp_path: Path) -> None:
    structure = STRUCTURES[name]
    network = module_of(structure, seed=2)
    network(torch.rand(8, *structure.input))  # statistics of the normalisations
    export_onnx(network, structure.input, tmp_path / "network.onnx")
    image = torch.rand(1, *structure.input)
    session = onnxruntime.InferenceSession(tmp_path / "network.onnx", providers=["CPUExecutionProvider"])
    (said,) = session.run(None, {"input": image.numpy()})
    np.testing.assert_allclose(said, network(image).detach().numpy(), atol=1e-4)


def test_without_vectors_a_network_has_the_structures_parameters() -> None:
    structure = STRUCTURES["unequal sides"]
    assert sum(p.numel() for p in module_of(structure).parameters()) == structure.parameters


def test_the_same_seed_gives_the_same_network() -> None:
    structure = STRUCTURES["fewer vectors"]
    one, same, other = (module_of(structure, seed)(torch.ones(2, 1, 16, 16)) for seed in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_weight_vectors_that_are_left_out_take_no_part_however_it_trains() -> None:
    lists = ((0, 3, 8), (1, 2))
    pruned = Layer("conv", "conv", (Wire("input"),), 12, (3, 3), vectors=VectorPruning(8, (3, 2), lists))
    network = module_of(Structure((1, 3, 3), (pruned,)))
    optimiser = torch.optim.SGD(network.parameters(), lr=1.0, weight_decay=0.1)
    for _ in range(3):
        optimiser.zero_grad()
        (network(torch.rand(4, 1, 3, 3)) * torch.rand(12, 1, 1)).sum().backward()
        optimiser.step()
    network.eval()
    for position in range(9):
        image = torch.zeros(2, 1, 3, 3)
        image[1].view(-1)[position] = 5.0
        blank, lit = network.layers[0].operator(image)  # type: ignore[operator]  # a module of modules
        changed = (blank != lit).flatten().tolist()
        assert changed == [position in lists[0]] * 8 + [position in lists[1]] * 4


def test_what_torch_cannot_do_is_refused_by_name() -> None:
    window = Layer("pool", "max", (Wire("input"),), 1, (2, 2), (2, 2), (0, 0, 1, 1), norm=False, relu=False)
    with pytest.raises(NetworkError, match="'pool' is a pool with uneven padding"):
        module_of(Structure((1, 5, 5), (window,)))
