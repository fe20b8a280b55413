"""How long a small network takes from ONNX file to report, as a process, caches warm: `python -m benchmarks.small_network`."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks import zoo

RUNS = 7


@dataclass(frozen=True)
class Timing:
    """Wall and processor seconds of whole processes, interpreter start and imports included."""

    wall_s: tuple[float, ...]
    processor_s: tuple[float, ...]
    bit_exact: bool

    def __str__(self) -> str:
        return (
            f"{statistics.median(self.wall_s):.2f} s (least {min(self.wall_s):.2f}, greatest {max(self.wall_s):.2f}), "
            f"{statistics.median(self.processor_s):.2f} s of processor time, {'bit-exact' if self.bit_exact else 'WRONG'}"
        )


def time_report(name: str = "resnet8", runs: int = RUNS) -> Timing:
    """`simulate --json` of a zoo network on the RTL, after one run that fills the caches."""
    with tempfile.TemporaryDirectory() as folder:
        network = zoo.write(name, Path(folder))
        command = [sys.executable, "-m", "hwservice", "simulate", str(network), "--json"]
        report = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        walls, processors = zip(*(_time(command) for _ in range(runs)), strict=True)
    return Timing(walls, processors, report["bit_exact"])


def _time(command: list[str]) -> tuple[float, float]:
    before, started = os.times(), time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    wall, after = time.perf_counter() - started, os.times()
    return wall, after.children_user + after.children_system - before.children_user - before.children_system


def main() -> None:
    """Print the figures for the networks that count as small."""
    for name in ("resnet8", "ds_cnn"):
        print(f"{name}: {time_report(name)}")


if __name__ == "__main__":
    main()
