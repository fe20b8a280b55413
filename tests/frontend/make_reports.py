"""Simulates the seeded networks on the RTL and keeps the reports and estimates: `python -m tests.frontend.make_reports`."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

import onnx

from contracts.accelerator import PRESETS
from hwservice.pipeline import compile_only
from hwservice.run.estimate import estimated_figures
from hwservice.run.request import CompileRequest
from hwservice.run.watch import Watch
from tests.frontend.networks import network

DATA: Final = Path(__file__).parent / "data"


def estimate(path: Path, version: int) -> None:
    """What a compile job leaves, on the accelerator that pages choose first."""
    compiled = compile_only(CompileRequest(path, PRESETS["pynq-8x32"]), Watch())
    text = json.dumps(estimated_figures(compiled.content.program), indent=1)
    (DATA / f"estimates/resnet8-v{version}.json").write_text(text + "\n")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for version in (1, 2):
            path = Path(folder) / f"resnet8-v{version}.onnx"
            onnx.save(network(version), path)
            estimate(path, version)
            for accelerator in ("edge-8x8", "pynq-8x32"):
                command = [sys.executable, "-m", "hwservice", "simulate", str(path), "--accelerator", accelerator]
                found = subprocess.run([*command, "--json"], check=True, capture_output=True, text=True)
                report = {**json.loads(found.stdout), "outputs": None}  # a path of this machine
                (DATA / f"resnet8-v{version}-{accelerator}.json").write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
