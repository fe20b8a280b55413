from pathlib import Path

import onnx
import pytest

from contracts.errors import InputError, NetworkError
from contracts.quantisation import QuantiseOptions
from hwservice.run.compiled import compiled_key, network_digest
from hwservice.run.request import CompileRequest, SimulateRequest
from tests.hwservice.small_network import images_bytes, small_network, small_network_bytes


@pytest.fixture
def request_(tmp_path: Path) -> CompileRequest:
    path = tmp_path / "small.onnx"
    path.write_bytes(small_network_bytes())
    return CompileRequest(path)


def with_(request: CompileRequest, **changes: object) -> CompileRequest:
    return CompileRequest(**{**vars(request), **changes})


def test_the_key_changes_with_everything_a_program_follows_from(request_: CompileRequest, tmp_path: Path) -> None:
    images = tmp_path / "images.npz"
    images.write_bytes(images_bytes())
    keys = {
        compiled_key(request_),
        compiled_key(with_(request_, calibration=images)),
        compiled_key(with_(request_, quantise=QuantiseOptions("power-of-two"))),
        compiled_key(with_(request_, quantise=QuantiseOptions(method="entropy"))),
        compiled_key(with_(request_, dims=(("n", 1),))),
        compiled_key(with_(request_, accelerator=request_.accelerator.with_(bank_depth=4096))),
    }
    request_.network.write_bytes(small_network_bytes(1))
    keys.add(compiled_key(request_))
    assert len(keys) == 7


def test_the_key_does_not_change_with_the_folder(request_: CompileRequest, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere"
    other.mkdir()
    (other / "small.onnx").write_bytes(request_.network.read_bytes())
    assert compiled_key(with_(request_, network=other / "small.onnx")) == compiled_key(request_)


@pytest.mark.parametrize("name", ["weights.bin", "w" * 150 + ".bin"])
def test_weights_beside_the_network_count(tmp_path: Path, name: str) -> None:
    path = tmp_path / "external.onnx"
    onnx.save(small_network(), path, save_as_external_data=True, location=name, size_threshold=0)
    before = network_digest(path)
    weights = bytearray((tmp_path / name).read_bytes())
    weights[3] ^= 1
    (tmp_path / name).write_bytes(weights)
    assert network_digest(path) != before


def test_an_empty_or_missing_network_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.onnx").touch()
    with pytest.raises(NetworkError, match="is empty"):
        network_digest(tmp_path / "empty.onnx")
    with pytest.raises(NetworkError, match="cannot be read: No such file"):
        network_digest(tmp_path / "missing.onnx")


def test_a_network_beyond_the_limit_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.onnx"
    with path.open("wb") as file:
        file.truncate(2 << 30)  # takes no room
    with pytest.raises(NetworkError, match="2147483648 bytes; at most"):
        network_digest(path)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"count": 0}, "count is 0"),
        ({"count": 10_001}, "from 1 to 10000"),
        ({"simulator": "fpga"}, "simulator is 'fpga'"),
    ],
)
def test_impossible_requests_are_refused(request_: CompileRequest, values: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        SimulateRequest(request_, **values)  # type: ignore[arg-type]  # wrong on purpose
