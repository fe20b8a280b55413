"""Every operator that networks often have and this hardware has not is refused by name, with what comes nearest."""

import re
from pathlib import Path

import numpy as np
import pytest
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, quantize_static

from benchmarks import zoo
from contracts.errors import NetworkError
from hwservice.frontend import load_network
from hwservice.onnx_import.nearest import NEAREST
from hwservice.onnx_import.reader import HANDLERS
from tests.hwservice.float_networks import Net


def test_nothing_is_both_supported_and_not() -> None:
    assert not set(NEAREST) & set(HANDLERS)


@pytest.mark.parametrize(
    ("op", "form"),
    [
        *(("LeakyRelu", "Relu"), ("HardSwish", r"Clip \(ReLU6\)"), ("HardSigmoid", "Clip"), ("Sigmoid", "Clip")),
        *(("Elu", "Relu"), ("Tanh", "Clip"), ("GlobalMaxPool", "MaxPool over the whole map")),
    ],
)
def test_an_operator_of_one_input_is_refused_by_node_name(op: str, form: str, tmp_path: Path) -> None:
    net = Net((3, 8, 8))
    net.node(op, [net.conv("input", 4, 3)], "output")
    with pytest.raises(NetworkError, match=f"node 'output': operator {op} is not supported; .*nearest.* is {form}$"):
        load_network(net.save(tmp_path / "net.onnx"))


def test_a_graph_of_integer_operators_is_refused_with_the_qdq_form(tmp_path: Path) -> None:
    path = tmp_path / "integer.onnx"
    quantize_static(
        str(zoo.write("ds_cnn", tmp_path)), str(path), Reader(), quant_format=QuantFormat.QOperator, per_channel=True
    )
    with pytest.raises(NetworkError, match=r"operator QLinearConv .*nearest supported form is Conv between Dequantize"):
        load_network(path)


class Reader(CalibrationDataReader):  # type: ignore[misc]  # the package ships no types
    """One image."""

    def __init__(self) -> None:
        self.left = [np.random.default_rng(0).random((1, 1, 49, 10)).astype(np.float32)]

    def get_next(self) -> dict[str, np.ndarray] | None:
        return {"input": self.left.pop()} if self.left else None


def test_the_page_names_every_operator_that_is_supported() -> None:
    page = (Path(__file__).parents[3] / "docs" / "networks.md").read_text()
    assert set(re.findall(r"`([A-Z]\w+)`", page.split("`Shape`")[0])) == set(HANDLERS)
