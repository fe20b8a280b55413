"""Simulates the seeded networks on the RTL and keeps the reports: `python -m tests.frontend.make_reports`."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

import onnx

from tests.frontend.networks import network

DATA: Final = Path(__file__).parent / "data"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for version in (1, 2):
            path = Path(folder) / f"resnet8-v{version}.onnx"
            onnx.save(network(version), path)
            for accelerator in ("edge-8x8", "pynq-8x32"):
                command = [sys.executable, "-m", "hwservice", "simulate", str(path), "--accelerator", accelerator]
                found = subprocess.run([*command, "--json"], check=True, capture_output=True, text=True)
                report = {**json.loads(found.stdout), "outputs": None}  # a path of this machine
                (DATA / f"resnet8-v{version}-{accelerator}.json").write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
