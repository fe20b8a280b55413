"""Carries out many runs side by side, each in a process of its own; what is there already is not done again."""

import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from contracts.errors import CancelledError
from mlservice.pareto.predictors import digest_of_predictors
from mlservice.pareto.results import Identity, Result, Results, commit
from mlservice.pareto.runs import Run
from mlservice.pareto.sources import digest_of

_COMMAND: Final = (sys.executable, "-m", "mlservice", "prune")
_ONE_THREAD: Final = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OMP_WAIT_POLICY": "passive"}
_PATIENCE_S: Final = 60.0
"""A run that was asked to end keeps a checkpoint behind its present step; it may be measuring at that moment."""
_MOMENT_S: Final = 1.8
"""For runs to end what they ask of others, where whoever carries them out is about to be killed."""
_PAUSE_S: Final = 0.2
_PR_SET_PDEATHSIG: Final = 1
_LEFT_OVER: Final = ("checkpoints", "calibration.npz", "test.npz", "answer.json")
"""What a finished run needs no longer."""


class Mark(StrEnum):
    """Where a run stands."""

    KEPT = "kept"
    """Its result is there, of the present code."""
    OLDER = "older"
    """Its result is there, of other code or another predictor."""
    OPEN = "open"
    STARTED = "started"
    DONE = "done"
    FAILED = "failed"
    WAITS = "waits"
    """For the dense network's report, which failed or was not asked for."""


@dataclass(frozen=True)
class Event:
    """What happened to a run.

    Attributes:
        run: which.
        mark: what.
        done, total: runs whose results are there, of all.
        result: of a run that is done or kept.
        why: last lines of a failed run's log.
    """

    run: Run
    mark: Mark
    done: int
    total: int
    result: Result | None = None
    why: str = ""


@dataclass
class Sweep:
    """Runs and where they are carried out.

    Attributes:
        runs: in order of importance.
        results: where each leaves one small file.
        work: folder for checkpoints and networks, by run and code; a run that was interrupted goes on from there.
        jobs: runs side by side.
        keep_older: take results of other code for done.
        tell: told what happens.
        cancelled: asked a few times a second.
        registry: of predictors; the user's own where absent.
    """

    runs: Sequence[Run]
    results: Results
    work: Path
    jobs: int = 1
    keep_older: bool = False
    tell: Callable[[Event], None] = lambda _: None
    cancelled: Callable[[], bool] = lambda: False
    registry: Path | None = None
    _going: dict[Run, "_Process"] = field(default_factory=dict, init=False)
    _abandoned: bool = field(default=False, init=False)
    _done: int = field(default=0, init=False)
    _predictors: dict[str, str] = field(default_factory=dict, init=False)

    def run(self) -> list[Event]:
        """Carry out what is not there. A failed run does not keep others from theirs.

        Returns:
            The last event of each run, in their order.

        Raises:
            CancelledError: `cancelled` said so. Runs that were going have kept checkpoints; what was finished is kept.
            ToolError: a result cannot be written.
        """
        ends = {run: Event(run, self.mark(run), 0, len(self.runs), self.results.of(run)) for run in self.runs}
        waiting = [run for run in self.runs if ends[run].mark is not Mark.KEPT]
        self._done = len(self.runs) - len(waiting)
        with self._ending_all():
            while waiting or self._going:
                if self.cancelled() or self._abandoned:
                    raise CancelledError(f"stopped with {self._done} of {len(self.runs)} runs done")
                for event in [*self._ended()]:
                    ends[event.run] = event
                while len(self._going) < self.jobs and (ready := next(filter(self._ready, waiting), None)) is not None:
                    waiting.remove(ready)
                    self._start(ready)
                if not self._going:
                    break
                time.sleep(_PAUSE_S)
        for run in waiting:
            ends[run] = Event(run, Mark.WAITS, self._done, len(self.runs), why=f"{run.dense.name} has no result")
            self.tell(ends[run])
        return [ends[run] for run in self.runs]

    def abandon(self) -> None:
        """Whoever carries this out is about to be killed: ask the runs that are going to end, from any thread; they have a moment."""
        self._abandoned = True
        going = [*self._going.values()]
        for process in going:
            process.ask_to_end()
        deadline = time.monotonic() + _MOMENT_S
        for process in going:
            process.has_ended_by(deadline)

    def mark(self, run: Run) -> Mark:
        """Before anything is done: `KEPT`, `OLDER` or `OPEN`."""
        found = self.results.of(run)
        if found is None:
            return Mark.OPEN
        return Mark.KEPT if self.keep_older or found.identity == self.identity(run) else Mark.OLDER

    def identity(self, run: Run) -> Identity:
        """With the code as it is now."""
        return Identity(run, digest_of(run.method, run.cost), self._predictor(run.cost))

    def folder(self, run: Run) -> Path:
        """Where a run of the present code leaves its network and report."""
        return self._folder(self.identity(run))

    def folder_of(self, result: Result) -> Path:
        """Where a finished run left its network, whichever code it came from."""
        return self._folder(result.identity)

    def _folder(self, identity: Identity) -> Path:
        parts = (identity.run.name, identity.code, identity.predictor)
        return self.work / "-".join(part for part in parts if part)

    def _predictor(self, cost: str) -> str | None:
        if cost not in self._predictors:
            self._predictors[cost] = digest_of_predictors(cost, self.registry)
        return self._predictors[cost] or None

    def _dense(self, run: Run) -> Mapping[str, Any] | None:
        found = self.results.of(run.dense)
        return None if found is None else found.answer

    def _ready(self, run: Run) -> bool:
        if run.budget is None or not run.budget.of_dense:
            return True
        return self.results.of(run.dense) is not None and run.dense not in self._going

    def _start(self, run: Run) -> None:
        identity = self.identity(run)
        arguments = run.arguments(self._dense(run))
        arguments += [] if self.registry is None else ["--registry", str(self.registry)]
        self._going[run] = _Process.started(arguments, self._folder(identity), identity)
        self.tell(Event(run, Mark.STARTED, self._done, len(self.runs)))

    def _ended(self) -> Iterator[Event]:
        for run, process in [*self._going.items()]:
            if not process.has_ended() or self._abandoned:  # it ended because it was asked to
                continue
            del self._going[run]
            answer = process.answer()
            if answer is None:
                event = Event(run, Mark.FAILED, self._done, len(self.runs), why=process.last_words())
            else:
                result = self.results.keep(process.identity, answer, process.commit)
                process.tidy()
                self._done += 1
                event = Event(run, Mark.DONE, self._done, len(self.runs), result)
            self.tell(event)
            yield event

    @contextmanager
    def _ending_all(self) -> Iterator[None]:
        """No process stays behind, however this ends."""
        try:
            yield
        finally:
            for process in self._going.values():
                process.ask_to_end()
            deadline = time.monotonic() + _PATIENCE_S
            for process in self._going.values():
                process.end_by(deadline)
            self._going.clear()


