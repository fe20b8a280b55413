"""A worker process with handlers for tests; the real one's protocol, limits and death.

What it does is chosen by the option `do`.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from contracts.errors import CapacityError, NetworkError, ToolError
from contracts.job import JobKind
from servicekit.jobs import worker
from servicekit.jobs.task import Answer, Emit


def _succeed(options: Mapping[str, Any], folder: Path, emit: Emit) -> Answer:
    emit({"kind": "progress", "phase": "first", "index": 0, "phases": 1, "fraction": 0.5, "seconds_left": 1.0})
    emit({"kind": "log", "line": "half way"})
    print("a library says something on stdout")
    (folder / "note.txt").write_text(str(options["text"]))
    return {"said": options["text"]}, {"note": "note.txt"}


def _sleep(options: Mapping[str, Any], _folder: Path, emit: Emit) -> Answer:
    """Waits with a child in a session of its own, as tools are started."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
    emit({"kind": "log", "line": f"child {child.pid}"})
    time.sleep(options.get("seconds", 60))
    child.kill()
    return {}, {}


def _work_elsewhere(options: Mapping[str, Any], folder: Path, emit: Emit) -> Answer:
    """As `_sleep`, with something on another machine that must be stopped."""
    worker.before_end(lambda: Path(options["stopped"]).write_text("stopped"))
    return _sleep(options, folder, emit)


def _eat(_options: Mapping[str, Any], _folder: Path, _emit: Emit) -> Answer:
    eaten = [bytearray(os.urandom(1 << 20)) * 64 for _ in range(64)]
    time.sleep(60)
    return {"eaten": len(eaten)}, {}


def _raise(error: Exception) -> Any:
    def handler(_options: Mapping[str, Any], _folder: Path, _emit: Emit) -> Answer:
        raise error

    return handler


def _die(_options: Mapping[str, Any], _folder: Path, _emit: Emit) -> Answer:
    os.kill(os.getpid(), signal.SIGKILL)
    return {}, {}


def _freeze(options: Mapping[str, Any], folder: Path, emit: Emit) -> Answer:
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGSTOP)).start()
    return _sleep(options, folder, emit)


def _leave(_options: Mapping[str, Any], _folder: Path, _emit: Emit) -> Answer:
    sys.stderr.write("last words\n")
    sys.stderr.flush()
    os._exit(3)


DEEDS = {
    "succeed": _succeed,
    "sleep": _sleep,
    "work elsewhere": _work_elsewhere,
    "eat": _eat,
    "network": _raise(NetworkError("operator Foo is not supported")),
    "capacity": _raise(CapacityError("bank_depth is too small")),
    "tool": _raise(ToolError("java is missing")),
    "bug": _raise(KeyError("x")),
    "die": _die,
    "freeze": _freeze,
    "leave": _leave,
}


def _do(options: Mapping[str, Any], folder: Path, emit: Emit) -> Answer:
    answer: Answer = DEEDS[options["do"]](options, folder, emit)
    return answer


if __name__ == "__main__":
    sys.exit(worker.main(lambda: dict.fromkeys(JobKind, _do)))
