"""Runs what of a campaign is not there yet: worker processes that stay warm, a few tasks ahead of them, rows kept as they come.

Memory does not grow with the campaign: networks are drawn one after the other, results go to disk at once.
"""

import multiprocessing
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event

from contracts.dataset import DONE
from contracts.errors import CancelledError, InputError
from hwservice.campaign.code import code_digest, run_key
from hwservice.campaign.definition import Campaign, load_campaign
from hwservice.campaign.draw import draw, numbers
from hwservice.campaign.journal import Journal
from hwservice.campaign.measure import BUG, INFRASTRUCTURE, WEIGHT_SEED, Place, Record, Task, failed, measure
from hwservice.processes import LineHandler, die_with_parent
from hwservice.simulators.verilated import build_simulator

DEFINITION = "campaign.json"
AHEAD = 3
"""Tasks that wait for each worker."""
_REMEMBERED = 1000
"""Structures that were handed out, against those that are drawn again soon."""
ATTEMPTS = 3
"""A task during which a worker died so many times is given up."""
WINDOW_S = 60.0
"""The rate is over the last so many seconds."""


@dataclass(frozen=True)
class Progress:
    """Where a campaign is.

    Attributes:
        rows: that are there, those from before included.
        rows_in_all: when it ends.
        failures: rows that hold a reason instead of figures.
        rows_per_minute: over the last minute.
        seconds_left: at that rate; None while unknown.
        family: of the row that came last.
    """

    rows: int
    rows_in_all: int
    failures: int
    rows_per_minute: float
    seconds_left: float | None
    family: str = ""


def ignore(progress: Progress) -> None:
    """Take no notice."""


@dataclass
class _Counted:
    """Rate and totals."""

    campaign: Campaign
    rows: int = 0
    failures: int = 0
    times: deque[float] = field(default_factory=deque)

    def one_more(self, record: Record) -> Progress:
        now = time.monotonic()
        self.rows += 1
        self.failures += record.network["status"] != DONE
        self.times.append(now)
        while self.times and now - self.times[0] > WINDOW_S:
            self.times.popleft()
        span = now - self.times[0]
        rate = 60 * (len(self.times) - 1) / span if span > 0 else 0.0
        left = (self.campaign.rows - self.rows) / rate * 60 if rate else None
        return Progress(self.rows, self.campaign.rows, self.failures, rate, left, record.network["family"])


def run_campaign(
    campaign: Campaign,
    folder: Path,
    *,
    workers: int = 0,
    simulator: str = "rtl",
    report: Callable[[Progress], None] = ignore,
    line: LineHandler | None = None,
    cancel: Event | None = None,
) -> Progress:
    """Do what is left of a campaign.

    Args:
        campaign: what to do.
        folder: where results go; those that are there are not made again.
        workers: processes; as many as processors where 0.
        simulator: `rtl`, or `null` for tests of other things.
        report: told after every row.
        line: told what the tools that build simulators say.
        cancel: set it to stop; what is done stays.

    Raises:
        CancelledError: `cancel` was set.
        InputError: another process works in the folder, or it holds another campaign.
        ToolError: a simulator cannot be built, or the folder cannot be written.
    """
    stop = cancel or Event()
    places = places_of(campaign, simulator, line, stop)
    with Journal(folder) as journal:
        _keep_definition(campaign, folder)
        journal.remember_places({place.accelerator.name: place.code for place in places})
        counted = _Counted(campaign)
        counted.rows, counted.failures = _there(journal, campaign, places)
        runner = _Runner(journal, workers or len(os.sched_getaffinity(0)), stop)
        last = Progress(counted.rows, campaign.rows, counted.failures, 0.0, None)
        for record in runner.records(_tasks(journal, campaign, places, counted)):
            last = counted.one_more(record)
            report(last)
        last = replace(last, rows=counted.rows, failures=counted.failures)
    if stop.is_set():
        raise CancelledError(
            f"stopped after {last.rows} of {last.rows_in_all} rows; the same command goes on from there"
        )
    return last


def extended(folder: Path, networks: int) -> Campaign:
    """The campaign of a folder, grown to so many networks.

    Raises:
        InputError: there is none, or it has as many already.
    """
    campaign = load_campaign(folder / DEFINITION)
    if networks <= campaign.networks:
        raise InputError(
            f"the campaign in {folder} has {campaign.networks} networks; extend it to more than {networks}"
        )
    return campaign.with_counts(networks)


def places_of(
    campaign: Campaign, simulator: str = "rtl", line: LineHandler | None = None, stop: Event | None = None
) -> tuple[Place, ...]:
    """The campaign's accelerators with their simulators, which are built where they are not yet."""
    if simulator == "null":
        return tuple(Place(a, "null", None) for a in campaign.accelerators)
    binaries = [build_simulator(a, progress=line, cancel=stop) for a in campaign.accelerators]
    return tuple(Place(a, code_digest(a), b) for a, b in zip(campaign.accelerators, binaries, strict=True))


def _keep_definition(campaign: Campaign, folder: Path) -> None:
    path = folder / DEFINITION
    if path.is_file():
        there = load_campaign(path)
        if (there.name, there.seed) != (campaign.name, campaign.seed):
            raise InputError(
                f"{folder} holds campaign {there.name!r} with seed {there.seed}, not {campaign.name!r} with {campaign.seed}; "
                "choose another folder"
            )
    new = path.with_suffix(".new")
    new.write_text(campaign.to_json())
    new.rename(path)


