"""A campaign as a job. Its rows stay in the service's cache: what is cancelled or lost goes on when it is submitted again."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from contracts.cache import cache_directory
from contracts.dataset import LAYERS, NETWORKS
from contracts.training import TRAINING
from hwservice.campaign.definition import Campaign, campaign_of_wire
from hwservice.campaign.runner import Progress, run_campaign
from hwservice.campaign.training import TrainingProgress, train
from hwservice.content_cache import digest_of
from hwservice.run.throttle import Throttle
from servicekit.jobs.task import Answer, Emit

CAMPAIGN_PHASES: Final = ("build", "simulate", "export")
TRAINING_PHASES: Final = ("build", "simulate", "train", "export")
"""Of a campaign that trains some of its networks."""


def run(options: Mapping[str, Any], folder: Path, emit: Emit) -> Answer:
    """Run what is left of the campaign that `definition` describes, and hand out its tables."""
    # pyarrow takes a third of a second to import; other kinds never need it.
    from hwservice.campaign.card import CARD  # noqa: PLC0415
    from hwservice.campaign.export import export  # noqa: PLC0415

    campaign = campaign_of_wire(options["definition"])
    simulator = options.get("simulator", "rtl")
    kept, tell = rows_folder(campaign), _Teller(emit, TRAINING_PHASES if campaign.accuracy else CAMPAIGN_PHASES)
    tell.phase("build", 0.0)
    done = run_campaign(
        campaign, kept, workers=options.get("workers", 0), simulator=simulator, report=tell.rows, line=tell.line
    )
    if campaign.accuracy is not None:
        tell.phase("train", 0.0)
        train(campaign, kept, workers=options.get("workers", 0), report=tell.trainings, line=tell.line)
    tell.phase("export", 0.0)
    found = export(kept, folder, simulator)
    tell.phase("export", 1.0)
    result = {"name": campaign.name, "rows": found.rows, "failures": found.failures, "layers": found.layers}
    files = {NETWORKS: f"{NETWORKS}.parquet", LAYERS: f"{LAYERS}.parquet", "card": CARD}
    if found.trainings:
        result["trainings"], files[TRAINING] = found.trainings, f"{TRAINING}.parquet"
    return {**result, "rows_in_all": done.rows_in_all, "sha256": found.files}, files


def rows_folder(campaign: Campaign) -> Path:
    """Where the rows of a campaign are, however many networks it has so far."""
    one_each = replace(campaign, parts=tuple(replace(part, count=1) for part in campaign.parts), note="")
    return cache_directory() / "campaigns" / digest_of([json.dumps(json.loads(one_each.to_json()), sort_keys=True)])


class _Teller:
    """Progress as events; not more than a few a second."""

    def __init__(self, emit: Emit, phases: tuple[str, ...]) -> None:
        self.emit, self.phases, self.throttle = emit, phases, Throttle(0.5)

    def phase(self, name: str, fraction: float, seconds_left: float | None = None) -> None:
        """Where it is."""
        place = {"phase": name, "index": self.phases.index(name), "phases": len(self.phases)}
        self.emit({"kind": "progress", **place, "fraction": fraction, "seconds_left": seconds_left})

    def line(self, text: str) -> None:
        """What a tool said."""
        if self.throttle.passes("line"):
            self.emit({"kind": "log", "line": text[:500]})

    def trainings(self, p: TrainingProgress) -> None:
        """Networks that are trained."""
        self.phase("train", p.done / p.trainings)

    def rows(self, p: Progress) -> None:
        """Rows, rate and failures."""
        if self.throttle.passes("rows", finished=p.rows == p.rows_in_all):
            self.phase("simulate", p.rows / p.rows_in_all, p.seconds_left)
            said = (
                f"{p.rows} of {p.rows_in_all} rows, {p.rows_per_minute:.0f} a minute, {p.failures} failed ({p.family})"
            )
            self.emit({"kind": "log", "line": said})
