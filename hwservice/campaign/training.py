"""Training some of a campaign's networks: by the learning side's command line, one file of results for each, never twice."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from pathlib import Path
from threading import Event
from typing import Any, Final

from contracts.errors import CancelledError, InputError
from contracts.structure import Structure
from contracts.training import IMAGE_DATA, TrainingPlan
from hwservice.campaign.definition import Campaign, Part
from hwservice.campaign.draw import Drawn, draw
from hwservice.processes import LineHandler, run_tool

FOLDER: Final = "training"
"""In the campaign's folder: `KEY.json` for each training, as soon as it is done."""
_COMMAND: Final = (sys.executable, "-m", "mlservice", "train-structures")


@dataclass(frozen=True)
class Work:
    """One network to train, and how; where it came from."""

    drawn: Drawn
    plan: TrainingPlan

    @property
    def structure(self) -> Structure:
        """The network."""
        return self.drawn.structure

    @property
    def key(self) -> str:
        """The name of its result."""
        return self.plan.key(self.structure.digest)


@dataclass(frozen=True)
class TrainingProgress:
    """How many trainings there are, those from before included, and how many there will be."""

    done: int
    trainings: int


def works(campaign: Campaign) -> list[Work]:
    """All trainings of a campaign: each network once, then the first ones with the next seed.

    Networks are taken in turns from the parts, so that those of a campaign stay the same when it grows.
    """
    wanted = campaign.accuracy
    if wanted is None:
        return []
    found: dict[str, Drawn] = {}
    for drawn in _fitting(campaign):
        if len(found) == wanted.networks:
            break
        found.setdefault(drawn.structure.digest, drawn)
    again = replace(wanted.plan, seed=wanted.plan.seed + 1)
    chosen = list(found.values())
    return [
        *(Work(drawn, wanted.plan) for drawn in chosen),
        *(Work(drawn, again) for drawn in chosen[: wanted.repeats]),
    ]


def _fitting(campaign: Campaign) -> Iterator[Drawn]:
    """Networks that the data's images fit, the first of every part before the second of any."""
    assert campaign.accuracy is not None
    wanted = campaign.accuracy
    data = IMAGE_DATA[wanted.plan.data]

    def may(part: Part) -> bool:
        return (not wanted.families or part.family in wanted.families) and bool(
            part.structures or data.shape in part.inputs
        )

    parts = [part for part in campaign.parts if may(part)]
    for number in range(max((part.count for part in parts), default=0)):
        for part in parts:
            if number < part.count:
                drawn = draw(campaign, part, number)
                if data.fits(drawn.structure):
                    yield drawn


def train(
    campaign: Campaign,
    folder: Path,
    *,
    workers: int = 0,
    report: Callable[[TrainingProgress], None] = lambda _: None,
    line: LineHandler | None = None,
    cancel: Event | None = None,
) -> TrainingProgress:
    """Train what of a campaign is not trained yet.

    Args:
        campaign: says which networks, and how.
        folder: of the campaign.
        workers: networks side by side, one thread each; as many as processors where 0.
        report: told whenever a network is done.
        line: told what the learning side says.
        cancel: set it to stop; what is done stays, what is in training is lost.

    Raises:
        CancelledError: `cancel` was set.
        InputError: no network fits the data.
        ToolError: the learning side is not installed, or failed; with its own words.
    """
    wanted = works(campaign)
    if campaign.accuracy is not None and not wanted:
        data = campaign.accuracy.plan.data
        raise InputError(
            f"accuracy: no network ends in {IMAGE_DATA[data].classes} classes of {data}; give the bases classes = 10"
        )
    place = folder / FOLDER
    place.mkdir(exist_ok=True)

    def told(text: str) -> None:
        report(_progress(wanted, place))
        if line is not None:
            line(text)

    for plan, some in groupby(wanted, key=lambda work: work.plan):
        left = [work.structure for work in some if not (place / f"{work.key}.json").is_file()]
        if left:
            _run(left, plan, place, workers or len(os.sched_getaffinity(0)), told, cancel)
    return _progress(wanted, place)


def _run(
    left: list[Structure], plan: TrainingPlan, place: Path, workers: int, told: LineHandler, cancel: Event | None
) -> None:
    given = place / "structures.jsonl"
    given.write_text("".join(f"{structure.to_json()}\n" for structure in left))
    options = [f"--{name.replace('_', '-')}={value}" for name, value in asdict(plan).items()]
    command = [*_COMMAND, str(given), "--out", str(place), "--workers", str(workers), *options]
    environment = {**os.environ, "OMP_WAIT_POLICY": "passive"}
    try:
        run_tool(command, env=environment, on_line=told, cancel=cancel)
    except CancelledError:
        raise CancelledError("stopped while networks were trained; the same command goes on from there") from None


def _progress(wanted: list[Work], place: Path) -> TrainingProgress:
    return TrainingProgress(sum((place / f"{work.key}.json").is_file() for work in wanted), len(wanted))


def results(campaign: Campaign, folder: Path) -> Iterator[tuple[Work, dict[str, Any]]]:
    """What there is of a campaign's trainings, in their order.

    Raises:
        InputError: a file is damaged.
    """
    for work in works(campaign):
        path = folder / FOLDER / f"{work.key}.json"
        if path.is_file():
            try:
                yield work, json.loads(path.read_text())
            except ValueError as error:
                raise InputError(f"{path} is damaged: {error}; remove it, and the network is trained again") from error
