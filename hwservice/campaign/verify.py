"""Rows simulated once more and compared with what is kept, bit for bit."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from contracts.dataset import DONE
from contracts.errors import InputError
from hwservice.campaign.definition import load_campaign
from hwservice.campaign.journal import records
from hwservice.campaign.measure import Place, Record, Task, measure
from hwservice.campaign.runner import DEFINITION, places_of

OF_THE_HOST: Final = ("compile_s", "simulate_s")
"""Columns that differ from run to run."""


@dataclass
class Verdict:
    """What a comparison found.

    Attributes:
        compared: rows.
        different: by run, what differs.
        stale: rows that other code made, which were not compared.
    """

    compared: int = 0
    different: dict[str, str] = field(default_factory=dict)
    stale: int = 0


def verify(folder: Path, count: int, seed: int = 0, simulator: str = "rtl") -> Verdict:
    """Simulate some rows again, with their outputs checked against the golden model.

    Raises:
        InputError: there is no campaign, or no row of it can be made again.
    """
    campaign = load_campaign(folder / DEFINITION)
    places = {place.accelerator.name: place for place in places_of(campaign, simulator)}
    verdict = Verdict()
    chosen: list[Record] = []
    draw = random.Random(seed)  # noqa: S311  # chooses rows
    for number, record in enumerate(_comparable(folder, places, verdict)):
        if len(chosen) < count:
            chosen.append(record)
        elif (at := draw.randrange(number + 1)) < count:
            chosen[at] = record
    if not chosen:
        raise InputError(f"{folder} has no row that the code as it is now made; run the campaign again")
    for record in chosen:
        again = measure(_task(record, places[record.network["accelerator"]]))[0]
        verdict.compared += 1
        if problem := difference(record, again):
            verdict.different[record.run] = problem
    return verdict


def _comparable(folder: Path, places: dict[str, Place], verdict: Verdict) -> Iterator[Record]:
    for record in records(folder):
        place = places.get(record.network["accelerator"])
        if place is None or record.network["code"] != place.code:
            verdict.stale += 1
        elif record.network["status"] == DONE:
            yield record


def _task(record: Record, place: Place) -> Task:
    row = record.network
    names = ("spec", "family", "sampler", "base", "seed", "kept_ratio", "weight_seed")
    return Task(**{name: row[name] for name in names}, places=(place,), check=1.0)


def difference(kept: Record, again: Record) -> str:
    """The first column that differs; empty where none does."""
    if again.network.get("bit_exact") is False:
        return "outputs differ from the golden model's"
    for name, value in kept.network.items():
        if name not in OF_THE_HOST and name != "bit_exact" and again.network.get(name) != value:
            return f"{name}: {value} before, {again.network.get(name)} now"
    for name, values in kept.layers.items():
        if again.layers.get(name) != values:
            return f"layers, {name}: {values} before, {again.layers.get(name)} now"
    return ""
