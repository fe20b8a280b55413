"""Progress and cancellation of one run."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from contracts.errors import CancelledError


@dataclass(frozen=True)
class Progress:
    """Where a run is.

    Attributes:
        phase: name of the phase, one of `phases`.
        index: its position, from 0.
        phases: how many there are in all.
        fraction: what is done of this phase, 0 to 1.
        seconds_left: of this phase, extrapolated; None while unknown.
        message: the last line of the tool at work, or empty.
    """

    phase: str
    index: int
    phases: int
    fraction: float
    seconds_left: float | None
    message: str = ""


ProgressHandler = Callable[[Progress], None]


def ignore(progress: Progress) -> None:
    """Take no notice."""


@dataclass
class Watch:
    """Carries progress outwards and the wish to stop inwards.

    Example: `with watch.phase("compile"): ...` reports 0, whatever `tell` says in between, and 1.
    """

    phases: tuple[str, ...] = ()
    report: ProgressHandler = ignore
    cancel: threading.Event = field(default_factory=threading.Event)
    seconds: dict[str, float] = field(default_factory=dict)
    """Wall time of every phase that ended."""
    _phase: str = ""
    _started: float = 0.0

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Everything inside belongs to this phase.

        Raises:
            CancelledError: `cancel` was set before it began.
        """
        self.check()
        self._phase, self._started = name, time.perf_counter()
        self.tell(0.0)
        yield
        self.tell(1.0)
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - self._started

    def tell(self, fraction: float, message: str = "") -> None:
        """Report how much of the phase is done."""
        elapsed = time.perf_counter() - self._started
        left = elapsed * (1 - fraction) / fraction if fraction > 0 else None
        index = self.phases.index(self._phase) if self._phase in self.phases else 0
        self.report(Progress(self._phase, index, len(self.phases), min(fraction, 1.0), left, message))

    def line(self, text: str) -> None:
        """Report a tool's line of output; how much is done stays unknown."""
        self.tell(0.0, text)

    def check(self) -> None:
        """Stop here where the user wants it.

        Raises:
            CancelledError: `cancel` is set.
        """
        if self.cancel.is_set():
            raise CancelledError("the run was cancelled")


def by_cycles(watch: Watch, expected_cycles: float, inputs: int) -> Callable[[float, str], None]:
    """Progress of a simulator that tells cycles within an input: finer than its share of inputs done."""

    def tell(share: float, line: str) -> None:
        word, _, number = line.partition(" ")
        within = int(number) / expected_cycles if word == "cycles" and number.isdecimal() else 0.0
        watch.tell(share + min(within, 0.99) / inputs, line)

    return tell
