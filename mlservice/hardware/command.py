"""The hardware side by its command line, on this machine."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from contracts.accelerator import PRESETS, Accelerator
from contracts.errors import ToolError
from mlservice.hardware.port import PROGRAM, SIMULATION

_COMMAND: Final = (sys.executable, "-m", "hwservice")


@dataclass(frozen=True)
class CommandLine:
    """See `Hardware`; what goes wrong, the command has told the user.

    Attributes:
        command: starts it.
    """

    command: Sequence[str] = _COMMAND

    def simulate(
        self, network: Path, accelerator: Accelerator, calibration: Path, keep: Path | None = None
    ) -> dict[str, Any]:
        """See `Hardware`."""
        with tempfile.TemporaryDirectory(prefix="proprunn-accelerator-") as folder:
            options = ["--accelerator", _named(accelerator, Path(folder)), "--calibration", str(calibration)]
            report = self._ask(["simulate", str(network), *options, "--json"])
            if keep is not None:
                self._ask(["compile", str(network), *options, "--out", str(keep / PROGRAM), "--json"])
                (keep / SIMULATION).write_text(json.dumps(report))
        return report

    def evaluate(self, network: Path, calibration: Path, inputs: Path) -> dict[str, Any]:
        """See `Hardware`."""
        options = ["--calibration", str(calibration), "--inputs", str(inputs)]
        return self._ask(["evaluate", str(network), *options, "--labels-key", "label", "--json"])

    def _ask(self, arguments: list[str]) -> dict[str, Any]:
        # The command's progress and errors go straight to the user's terminal.
        done = subprocess.run([*self.command, *arguments], stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            raise ToolError(f"`python -m hwservice {arguments[0]}` ended with status {done.returncode}; see above")
        try:
            answer: dict[str, Any] = json.loads(done.stdout)
        except ValueError as error:
            raise ToolError(f"`python -m hwservice {arguments[0]}` printed no JSON: {done.stdout[:200]!r}") from error
        return answer


def _named(accelerator: Accelerator, folder: Path) -> str:
    """How the command is told which: by name, or by a file with its fields."""
    if PRESETS.get(accelerator.name) == accelerator:
        return accelerator.name
    path = folder / "accelerator.json"
    path.write_text(json.dumps(asdict(accelerator)))
    return str(path)
