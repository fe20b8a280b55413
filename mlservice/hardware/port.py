"""The hardware side, as far as training sessions need it."""

from pathlib import Path
from typing import Any, Final, Protocol

from contracts.accelerator import Accelerator

PROGRAM: Final = "program.zip"
SIMULATION: Final = "simulation.json"
"""Names of what is kept of a simulation: the accelerator's program, and the report."""


class Hardware(Protocol):
    """Simulates and evaluates networks that were exported; raises `InputError` where they are at fault, else `ToolError`.

    Whatever ends a question early (`CancelledError` where whoever asks is cancelled, Ctrl-C, an error) ends what it started, too.
    """

    def simulate(
        self, network: Path, accelerator: Accelerator, calibration: Path, keep: Path | None = None
    ) -> dict[str, Any]:
        """One image on the RTL.

        Args:
            network: ONNX.
            accelerator: to run on.
            calibration: images that ranges are chosen from (npz, key `input`).
            keep: folder that takes `PROGRAM` and `SIMULATION`.

        Returns:
            The report of `python -m hwservice simulate --json`.
        """
        ...

    def evaluate(self, network: Path, calibration: Path, inputs: Path) -> dict[str, Any]:
        """Accuracy of the float network and of the integer network that the accelerator runs, on every image.

        Returns:
            `accuracy_float` and `accuracy_int8` (0 to 1), and `images`.
        """
        ...

    def abandon(self) -> None:
        """End what is being asked just now, from any thread: whoever asked is about to be killed."""
        ...
