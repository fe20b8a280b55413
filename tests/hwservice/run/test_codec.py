from pathlib import Path
from typing import Any

import numpy as np
import pytest

from contracts.accelerator import PRESETS
from hwservice.compiler import compile_network
from hwservice.frontend import load_network, quantise
from hwservice.run import codec
from tests.hwservice.small_network import small_network_bytes


def same(a: Any, b: Any) -> bool:
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and np.array_equal(a, b)
    if isinstance(a, tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if hasattr(a, "__dataclass_fields__"):
        return type(a) is type(b) and all(same(getattr(a, name), getattr(b, name)) for name in a.__dataclass_fields__)
    return type(a) is type(b) and bool(a == b)


def test_a_compiled_network_comes_back_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "small.onnx"
    path.write_bytes(small_network_bytes())
    network = quantise(load_network(path), None)
    program = compile_network(network, PRESETS["pynq-8x32"])
    codec.save((network, program, {"mean": 0.5}), tmp_path)
    assert same(codec.load(tmp_path), (network, program, {"mean": 0.5}))


@pytest.mark.parametrize("value", [None, True, 3, 2.5, "text", (1, (2, "x")), {"a": (1, 2)}, {}])
def test_plain_values_come_back(tmp_path: Path, value: Any) -> None:
    codec.save(value, tmp_path)
    assert same(codec.load(tmp_path), value)


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int64, np.float32, np.bool_])
def test_arrays_come_back_with_type_and_shape(tmp_path: Path, dtype: type) -> None:
    value: Any = (np.arange(6).reshape(2, 3).astype(dtype), np.zeros((0, 4), dtype), np.array(1, dtype))
    codec.save(value, tmp_path)
    assert same(codec.load(tmp_path), value)


def test_anything_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="PosixPath cannot be saved"):
        codec.save((1, Path()), tmp_path)


def test_a_file_cannot_name_other_classes(tmp_path: Path) -> None:
    codec.save(1, tmp_path)
    (tmp_path / codec.TEXT_NAME).write_text('{"o": ["Popen", "ls"]}')
    with pytest.raises(KeyError, match="Popen"):
        codec.load(tmp_path)