def _there(journal: Journal, campaign: Campaign, places: tuple[Place, ...]) -> tuple[int, int]:
    """Rows of this campaign that are there, as far as that is known without drawing, and how many of them failed."""
    rows = failures = 0
    for part, number in numbers(campaign):
        structure = journal.drawn(part.digest, number)
        if structure is not None:
            runs = (run_key(structure, WEIGHT_SEED, p.accelerator, p.code) for p in places)
            there = [run for run in runs if journal.has(run)]
            rows += len(there)
            failures += sum(map(journal.failed, there))
    return rows, failures


def _tasks(journal: Journal, campaign: Campaign, places: tuple[Place, ...], counted: _Counted) -> Iterator[Task]:
    """What is left, one network at a time. A structure that came before is there already, or on its way, and counts as done."""
    under_way: dict[str, int] = {}  # rows of each structure that were left when its task was handed out
    for part, number in numbers(campaign):
        known = journal.drawn(part.digest, number)
        if known is not None and known in under_way:  # drawn before a stop, as the other one was
            counted.rows += under_way[known]
            continue
        if known is not None and not _left(journal, known, places):
            continue
        drawn = draw(campaign, part, number)
        digest = drawn.structure.digest
        journal.remember(part.digest, number, digest)
        left = _left(journal, digest, places)
        if digest in under_way or not left:
            counted.rows += len(places)
        else:
            under_way[digest] = len(left)
            if len(under_way) > _REMEMBERED:
                del under_way[next(iter(under_way))]
            yield Task(
                spec=drawn.structure.to_json(),
                family=drawn.family,
                sampler=drawn.sampler,
                base=drawn.base,
                seed=drawn.seed,
                kept_ratio=drawn.kept_ratio,
                places=left,
                check=campaign.check,
            )


def _left(journal: Journal, structure: str, places: tuple[Place, ...]) -> tuple[Place, ...]:
    return tuple(p for p in places if not journal.has(run_key(structure, WEIGHT_SEED, p.accelerator, p.code)))


class _Runner:
    """Keeps workers busy. A task whose worker died is tried again alone, so that it is known which one it was."""

    def __init__(self, journal: Journal, workers: int, stop: Event) -> None:
        self.journal, self.workers, self.stop = journal, workers, stop
        self.pool = _pool(workers)
        self.running: dict[Future[list[Record]], tuple[Task, int]] = {}
        self.suspects: deque[tuple[Task, int]] = deque()

    def records(self, tasks: Iterator[Task]) -> Iterator[Record]:
        """Rows as they are kept."""
        try:
            while self._fill(tasks):
                ready, _ = wait(self.running, return_when=FIRST_COMPLETED, timeout=0.5)
                for future in ready:
                    if future in self.running:  # otherwise its task is to be done once more
                        yield from self._kept(future)
        finally:
            self.pool.shutdown(wait=True, cancel_futures=True)

    def _fill(self, tasks: Iterator[Task]) -> bool:
        """Submit what there is room for; whether anything runs."""
        if self.stop.is_set():
            for future in list(self.running):
                if future.cancel():
                    del self.running[future]
            return bool(self.running)
        if self.suspects:
            if not self.running:
                self._submit(*self.suspects.popleft())
            return True
        while len(self.running) < AHEAD * self.workers:
            task = next(tasks, None)
            if task is None:
                break
            self._submit(task, 0)
        return bool(self.running)

    def _submit(self, task: Task, attempts: int) -> None:
        try:
            self.running[self.pool.submit(measure, task)] = task, attempts
        except BrokenProcessPool:
            self.suspects.append((task, attempts))
            self._mend()

    def _kept(self, future: Future[list[Record]]) -> Iterator[Record]:
        task, attempts = self.running.pop(future)
        if future.cancelled():
            return
        try:
            found = future.result()
        except BrokenProcessPool:
            found = self._died(task, attempts + 1)
        except Exception as error:  # a fault of ours in one network must not end the others
            found = [failed(task, place, f"{BUG}: {type(error).__name__}: {error}") for place in task.places]
        for record in found:
            self.journal.append(record)
            yield record

    def _died(self, task: Task, attempts: int) -> list[Record]:
        self._mend()
        if attempts < ATTEMPTS:
            self.suspects.append((task, attempts))
            return []
        reason = f"{INFRASTRUCTURE}: its worker died {attempts} times (out of memory?)"
        return [failed(task, place, reason) for place in task.places]

    def _mend(self) -> None:
        """A new pool for one that lost a worker; what it was doing is done once more."""
        self.pool.shutdown(wait=False, cancel_futures=True)
        for future, (task, attempts) in list(self.running.items()):
            if future.done() and not future.cancelled() and future.exception() is None:
                continue
            del self.running[future]
            self.suspects.append((task, attempts))
        self.pool = _pool(self.workers)


def _pool(workers: int) -> ProcessPoolExecutor:
    """Workers are children of this very process: a fork server would outlive it."""
    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"), initializer=_start)


def _start() -> None:
    """A worker ends with its parent, and leaves interrupts to it."""
    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ["OMP_NUM_THREADS"] = "1"
