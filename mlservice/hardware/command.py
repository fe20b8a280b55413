"""The hardware side by its command line, on this machine."""

import ctypes
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from contracts.accelerator import PRESETS, Accelerator
from contracts.errors import CancelledError, ToolError
from mlservice.hardware.port import PROGRAM, SIMULATION

_COMMAND: Final = (sys.executable, "-m", "hwservice")
_LOOK_S: Final = 0.2
_PR_SET_PDEATHSIG: Final = 1


@dataclass
class CommandLine:
    """See `Hardware`; what goes wrong, the command has told the user.

    Attributes:
        command: starts it.
        cancelled: asked a few times a second.
    """

    command: Sequence[str] = _COMMAND
    cancelled: Callable[[], bool] = lambda: False
    _process: "subprocess.Popen[str] | None" = field(default=None, init=False)

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

    def abandon(self) -> None:
        """See `Hardware`: the command's process group is killed, and with it whatever it has started."""
        process = self._process
        if process is not None and process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)

    def _ask(self, arguments: list[str]) -> dict[str, Any]:
        # The command's progress and errors go straight to the user's terminal. Ctrl-C there is for us, who end it.
        command = [*self.command, *arguments]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, start_new_session=True, preexec_fn=_die_with_parent
        ) as process:
            self._process = process
            try:
                said = self._said(process)
            finally:
                self.abandon()
        if process.returncode:
            raise ToolError(f"`python -m hwservice {arguments[0]}` ended with status {process.returncode}; see above")
        try:
            answer: dict[str, Any] = json.loads(said)
        except ValueError as error:
            raise ToolError(f"`python -m hwservice {arguments[0]}` printed no JSON: {said[:200]!r}") from error
        return answer

    def _said(self, process: "subprocess.Popen[str]") -> str:
        """All that it prints.

        Raises:
            CancelledError: `cancelled` said so meanwhile.
        """
        while True:
            try:
                return process.communicate(timeout=_LOOK_S)[0]
            except subprocess.TimeoutExpired:
                if self.cancelled():
                    raise CancelledError("cancelled while the hardware side was asked") from None


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _named(accelerator: Accelerator, folder: Path) -> str:
    """How the command is told which: by name, or by a file with its fields."""
    if PRESETS.get(accelerator.name) == accelerator:
        return accelerator.name
    path = folder / "accelerator.json"
    path.write_text(json.dumps(asdict(accelerator)))
    return str(path)
