"""`python -m tests.backend.e2e.mortal MODULE ARGUMENT...`: a program that dies as by `kill -9` at a point that a test chose.

A point is a side of a function: `backend.jobs.attempts.complete before`. A test writes one to the file $MORTAL; whoever
comes by first removes the file and is gone, between two instructions, with all that was not yet on disk.
"""

import functools
import importlib
import os
import runpy
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import django

from hwservice.api import settings
from hwservice.jobs import worker

VARIABLE = "MORTAL"
SILENT_S = 3.0
"""How long a worker may be silent: less than usual, since tests freeze some."""
WEBHOOK_LEASE_S = 3.0
"""How long a delivery is its deliverer's: less than usual, since tests kill some."""
BACKEND = {
    "backend.jobs.submit": ("submit",),
    "backend.jobs.claim": ("claim", "charge"),
    "backend.jobs.outbox": ("started", "heard"),
    "backend.jobs.attempts": ("hear", "complete", "artifacts_of", "fail", "cancel", "end_cancelled", "expire"),
    "backend.webhooks.tries": ("_take", "_decide", "finish"),
    "backend.clients.service": ("ServiceClient.put_attempt", "ServiceClient.cancel"),
}
SERVICE = {
    "servicekit.jobs.board": ("JobBoard.put", "JobBoard.hear_progress", "JobBoard.hear_ended", "JobBoard.cancel")
}
WORKER = {"servicekit.jobs.worker": ("carry_out", "_limit")}


def arm(file: Path, point: str) -> None:
    """Let the next process that comes to a point die there."""
    scratch = file.with_suffix(".new")
    scratch.write_text(point)
    scratch.rename(file)


def is_armed(file: Path) -> bool:
    """Nobody has come by yet."""
    return file.exists()


def _pass(point: str) -> None:
    file = Path(os.environ[VARIABLE])
    try:
        if file.read_text() != point:
            return
        file.unlink()
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


def _mortal(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        _pass(f"{name} before")
        answer = function(*args, **kwargs)
        _pass(f"{name} after")
        return answer

    return wrapper


def _wrap(points: Mapping[str, tuple[str, ...]]) -> None:
    for module_name, names in points.items():
        module = importlib.import_module(module_name)
        for name in names:
            *owner, last = name.split(".")
            place = functools.reduce(getattr, owner, module)
            setattr(place, last, _mortal(f"{module_name}.{name}", getattr(place, last)))


def _mortal_workers() -> None:
    usual = settings.Settings
    limits = {kind: replace(limit, silent_seconds=SILENT_S) for kind, limit in settings.usual_limits().items()}
    command = (sys.executable, "-m", "tests.backend.e2e.mortal", "hwservice.jobs.worker")
    setattr(worker, "WORKER_COMMAND", command)  # noqa: B010  # a constant elsewhere
    setattr(settings, "Settings", lambda token, folder: usual(token, folder, limits))  # noqa: B010  # as above


def main(program: str, arguments: list[str]) -> None:
    """Make the program mortal, and become it."""
    sys.argv = [program, *arguments]
    if program == "uvicorn":
        django.setup()
        _wrap(BACKEND)
        setattr(importlib.import_module("backend.webhooks.tries"), "LEASE_S", WEBHOOK_LEASE_S)  # noqa: B010  # a constant
    elif program == "hwservice":
        _mortal_workers()
        _wrap(SERVICE)
    else:
        _wrap(WORKER)
        sys.exit(importlib.import_module(program).main())
    runpy.run_module(program, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
