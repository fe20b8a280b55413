"""What holds for every pass: what a network computes stays the same, and nothing is left over at the end."""

import re
from pathlib import Path

import numpy as np
import pytest

from benchmarks import zoo
from hwservice.ir.graph import ZEROS
from hwservice.ir.verify import verify
from hwservice.onnx_import import read_network
from hwservice.pipeline import BACK_PASSES, FRONT_PASSES
from tests.hwservice.float_networks import Net, float_results
from tests.hwservice.test_onnx_import import CASES


def assert_every_pass_keeps_the_results(path: Path) -> None:
    graph = read_network(path)
    image = np.random.default_rng(5).normal(0, 1, graph.input_shape)
    wanted = float_results(graph, image)
    for step in FRONT_PASSES:
        step(graph)
        verify(graph, step.__name__)
        for name, values in float_results(graph, image).items():
            np.testing.assert_allclose(values, wanted[name], rtol=1e-9, atol=1e-9, err_msg=f"{step.__name__}: {name}")
    assert all(ZEROS not in layer.sources for layer in graph.layers)
    assert not any(layer.is_copy for layer in graph.layers)


@pytest.mark.parametrize("case", CASES)
def test_an_operator_computes_the_same_after_every_pass(case: str, tmp_path: Path) -> None:
    net = Net((3, 12, 12))
    CASES[case](net)
    assert_every_pass_keeps_the_results(net.save(tmp_path / "net.onnx"))


@pytest.mark.parametrize("name", ["ds_cnn", "densenet_small", "unequal_resnet8"])
def test_a_network_of_the_zoo_computes_the_same_after_every_pass(name: str, tmp_path: Path) -> None:
    assert_every_pass_keeps_the_results(zoo.write(name, tmp_path))


def test_every_pass_has_a_file_and_a_test_file_of_its_name() -> None:
    folder = Path(__file__).parent
    for step in FRONT_PASSES:
        assert step.__module__ == f"hwservice.passes.{step.__name__}"
        assert (folder / f"test_{step.__name__}.py").is_file(), step.__name__


def test_the_page_lists_all_passes_in_order() -> None:
    page = (Path(__file__).parents[3] / "docs" / "compiler.md").read_text()
    front = re.findall(r"^\| `(\w+)` \|", page.split("## Front passes")[1].split("## Back passes")[0], re.MULTILINE)
    assert front == [step.__name__ for step in FRONT_PASSES]
    back = re.findall(r"`(\w+)`", page.split("## Back passes")[1].split("in the files")[0])
    assert back == [step.__name__.removeprefix("_") for step in BACK_PASSES]
