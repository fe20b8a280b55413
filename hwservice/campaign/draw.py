"""The networks of a campaign, one after the other: each a function of the seed, its part and its number alone."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from contracts.errors import InputError
from contracts.structure import Structure
from contracts.structure.samplers import Pruning, prune
from hwservice.campaign.definition import FROM_RUNS, Campaign, Part, base_of

DENSE = "none"
"""Sampler of the unpruned networks."""


@dataclass(frozen=True)
class Drawn:
    """One network with where it came from."""

    structure: Structure
    family: str
    sampler: str
    base: str
    seed: int
    kept_ratio: float


def draw(campaign: Campaign, part: Part, number: int) -> Drawn:
    """Network `number` of a part.

    Raises:
        InputError: a file of structures holds something else.
    """
    if part.structures:
        return _from_runs(part, number)
    inputs, bases = part.inputs, part.bases
    if number < len(inputs) * len(bases):
        at, which = divmod(number, len(bases))
        base, name = _base(part_key(part), at, which)
        return Drawn(base, part.family, DENSE, name, number, 1.0)
    random = np.random.default_rng([campaign.seed, part.digest, number])
    base, name = _base(part_key(part), int(random.integers(len(inputs))), int(random.integers(len(bases))))
    weights = np.asarray(list(part.samplers.values()))
    sampler = str(random.choice(list(part.samplers), p=weights / weights.sum()))
    unequal, thinned = bool(random.random() < part.unequal), random.random() < part.vectors
    pruning = Pruning(sampler, part.ratio, unequal, part.density if thinned else None, part.rows)
    found = prune(base, pruning, (campaign.seed, part.digest, number, 1))
    return Drawn(found, part.family, sampler, name, number, found.macs / base.macs)


def part_key(part: Part) -> str:
    """All that bases follow from, hashable."""
    return json.dumps([part.family, part.inputs, part.bases], sort_keys=True)


@lru_cache(maxsize=256)
def _base(key: str, at: int, which: int) -> tuple[Structure, str]:
    family, inputs, bases = json.loads(key)
    size = tuple(inputs[at])
    part = Part(family, 1, (size,), tuple(bases))
    options = json.dumps(bases[which], sort_keys=True, separators=(",", ":"))
    return base_of(part, bases[which], size), f"{family}{options}"


def _from_runs(part: Part, number: int) -> Drawn:
    lines = _lines(part.structures)
    values = lines[number % len(lines)]
    structure = Structure.from_mapping(values.get("structure", values), str(values.get("name", part.family)))
    ratio = float(values.get("kept_ratio", 1.0))
    return Drawn(structure, part.family, FROM_RUNS, str(values.get("base", structure.name)), number, ratio)


@lru_cache(maxsize=4)
def _lines(path: str) -> list[dict[str, Any]]:
    try:
        found = [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, ValueError) as error:
        raise InputError(f"structures {path} cannot be read: {error}") from error
    if not found or not all(isinstance(values, dict) for values in found):
        raise InputError(f"structures {path} must hold one JSON object a line")
    return found


def numbers(campaign: Campaign) -> Iterator[tuple[Part, int]]:
    """Every network's part and number, in the order in which they are simulated."""
    for part in campaign.parts:
        for number in range(part.count):
            yield part, number
