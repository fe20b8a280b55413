"""What the learning side asks of the hardware side's command line: accuracy of the integer network, and what the RTL measures."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from contracts.errors import ToolError

_COMMAND: Final = (sys.executable, "-m", "hwservice")


def evaluate(network: Path, calibration: Path, inputs: Path) -> dict[str, Any]:
    """Accuracy of the float network and of the integer network that the accelerator runs, on every image.

    Returns:
        `accuracy_float` and `accuracy_int8` (0 to 1), and `images`.

    Raises:
        ToolError: the command failed; it has told the user why.
    """
    options = ["--calibration", str(calibration), "--inputs", str(inputs)]
    return _ask(["evaluate", str(network), *options, "--labels-key", "label", "--json"])


def simulate(network: Path, accelerator: str, calibration: Path) -> dict[str, Any]:
    """One image on the RTL.

    Returns:
        The report of `python -m hwservice simulate --json`.

    Raises:
        ToolError: the command failed; it has told the user why.
    """
    return _ask(["simulate", str(network), "--accelerator", accelerator, "--calibration", str(calibration), "--json"])


def _ask(arguments: list[str]) -> dict[str, Any]:
    # The command's progress and errors go straight to the user's terminal.
    done = subprocess.run([*_COMMAND, *arguments], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise ToolError(f"`python -m hwservice {arguments[0]}` ended with status {done.returncode}; see above")
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except ValueError as error:
        raise ToolError(f"`python -m hwservice {arguments[0]}` printed no JSON: {done.stdout[:200]!r}") from error
    return answer
