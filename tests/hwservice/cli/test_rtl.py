"""From file to report on the RTL itself."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hwservice.cli import main
from tests.hwservice.small_network import images_bytes, small_network_bytes

pytestmark = [pytest.mark.rtl, pytest.mark.slow]


@pytest.fixture
def network(tmp_path: Path) -> Path:
    path = tmp_path / "small.onnx"
    path.write_bytes(small_network_bytes())
    return path


def test_a_network_is_measured_on_the_rtl(capsys: pytest.CaptureFixture[str], network: Path, tmp_path: Path) -> None:
    images, trace, outputs = tmp_path / "images.npz", tmp_path / "wave.vcd", tmp_path / "outputs.npz"
    images.write_bytes(images_bytes())
    given = ["--calibration", str(images), "--inputs", str(images), "--count", "3"]
    assert main(["simulate", str(network), *given, "--outputs", str(outputs), "--json"]) == 0
    measured = json.loads(capsys.readouterr().out)
    assert (measured["simulator"], measured["bit_exact"], measured["inputs"]) == ("rtl", True, 3)
    assert measured["checked_against"] == "golden interpreter"
    assert measured["origins"]["cycles"] == "measured on RTL"
    assert measured["cycles"] == sum(layer["cycles"] for layer in measured["layers"])
    assert all(layer["cycles"] >= layer["bound_cycles"] for layer in measured["layers"])
    stalled = [sum(layer["stalls"].values()) + layer["counters"]["issued"] for layer in measured["layers"]]
    assert stalled == [layer["cycles"] for layer in measured["layers"]], "every cycle has one cause"
    traffic, beats = measured["traffic"], [layer["counters"] for layer in measured["layers"]]
    read = sum(sum(traffic[kind]) for kind in ("program", "parameters", "maps"))
    assert read == sum(counters["dram_read_beats"] for counters in beats), "what the pins saw is what was counted"
    assert sum(traffic["stored"]) == sum(counters["dram_write_beats"] for counters in beats)
    assert abs(measured["expert_cycles"] / measured["cycles"] - 1) < 0.1

    assert main(["simulate", str(network), *given, "--simulator", "null", "--json"]) == 0
    null = json.loads(capsys.readouterr().out)
    assert np.array_equal(np.load(outputs)["output"], np.load(null["outputs"])["output"])
    assert measured["macs"] == null["macs"]

    assert main(["simulate", str(network), *given[:4], "--trace", str(trace), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["cycles"] == measured["cycles"]
    assert trace.stat().st_size > 1000


def test_elaborate_leaves_the_verilog_where_it_is_wanted(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["elaborate", "pynq-8x32", "--out", str(tmp_path / "rtl"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert "module Accelerator" in Path(found["verilog"]).read_text()
    assert Path(found["verilog"]).parent == tmp_path / "rtl"


def test_the_command_works_as_a_process(network: Path) -> None:
    command = [sys.executable, "-m", "hwservice", "simulate", str(network), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["bit_exact"] is True
    assert done.stderr == ""
