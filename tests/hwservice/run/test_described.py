"""Structures of networks that were read: they cost what the structures cost that the networks were made from."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from contracts.accelerator import PRESETS
from contracts.errors import NetworkError
from contracts.structure import Structure
from contracts.structure.facts import facts_of
from hwservice.frontend import load_network
from hwservice.run.described import described
from hwservice.structures.model import onnx_model
from tests.hwservice.structures.test_network import GIVEN


def read(model: onnx.ModelProto, folder: Path) -> Structure:
    path = folder / "network.onnx"
    onnx.save(model, path)
    return described(load_network(path))


@pytest.mark.parametrize("name", GIVEN)
def test_a_network_costs_what_its_structure_costs(name: str, tmp_path: Path) -> None:
    found = read(onnx_model(GIVEN[name]), tmp_path)
    for accelerator in PRESETS.values():
        foretold, again = facts_of(GIVEN[name], accelerator), facts_of(found, accelerator)
        assert again.cycles.sum() == pytest.approx(foretold.cycles.sum(), rel=2e-3 if name == "pruned" else 1e-9)
        assert again.cycles.shape == foretold.cycles.shape


def test_weight_vectors_that_were_left_out_are_found_by_their_groups(tmp_path: Path) -> None:
    found = {layer.name: layer for layer in read(onnx_model(GIVEN["pruned"]), tmp_path).layers}
    vectors = found["conv1"].vectors
    assert vectors is not None
    assert (vectors.rows, vectors.kept) == (8, (40, 90, 144))
    assert found["conv0"].vectors is None


def test_a_dilated_convolution_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match="out is dilated by"):
        read(_dilated(), tmp_path)


def _dilated() -> onnx.ModelProto:
    weights = numpy_helper.from_array(np.ones((4, 3, 3, 3), np.float32), "weights")
    node = helper.make_node("Conv", ["input", "weights"], ["out"], "wide", dilations=[2, 2])
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, s)
        for name, s in (("input", [1, 3, 9, 9]), ("out", [1, 4, 5, 5]))
    ]
    graph = helper.make_graph([node], "dilated", ends[:1], ends[1:], [weights])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
