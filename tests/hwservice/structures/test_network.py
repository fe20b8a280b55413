"""The integer network that a structure becomes at once, and what reader, passes and quantiser make of its ONNX model."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from contracts.accelerator import PRESETS
from contracts.structure import Structure, VectorPruning, Wire
from contracts.structure.families import bottleneck, densenet, mobilenet_v1, mobilenet_v2, plain, resnet, vgg
from hwservice import integer_model
from hwservice.compiler import compile_network
from hwservice.ir.program import Program
from hwservice.ir.quantised import QuantisedNetwork
from hwservice.pipeline import load_network
from hwservice.quantise import quantise
from hwservice.structures import integer_network
from hwservice.structures.model import onnx_model


def _unequal() -> Structure:
    """ResNet-8 whose sums have channels that only one side brings, and readers that gather."""
    layers = []
    for layer in resnet((3, 32, 32)).layers:
        match layer.name:
            case "stage1.0.conv2":
                layers.append(replace(layer, filters=11))
            case "stage1.0.add":
                sides = Wire("stage1.0.conv2", write=(0, 2, 3, 5, 7, 8, 9, 11, 12, 13, 15)), Wire("stem")
                layers.append(replace(layer, wires=sides))
            case "stage2.0.conv1":
                layers.append(replace(layer, wires=(Wire("stage1.0.add", read=(0, 1, 2, 4, 5, 8, 9, 15)),)))
            case "stage2.0.project":
                layers.append(replace(layer, filters=24))
            case "stage2.0.add":
                sides = Wire("stage2.0.conv2"), Wire("stage2.0.project", write=tuple(range(3, 27)))
                layers.append(replace(layer, wires=sides))
            case "stage3.0.conv2":
                layers.append(replace(layer, filters=40))
            case "stage3.0.add":
                sides = Wire("stage3.0.conv2", write=tuple(range(40))), Wire("stage3.0.project", write=tuple(range(64)))
                layers.append(replace(layer, wires=sides))
            case _:
                layers.append(layer)
    return Structure((3, 32, 32), tuple(layers), "unequal")


def _pruned() -> Structure:
    layers = []
    for layer in plain((3, 32, 32), (16, 24, 32)).layers:
        kept = {"conv1": (40, 90, 144), "conv2": (30, 200, 210, 7)}.get(layer.name)
        layers.append(replace(layer, vectors=VectorPruning(8, kept)) if kept else layer)
    return Structure((3, 32, 32), tuple(layers), "pruned")


GIVEN = {
    "plain": plain((3, 32, 32), (12, 33, 7), pooled=True),
    "resnet": resnet((3, 32, 32), (16, 31, 65), inner=(9, 40, 17)),
    "bottleneck": bottleneck((3, 64, 64), (9, 16), (2, 2), classes=10),
    "densenet": densenet((3, 32, 32), ((5, 8, 9), (11, 3)), stem=13, normalise_first=True),
    "densenet_after": densenet((3, 32, 32), ((5, 8), (11,)), stem=13),
    "mobilenet_v1": mobilenet_v1((3, 40, 40), (8, 17, 33), (2, 1, 2)),
    "mobilenet_v2": mobilenet_v2((3, 32, 32), ((1, 9, 1, 1), (6, 12, 2, 2)), stem=8, last=40, classes=10),
    "vgg": vgg((1, 32, 32), ((9, 16), (33,)), hidden=(50,), classes=10),
    "unequal": _unequal(),
    "pruned": _pruned(),
}


def _through_onnx(structure: Structure, folder: Path) -> QuantisedNetwork:
    path = folder / "network.onnx"
    path.write_bytes(onnx_model(structure).SerializeToString())
    return quantise(load_network(path), None)


def _timed(program: Program) -> list[object]:
    """All that a program's cycles follow from, but for names."""
    layers = [replace(layer, name="") for layer in program.shape.layers]
    return [layers, program.facts, program.shape.input_bytes, program.shape.output_bytes, program.instruction_count]


@pytest.mark.parametrize("name", GIVEN)
def test_both_ways_give_the_same_layers_weights_and_program(name: str, tmp_path: Path) -> None:
    at_once, through = integer_network(GIVEN[name]), _through_onnx(GIVEN[name], tmp_path)
    for one, other in zip(at_once.layers, through.layers, strict=True):
        assert one.window == other.window
        assert (one.weights is None) == (other.weights is None)
        if one.weights is not None and other.weights is not None:
            assert np.array_equal(one.weights, other.weights), one.name
    programs = [compile_network(network, PRESETS["pynq-8x32"]) for network in (at_once, through)]
    assert _timed(programs[0]) == _timed(programs[1])


@pytest.mark.parametrize("name", GIVEN)
def test_activations_use_their_range(name: str) -> None:
    network = integer_network(GIVEN[name])
    inputs = np.random.default_rng(0).integers(0, 256, (2, *GIVEN[name].input), np.uint8)
    values = integer_model.run(network, inputs, keep_all=True)
    for layer in network.layers:
        found = values[layer.output.name]
        assert found.std() > 1, layer.name
        assert ((found == 0) | (found == 255)).mean() < 0.95, layer.name


def test_the_same_seed_gives_the_same_bytes_and_another_one_others() -> None:
    one, two = (onnx_model(GIVEN["resnet"], seed).SerializeToString() for seed in (3, 3))
    assert one == two
    assert one != onnx_model(GIVEN["resnet"], 4).SerializeToString()


def test_weight_vectors_are_zero_for_a_whole_group_or_not_at_all() -> None:
    network = integer_network(_pruned())
    weights = network.layers[1].weights
    assert weights is not None
    for group, kept in enumerate((40, 90, 144)):
        alive = weights[8 * group : 8 * group + 8].reshape(8, -1) != 0
        assert (alive.all(axis=0) == alive.any(axis=0)).all()
        assert alive.any(axis=0).sum() == kept


@pytest.mark.parametrize("name", ["mobilenet_v1", "mobilenet_v2", "resnet", "densenet"])
def test_a_programs_macs_are_those_of_its_structure(name: str) -> None:
    structure = GIVEN[name]
    program = compile_network(integer_network(structure), PRESETS["pynq-8x32"])
    made = {mark.name: mark.macs for mark in program.marks}
    for layer in structure.layers:
        if layer.has_weights:
            _, height, width = structure.sizes[layer.name]
            assert made[layer.name] == structure.weights(layer) * height * width, layer.name
