"""What the tests of jobs look through."""

import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from servicekit.jobs.task import Outcome, Task

MakeTask = Callable[..., Task]
FAKE_COMMAND = (sys.executable, str(Path(__file__).with_name("fake_worker.py")))


@dataclass
class Witness:
    """A listener that remembers everything."""

    starts: int = 0
    messages: list[Mapping[str, Any]] = field(default_factory=list)
    outcome: Outcome | None = None
    over: threading.Event = field(default_factory=threading.Event)

    def started(self) -> None:
        self.starts += 1

    def progress(self, message: Mapping[str, Any]) -> None:
        self.messages.append(message)

    def ended(self, outcome: Outcome) -> None:
        assert self.outcome is None, "heard of the end twice"
        self.outcome = outcome
        self.over.set()

    def wait(self, seconds: float = 60) -> Outcome:
        assert self.over.wait(seconds), "it did not end"
        assert self.outcome is not None
        return self.outcome

    def child(self) -> int:
        """The process that a sleeping task started."""
        until(lambda: any("line" in message for message in self.messages))
        return int(next(message["line"] for message in self.messages if "line" in message).split()[1])


def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.01)


def process_lives(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
