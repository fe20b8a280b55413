"""Runs: several networks on several accelerators, submitted in one go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction
from django.db.models import Count

from backend.accounts.caller import Caller
from backend.jobs.actions import cancel_job
from backend.jobs.models import LIVE, Job, Run
from backend.jobs.orders import OrderError, Wish
from backend.jobs.submit import Label, submit_all
from backend.workspace.activity import note
from backend.workspace.models import Project
from contracts.job import JobKind, JobState

MOST_JOBS: Final = 1000
CAMPAIGN_JOBS: Final = 20
"""A run of more jobs than this lets others' single jobs go ahead."""


@dataclass(frozen=True)
class RunWish:
    """What a run is made of: every network on every accelerator, with the same data and options."""

    name: str
    kind: JobKind
    networks: Sequence[str]
    accelerators: Sequence[str | Mapping[str, Any]]
    calibration: str | None
    inputs: str | None
    options: Mapping[str, Any]
    fresh: bool = False

    def wishes(self) -> list[Wish]:
        """One per job, network by network."""
        return [
            Wish(self.kind, accelerator, network, self.calibration, self.inputs, self.options)
            for network in self.networks
            for accelerator in self.accelerators
        ]


def submit_run(caller: Caller, project: Project, wish: RunWish) -> Run:
    """Queue all jobs of a run, or none.

    Raises:
        OrderError: it is too large, or a job refers to something that is not there.
        QuotaError: too many jobs of the user would wait.
    """
    wishes = wish.wishes()
    if not 1 <= len(wishes) <= MOST_JOBS:
        detail = f"{len(wish.networks)} networks on {len(wish.accelerators)} accelerators are {len(wishes)} jobs"
        raise OrderError("networks", len(wish.networks), detail, f"1 to {MOST_JOBS} jobs in a run")
    with transaction.atomic():
        run = Run.objects.create(project=project, name=wish.name, created_by=caller.user)
        label = Label(name=wish.name, run=run, campaign=len(wishes) > CAMPAIGN_JOBS, fresh=wish.fresh)
        submit_all(project, caller.user, wishes, label)
        note(caller, "run.submit", run.pk, project, jobs=len(wishes))
    return run


def cancel_run(caller: Caller, run: Run) -> int:
    """Cancel what of a run is not over; how many jobs that were."""
    ids = list(Job.objects.filter(run=run, state__in=LIVE).values_list("pk", flat=True))
    return sum(cancel_job(caller, job) for job in ids)


def states_of(runs: Sequence[Run]) -> dict[str, dict[str, int]]:
    """How many jobs are in each state, by run; in one query."""
    found = {run.pk: dict.fromkeys((state.value for state in JobState), 0) for run in runs}
    rows = Job.objects.filter(run__in=list(found)).values_list("run_id", "state").annotate(count=Count("id"))
    for run, state, count in rows:
        found[str(run)][state] = count
    return found