@dataclass
class _Process:
    """One run that is going."""

    process: "subprocess.Popen[bytes]"
    folder: Path
    identity: Identity
    commit: str | None

    @staticmethod
    def started(arguments: Sequence[str], folder: Path, identity: Identity) -> "_Process":
        """With what it prints in files of its folder."""
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "answer.json").open("wb") as answer, (folder / "log.txt").open("ab") as log:
            process = subprocess.Popen(
                [*_COMMAND, *arguments, "--out", str(folder), "--resume", "--json"],
                stdin=subprocess.DEVNULL,
                stdout=answer,
                stderr=log,
                env={**os.environ, **_ONE_THREAD},
                start_new_session=True,  # Ctrl-C is for the sweep, which asks its runs to end
                preexec_fn=_end_with_parent,
            )
        return _Process(process, folder, identity, commit())

    def has_ended(self) -> bool:
        """On its own."""
        return self.process.poll() is not None

    def answer(self) -> dict[str, Any] | None:
        """What it printed; none where it failed, or what the RTL computed was not what the golden model did."""
        try:
            found: dict[str, Any] = json.loads((self.folder / "answer.json").read_bytes())
        except ValueError:
            return None
        return found if self.process.returncode == 0 and found.get("bit_exact") else None

    def last_words(self) -> str:
        """The end of its log."""
        words = (self.folder / "log.txt").read_text(errors="replace").strip().splitlines()[-12:]
        return "\n".join([f"status {self.process.returncode}", *words])

    def tidy(self) -> None:
        """Remove what is not needed any more."""
        for name in _LEFT_OVER:
            path = self.folder / name
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)

    def ask_to_end(self) -> None:
        """Behind its present step, with a checkpoint."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)

    def has_ended_by(self, deadline: float) -> bool:
        """Waits for it so long."""
        try:
            self.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            return False
        return True

    def end_by(self, deadline: float) -> None:
        """Wait, then make it end; what it had started ends too."""
        if not self.has_ended_by(deadline):
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
