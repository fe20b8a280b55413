"""A hardware service whose jobs do nothing but talk: `python -m benchmarks.talker PORT FOLDER LINES PER_SECOND`.

Everything but the executor is the real service. Each log line is its number and the time at which it was said.
"""

import os
import sys
import threading
import time
from pathlib import Path
from typing import Final

import uvicorn

from contracts.job import JobState
from hwservice.api.app import create_app
from hwservice.api.service import Service
from hwservice.api.settings import TOKEN_VARIABLE, Settings
from servicekit.jobs.task import Capacity, Listener, Outcome, Task

_SLOTS: Final = 8


class Talker:
    """An executor for the port of `servicekit.jobs.task`."""

    def __init__(self, lines: int, per_second: float) -> None:
        self._lines, self._pause_s = lines, 1 / per_second
        self._running: set[str] = set()

    def submit(self, task: Task, listener: Listener) -> None:
        """See the port."""
        self._running.add(task.key)
        threading.Thread(target=self._talk, args=(task, listener), daemon=True).start()

    def _talk(self, task: Task, listener: Listener) -> None:
        listener.started()
        for number in range(self._lines):
            listener.progress({"kind": "log", "line": f"{number} {time.time():.6f}"})
            time.sleep(self._pause_s)
        self._running.discard(task.key)
        listener.ended(Outcome(JobState.COMPLETED, {}, {}))

    def cancel(self, key: str) -> None:
        """Nothing is cancelled here."""

    def alive(self, key: str) -> bool:
        """See the port."""
        return key in self._running

    def capacity(self) -> Capacity:
        """See the port."""
        return Capacity(_SLOTS, len(self._running), 0)


def main(port: int, folder: Path, lines: int, per_second: float) -> None:
    """Serve until killed."""
    service = Service.create(Settings(os.environ[TOKEN_VARIABLE], folder), Talker(lines, per_second))
    uvicorn.run(create_app(service), port=port, log_level="warning", ws="websockets-sansio")


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
