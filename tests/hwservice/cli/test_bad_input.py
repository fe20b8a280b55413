"""Every bad input gets one clear line, status 2, and with --json an object; never a traceback."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from hwservice.cli import main
from tests.hwservice.bad_networks import BAD_NETWORKS
from tests.hwservice.small_network import images_bytes, pointwise_network, small_network_bytes


def refused(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """The message of a command that must fail by its input's fault."""
    status = main([str(argument) for argument in (*arguments, "--json")])
    out, err = capsys.readouterr()
    assert status == 2, out
    error = json.loads(out)["error"]
    assert error["class"] == "input"
    assert err == f"error: {error['message']}\n"
    assert len(err.splitlines()) == 1, err
    assert "Traceback" not in err
    return str(error["message"])


@pytest.fixture
def network(tmp_path: Path) -> Path:
    path = tmp_path / "small.onnx"
    path.write_bytes(small_network_bytes())
    return path


@pytest.mark.parametrize("what", BAD_NETWORKS)
def test_a_bad_network_is_refused_in_words(capsys: pytest.CaptureFixture[str], tmp_path: Path, what: str) -> None:
    content, pattern = BAD_NETWORKS[what]
    path = tmp_path / "bad.onnx"
    path.write_bytes(content)
    assert re.search(pattern, refused(capsys, "compile", path))


def test_a_missing_network_is_refused_by_name(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert "nowhere.onnx" in refused(capsys, "simulate", tmp_path / "nowhere.onnx")
    assert str(tmp_path) in refused(capsys, "simulate", tmp_path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (images_bytes(shape=(1, 8, 8)), r"the network takes \(3, 8, 8\)"),
        (images_bytes(shape=(3, 9, 8)), r"images of shape \(3, 9, 8\)"),
        (b"x", "cannot be read as npz"),
        (images_bytes()[:-200], "npz|cut short"),
    ],
)
def test_bad_data_are_refused_in_words(
    capsys: pytest.CaptureFixture[str], network: Path, tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "data.npz"
    path.write_bytes(content)
    for option in ("--calibration", "--inputs"):
        assert re.search(words, refused(capsys, "simulate", network, option, path, "--simulator", "null"))


def test_data_that_are_not_finite_are_refused(
    capsys: pytest.CaptureFixture[str], network: Path, tmp_path: Path
) -> None:
    images = np.zeros((3, 3, 8, 8), np.float32)
    images[2, 0, 0, 0] = np.inf
    np.savez(tmp_path / "data.npz", input=images)
    assert "first in image 2" in refused(capsys, "simulate", network, "--calibration", tmp_path / "data.npz")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--accelerator", "nope"], "'nope' is neither a file nor one of edge-8x8"),
        (["--count", "0"], "count is 0; it must be from 1"),
        (["--count", "many"], "invalid int value"),
        (["--scales", "odd"], "invalid choice: 'odd'"),
        (["--energy-table", "nope"], "'nope' is neither a file nor one of asic45"),
        (["--dim", "height"], "--dim is 'height'"),
        (["--nonsense"], "unrecognized arguments"),
    ],
)
def test_bad_arguments_are_refused_in_words(
    capsys: pytest.CaptureFixture[str], network: Path, arguments: list[str], words: str
) -> None:
    assert words in refused(capsys, "simulate", network, *arguments)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"rows": 3}', "rows is 3; it must be a power of two from 1 to 64"),
        ('{"rowz": 8}', "'rowz' is unknown"),
        ('{"rows": "8"}', "rows"),
        ('{"lanes": 4, "dram_bytes": 8}', "dram_bytes is 8; it must be at most lanes"),
        ('{"clock_mhz": NaN}', "clock_mhz"),
        ("[]", "must hold an object"),
        ("{", "is not JSON"),
        ("[" * 60000, "is not JSON"),
    ],
)
def test_a_bad_accelerator_is_refused_in_words(
    capsys: pytest.CaptureFixture[str], network: Path, tmp_path: Path, text: str, words: str
) -> None:
    path = tmp_path / "mine.json"
    path.write_text(text)
    assert words in refused(capsys, "compile", network, "--accelerator", path)


def test_an_accelerator_too_small_for_one_row_of_a_map_is_refused(
    capsys: pytest.CaptureFixture[str], network: Path, tmp_path: Path
) -> None:
    values = {"name": "tiny", "rows": 1, "lanes": 4, "bank_depth": 16, "vector_depth": 16, "list_depth": 16}
    path = tmp_path / "tiny.json"
    path.write_text(json.dumps({**values, "record_depth": 16, "dram_bytes": 4}))
    assert "tiny" in refused(capsys, "compile", network, "--accelerator", path)


def test_an_energy_table_that_does_not_price_the_dram_is_refused_before_any_work(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "mine.json"
    path.write_text(json.dumps({"name": "mine", "dram": "core"}))
    message = refused(capsys, "simulate", tmp_path / "never-read.onnx", "--accelerator", path)
    assert "no DRAM 'core'" in message


def test_labels_that_do_not_fit_are_refused(capsys: pytest.CaptureFixture[str], network: Path, tmp_path: Path) -> None:
    path = tmp_path / "split.npz"
    path.write_bytes(images_bytes(4, label=np.arange(3)))
    assert "4 images but 3 labels" in refused(capsys, "evaluate", network, "--inputs", path)
    path.write_bytes(images_bytes(4))
    assert "no key 'label'" in refused(capsys, "evaluate", network, "--inputs", path)


def test_a_program_that_cannot_be_written_is_refused(
    capsys: pytest.CaptureFixture[str], network: Path, tmp_path: Path
) -> None:
    assert "is no folder" in refused(capsys, "compile", network, "--out", tmp_path / "no" / "program.zip")


@pytest.mark.parametrize(("channels", "filters"), [(1, 1), (4096, 1), (1, 4096)])
def test_extreme_channel_counts_run(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, channels: int, filters: int
) -> None:
    path = tmp_path / "extreme.onnx"
    path.write_bytes(pointwise_network(channels, filters).SerializeToString())
    assert main(["simulate", str(path), "--simulator", "null", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["bit_exact"] is True


def test_4096_channels_in_and_out_compile(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "extreme.onnx"
    path.write_bytes(pointwise_network(4096, 4096).SerializeToString())
    assert main(["compile", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["macs"] == 4096 * 4096 * 16
