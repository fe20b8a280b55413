"""The hardware side is asked by its command line, in words it understands."""

import sys
from pathlib import Path

import pytest

from contracts.errors import ToolError
from mlservice import hardware


def hardware_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Let a Python script answer in the hardware side's place."""
    (tmp_path / "hwservice.py").write_text(f"import json, sys\n{script}\n")
    monkeypatch.setattr(hardware, "_COMMAND", (sys.executable, str(tmp_path / "hwservice.py")))


def test_the_hardware_side_is_asked_in_the_words_it_understands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hardware_that(tmp_path, monkeypatch, "print(json.dumps(sys.argv[1:]))")
    evaluated: object = hardware.evaluate(Path("n.onnx"), Path("c.npz"), Path("t.npz"))
    common = ["--calibration", "c.npz", "--inputs", "t.npz"]
    assert evaluated == ["evaluate", "n.onnx", *common, "--labels-key", "label", "--json"]
    simulated: object = hardware.simulate(Path("n.onnx"), "edge-8x8", Path("c.npz"))
    assert simulated == ["simulate", "n.onnx", "--accelerator", "edge-8x8", "--calibration", "c.npz", "--json"]


@pytest.mark.parametrize(
    ("script", "complaint"), [("sys.exit(3)", "ended with status 3"), ("print('hello')", "printed no JSON: 'hello")]
)
def test_a_failing_hardware_side_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, complaint: str
) -> None:
    hardware_that(tmp_path, monkeypatch, script)
    with pytest.raises(ToolError, match=complaint):
        hardware.evaluate(Path("n.onnx"), Path("c.npz"), Path("t.npz"))
