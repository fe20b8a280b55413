"""What runs came to: one JSON file for each in a folder, with the code and the machine that it came from."""

import json
import os
import platform
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import mlservice
from contracts.errors import InputError, ToolError
from mlservice.pareto.runs import Run
from mlservice.training.checkpoints import write_whole

SCHEMA: Final = 1
_PACKAGE: Final = Path(mlservice.__file__).parent
_CODE: Final = ("mlservice", "contracts", "hwservice", "rtl_chisel")


@dataclass(frozen=True)
class Identity:
    """What decides a run's result: a result of another identity is of another run.

    Attributes:
        run: all that was asked for.
        code: digest of the sources that the method is made of; see `mlservice.pareto.sources`.
        predictor: digest of what the run's predictor was fitted to and how; none where costs are not learned.
    """

    run: Run
    code: str
    predictor: str | None = None


@dataclass(frozen=True)
class Result:
    """A finished run.

    Attributes:
        identity: what it was.
        answer: what `python -m mlservice prune --json` printed, but for where files are.
        commit: of the code; ends with `+` where sources were changed since. None outside of a repository.
        machine: `processor`, `cores`, `system`, and versions of `python` and `torch`.
        ended: ISO 8601, UTC.
    """

    identity: Identity
    answer: Mapping[str, Any]
    commit: str | None
    machine: Mapping[str, Any]
    ended: str

    @property
    def run(self) -> Run:
        """What was asked for."""
        return self.identity.run


@dataclass(frozen=True)
class Results:
    """All results below a folder."""

    folder: Path

    def of(self, run: Run) -> Result | None:
        """A run's last result, whichever code it came from.

        Raises:
            InputError: its file cannot be read.
        """
        path = self._path(run)
        return _read(path) if path.exists() else None

    def all(self) -> list[Result]:
        """By name of their files.

        Raises:
            InputError: a file cannot be read.
        """
        return [_read(path) for path in sorted(self.folder.glob("*.json"))]

    def keep(self, identity: Identity, answer: Mapping[str, Any], commit: str | None) -> Result:
        """Write a result, whole or not at all, in place of a former one of the same run.

        Raises:
            ToolError: it cannot be written.
        """
        told = {name: value for name, value in answer.items() if name != "onnx"}
        result = Result(identity, told, commit, machine(), datetime.now(UTC).isoformat("T", "seconds"))
        values = {
            "schema": SCHEMA,
            "run": identity.run.to_mapping(),
            "code": identity.code,
            "predictor": identity.predictor,
            "commit": commit,
            "machine": result.machine,
            "ended": result.ended,
            "answer": told,
        }
        path = self._path(identity.run)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_whole(path, (json.dumps(values, indent=1) + "\n").encode())
        except OSError as error:
            raise ToolError(
                f"the result {path} cannot be written: {error.strerror}; free some space, then go on"
            ) from error
        return result

    def _path(self, run: Run) -> Path:
        return self.folder / f"{run.name}.json"


def commit() -> str | None:
    """Of the repository that this code is in; `+` behind it says that sources differ from it."""
    head = _git("rev-parse", "HEAD")
    if head is None:
        return None
    return head + ("+" if _git("status", "--porcelain", "--", *_CODE) else "")


def machine() -> dict[str, Any]:
    """What training times and bits depend on."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "torch": version("torch"),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())


def _git(*arguments: str) -> str | None:
    program = shutil.which("git")
    if program is None:
        return None
    command = [program, "-C", str(_PACKAGE.parent), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def _read(path: Path) -> Result:
    try:
        values = json.loads(path.read_text())
        if values["schema"] != SCHEMA:
            raise InputError(f"{path} has schema {values['schema']}, not {SCHEMA}: remove it, and run it again")
        identity = Identity(Run.from_mapping(values["run"]), values["code"], values["predictor"])
        return Result(identity, values["answer"], values["commit"], values["machine"], values["ended"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"the result {path} cannot be read: {error!r}; remove it, and run it again") from error
