"""The gate for uploads: each is opened by a process of its own with little memory, time and room.

`python -m hwservice.jobs.gate` reads a task as a worker does; its kinds are those of files, not of jobs.
"""

import resource
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from contracts.job import JobKind
from hwservice.jobs.supervise import Supervision
from hwservice.jobs.task import Answer, Emit, Limits, Outcome, Task

GATE_COMMAND: Final = (sys.executable, "-m", "hwservice.jobs.gate")
_OPEN_FILES: Final = 64
_FILE_BYTES: Final = 1 << 20


def check(kind: str, path: Path, options: Mapping[str, Any], folder: Path, limits: Limits) -> Outcome:
    """Open an uploaded file in a limited process; `completed` with what it is, or `failed` with why not.

    Args:
        kind: `network` or `data`.
        path: the file.
        options: `name` for error messages, `dims` for a network's open dimensions.
        folder: an empty working folder for the process.
        limits: memory and time.
    """
    named = folder / options.get("name", "upload")  # errors carry the name, and there is nothing beside it
    named.symlink_to(path.resolve())
    values = {**options, "file": kind, "path": str(named)}
    task = Task("gate", JobKind.COMPILE, values, folder, limits)
    return Supervision(task, GATE_COMMAND).run(_ignore)


def _ignore(message: Mapping[str, Any]) -> None:
    del message


def _examine(options: Mapping[str, Any], folder: Path, emit: Emit) -> Answer:
    del folder, emit
    describe = {"network": _network, "data": _data}[options["file"]]
    return describe(Path(options["path"]), options), {}


def _network(path: Path, options: Mapping[str, Any]) -> dict[str, Any]:
    from hwservice.frontend import load_network  # noqa: PLC0415  # each file needs its own reader only
    from hwservice.run.structure import structure  # noqa: PLC0415  # as above

    graph = load_network(path, dims=options.get("dims") or None)
    return {
        "input": graph.input_name,
        "input_shape": list(graph.input_shape),
        "outputs": [{"name": output.name, "shape": list(output.shape)} for output in graph.outputs],
        "layers": len(graph.layers),
        "parameters": sum(layer.weights.size for layer in graph.layers if layer.weights is not None),
        "dims": dict(options.get("dims") or {}),
        "graph": structure(graph),
    }


def _data(path: Path, options: Mapping[str, Any]) -> dict[str, Any]:
    del options
    from hwservice.run.data import describe_arrays  # noqa: PLC0415  # as above

    return {"arrays": describe_arrays(path)}


def _tighten(limits: Limits) -> None:
    seconds = int(limits.seconds) + 1
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_FILE_BYTES, _FILE_BYTES))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_OPEN_FILES, _OPEN_FILES))


def main() -> int:
    """Carry out the check on stdin."""
    from hwservice.jobs import worker  # noqa: PLC0415  # only the process needs it

    return worker.main({JobKind.COMPILE: _examine}, _tighten)


if __name__ == "__main__":
    sys.exit(main())
