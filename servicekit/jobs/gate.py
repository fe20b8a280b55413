"""The gate for uploads: each is opened by a process of its own with little memory, time and room.

The process reads a task as a worker does; its kinds are those of files, not of jobs. Each service has one of its own.
"""

import resource
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from contracts.job import JobKind
from servicekit.jobs import worker
from servicekit.jobs.supervise import Supervision
from servicekit.jobs.task import Answer, Emit, Limits, Outcome, Task

_OPEN_FILES: Final = 64
_FILE_BYTES: Final = 1 << 20

Describe = Callable[[Path, Mapping[str, Any]], dict[str, Any]]
"""Opens a file of one kind and says what is in it; raises `InputError` where it is refused."""


@dataclass(frozen=True)
class Gate:
    """How uploads are checked.

    Attributes:
        command: starts the process.
        limits: its memory and time.
    """

    command: Sequence[str]
    limits: Limits


def check(kind: str, path: Path, options: Mapping[str, Any], folder: Path, gate: Gate) -> Outcome:
    """Open an uploaded file in a limited process; `completed` with what it is, or `failed` with why not.

    Args:
        kind: of the file, such as `network` or `data`.
        path: the file.
        options: `name` for error messages, and what the kind needs.
        folder: an empty working folder for the process.
        gate: the process and its limits.
    """
    named = folder / options.get("name", "upload")  # errors carry the name, and there is nothing beside it
    named.symlink_to(path.resolve())
    values = {**options, "file": kind, "path": str(named)}
    task = Task("gate", JobKind.COMPILE, values, folder, gate.limits)
    return _without_places(Supervision(task, gate.command).run(_ignore), f"{folder}/")


def _without_places(outcome: Outcome, folder: str) -> Outcome:
    """Libraries name files by their whole path, which says nothing to whoever sent them."""
    if outcome.failure is None:
        return outcome
    return replace(outcome, failure=replace(outcome.failure, message=outcome.failure.message.replace(folder, "")))


def _ignore(message: Mapping[str, Any]) -> None:
    del message


def examine(describe: Mapping[str, Describe]) -> int:
    """In that process: carry out the check on stdin, with what opens each kind of file."""

    def handler(options: Mapping[str, Any], folder: Path, emit: Emit) -> Answer:
        del folder, emit
        return describe[options["file"]](Path(options["path"]), options), {}

    return worker.main(lambda: {JobKind.COMPILE: handler}, _tighten)


def _tighten(limits: Limits) -> None:
    seconds = int(limits.seconds) + 1
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_FILE_BYTES, _FILE_BYTES))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_OPEN_FILES, _OPEN_FILES))
