import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hwservice.cli import main
from tests.hwservice.small_network import images_bytes, small_network, small_network_bytes

FIELDS = {
    "network", "accelerator", "clock_mhz", "inputs", "bit_exact", "cycles", "latency_ms", "throughput_fps", "energy_mj",
    "power_mw", "utilisation", "expert_cycles", "simulated_cycles_per_s", "compile_s", "simulate_s", "outputs", "layers",
}  # fmt: skip
LAYER_FIELDS = {"name", "operator", "cycles", "stalls", "utilisation", "macs", "dram_bytes", "energy_mj"}


@pytest.fixture
def network(tmp_path: Path) -> Path:
    path = tmp_path / "small.onnx"
    path.write_bytes(small_network_bytes())
    return path


@pytest.fixture
def images(tmp_path: Path) -> Path:
    path = tmp_path / "images.npz"
    path.write_bytes(images_bytes(20, label=np.arange(20) % 4))
    return path


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """Status, stdout and stderr of a command."""
    status = main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def report(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    status, out, err = run(capsys, *arguments, "--json")
    assert status == 0, err
    found: dict[str, Any] = json.loads(out)
    return found


def test_simulate_prints_one_object_with_every_figure(
    capsys: pytest.CaptureFixture[str], network: Path, images: Path, tmp_path: Path
) -> None:
    outputs = tmp_path / "outputs.npz"
    found = report(
        capsys, "simulate", network, "--accelerator", "edge-8x8", "--calibration", images, "--inputs", images,
        "--count", 3, "--outputs", outputs, "--simulator", "null",
    )  # fmt: skip
    assert set(found) >= FIELDS
    assert all(set(layer) >= LAYER_FIELDS for layer in found["layers"])
    assert (found["network"], found["accelerator"], found["inputs"]) == ("small", "edge-8x8", 3)
    assert found["bit_exact"] is True
    assert found["cycles"] == sum(layer["cycles"] for layer in found["layers"])
    assert found["energy_mj"] == pytest.approx(sum(layer["energy_mj"] for layer in found["layers"]))
    assert found["latency_ms"] == pytest.approx(found["cycles"] / 50e3)
    assert found["outputs"] == str(outputs)
    assert np.load(outputs)["output"].shape == (3, 4)


def test_every_figure_names_its_origin(capsys: pytest.CaptureFixture[str], network: Path) -> None:
    origins = report(capsys, "simulate", network, "--simulator", "null")["origins"]
    assert origins["cycles"] != "measured on RTL", "nothing was measured here"
    assert origins["energy_mj"].startswith("modelled")
    assert "(assumed)" in origins["latency_ms"]
    assert origins["expert_cycles"] == "expert estimate"


def test_two_runs_give_the_same_figures(capsys: pytest.CaptureFixture[str], network: Path, images: Path) -> None:
    arguments = ("simulate", network, "--inputs", images, "--calibration", images, "--simulator", "null")
    first, second = report(capsys, *arguments), report(capsys, *arguments)
    for clocked in ("compile_s", "compiled_before", "simulate_s", "simulated_cycles_per_s"):
        del first[clocked], second[clocked]
    assert first == second


def test_the_energy_table_can_be_chosen(capsys: pytest.CaptureFixture[str], network: Path) -> None:
    board = report(capsys, "simulate", network, "--simulator", "null")
    chip = report(capsys, "simulate", network, "--simulator", "null", "--energy-table", "asic45")
    assert (board["energy"]["table"], chip["energy"]["table"]) == ("fpga-board", "asic45")
    assert chip["energy_mj"] < board["energy_mj"]
    assert chip["energy"]["total_mj"]["low"] < chip["energy_mj"] < chip["energy"]["total_mj"]["high"]


def test_power_of_two_scales_are_powers_of_two(
    capsys: pytest.CaptureFixture[str], network: Path, images: Path, tmp_path: Path
) -> None:
    outputs = tmp_path / "outputs.npz"
    found = report(
        capsys, "simulate", network, "--scales", "power-of-two", "--calibration", images, "--simulator", "null",
        "--outputs", outputs,
    )  # fmt: skip
    assert found["bit_exact"] is True
    assert (np.load(outputs)["output"] * 2**16 % 1 == 0).all()


@pytest.mark.parametrize("method", ["min-max", "percentile", "entropy", "least-error"])
def test_the_calibration_method_is_the_users_choice_and_reported(
    capsys: pytest.CaptureFixture[str], network: Path, images: Path, method: str
) -> None:
    arguments = ("simulate", network, "--calibration", images, "--calibration-method", method, "--simulator", "null")
    found = report(capsys, *arguments, "--percentile", "99")
    named = "percentile 99" if method == "percentile" else method
    count = len(np.load(images)["input"])
    maps = found["quantisation"]["maps"]
    assert found["quantisation"] == {"scales": "general", "method": named, "images": count, "maps": maps, "kept": 0}
    assert found["bit_exact"] is True


def test_without_a_choice_the_method_is_what_suits_the_scales(
    capsys: pytest.CaptureFixture[str], network: Path
) -> None:
    found = report(capsys, "compile", network, "--scales", "power-of-two")["quantisation"]
    assert (found["method"], found["images"]) == ("least-error", 0)
    assert report(capsys, "compile", network)["quantisation"]["method"] == "min-max"


def test_without_json_a_person_reads_tables(capsys: pytest.CaptureFixture[str], network: Path) -> None:
    status, out, _ = run(capsys, "simulate", network, "--simulator", "null")
    assert status == 0
    for words in (
        "small on pynq-8x32",
        "c1      conv",
        "modelled with table fpga-board",
        "identical to",
        "utilisation",
    ):
        assert words in out


def test_evaluate_gives_both_accuracies(capsys: pytest.CaptureFixture[str], network: Path, images: Path) -> None:
    arguments = ("evaluate", network, "--calibration", images, "--inputs", images)
    found = report(capsys, *arguments, "--labels-key", "label")
    assert found["images"] == 20
    assert 0 <= found["accuracy_int8"] <= 1
    assert 0 <= found["accuracy_float"] <= 1
    assert found["agreement"] >= 0.8
    assert found["seconds"] > 0
    assert report(capsys, *arguments, "--count", 5)["images"] == 5


def test_compile_lists_and_writes_the_program(
    capsys: pytest.CaptureFixture[str], network: Path, tmp_path: Path
) -> None:
    program = tmp_path / "program.zip"
    status, out, _ = run(capsys, "compile", network, "--listing", "--out", program)
    assert status == 0
    assert out.startswith("; small for pynq-8x32")
    assert program.stat().st_size > 0
    found = report(capsys, "compile", network)
    assert found["compiled_before"] is True
    assert found["macs"] > 0


def test_accelerators_tells_board_clock_and_memory(capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(run(capsys, "accelerators", "--json")[1])
    pynq = next(item for item in found if item["name"] == "pynq-8x32")
    assert pynq["on_chip_bytes"] <= 560 * 1024
    assert (pynq["clock_mhz"], pynq["clock_origin"]) == (100.0, "assumed")
    out = run(capsys, "accelerators")[1]
    for words in ("pynq-8x32", "assumed", "DDR3"):
        assert words in out


def test_an_accelerator_can_be_a_file(capsys: pytest.CaptureFixture[str], network: Path, tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text(json.dumps({"name": "mine", "rows": 4, "lanes": 16, "clock_mhz": 50}))
    found = report(capsys, "simulate", network, "--accelerator", path, "--simulator", "null")
    assert (found["accelerator"], found["clock_mhz"], found["energy"]["table"]) == ("mine", 50, "asic45")


def test_an_open_dimension_takes_its_value(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "open.onnx"
    path.write_bytes(small_network(batch="n", height="h").SerializeToString())
    arguments = ("simulate", path, "--simulator", "null")
    assert report(capsys, *arguments, "--dim", "h=8")["bit_exact"] is True
    status, _, err = run(capsys, *arguments)
    assert status == 2
    assert "'h'" in err


def test_a_kept_program_needs_no_onnx(network: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report(capsys, "simulate", network, "--simulator", "null")
    code = (
        "import sys; from hwservice.cli import main; "
        f"main(['simulate', {str(network)!r}, '--simulator', 'null', '--json']); "
        "heavy = {'onnx', 'onnxruntime', 'dask', 'distributed', 'fastapi', 'rich', 'torch'} & set(sys.modules); "
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_changed_network_is_compiled_anew(capsys: pytest.CaptureFixture[str], network: Path) -> None:
    assert report(capsys, "compile", network)["network"] == "small"
    assert report(capsys, "compile", network)["compiled_before"] is True
    network.write_bytes(small_network_bytes(time.time_ns() % (1 << 30)))
    assert report(capsys, "compile", network)["compiled_before"] is False
