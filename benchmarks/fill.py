"""Fills a workspace's database with finished jobs: `python -m benchmarks.fill JOBS`; prints a token and a project."""

import os
import random
import sys
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import Final

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.config.settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.utils import timezone  # noqa: E402

from backend.accounts.models import Scope, User  # noqa: E402
from backend.accounts.tokens import issue  # noqa: E402
from backend.ids import first_id  # noqa: E402
from backend.jobs.models import Job, Run  # noqa: E402
from backend.workspace.models import Membership, Project, Role  # noqa: E402
from contracts.accelerator import PRESETS  # noqa: E402

_STATES: Final = ("completed",) * 90 + ("failed",) * 6 + ("cancelled",) * 4
_SHARES: Final = (60, 20, 10, 9, 1)
"""Percent of all jobs in each project; of the last, the caller is no member."""


def fill(jobs: int) -> tuple[str, str]:
    """A user's token and the id of the largest of the user's projects."""
    call_command("migrate", verbosity=0)
    user, other = (User.objects.create_user(f"{name}@example.org") for name in ("reader", "other"))
    projects = [Project.objects.create(name=f"Project {number}") for number in range(len(_SHARES))]
    for project in projects:
        mine = user if project is not projects[-1] else other
        Membership.objects.create(project=project, user=mine, role=Role.EDITOR)
    runs = [Run.objects.create(project=project, name="night", created_by=user) for project in projects]
    rows = _rows(jobs, user, runs)
    while batch := list(islice(rows, 2000)):
        Job.objects.bulk_create(batch)
    _, text = issue(user, "benchmark", list(Scope))
    return text, str(projects[0].pk)


def _rows(jobs: int, user: User, runs: list[Run]) -> Iterator[Job]:
    dice = random.Random(1)
    begin = timezone.now() - timedelta(days=400)
    order = {"files": [], "body": {"kind": "simulate", "options": {"accelerator": {}, "network": "0" * 64}}}
    figures = {"cycles": 81_234.0, "latency_ms": 0.81, "energy_mj": 0.05, "utilisation": 0.61, "bit_exact": True}
    for number in range(jobs):
        (run,) = dice.choices(runs, _SHARES)
        created = begin + timedelta(minutes=5 * number)
        yield Job(
            id=f"{first_id('job', created.timestamp())[:-8]}{number:08d}",
            project_id=run.project_id,
            user=user,
            run=run if number % 3 == 0 else None,
            kind=dice.choice(("simulate", "simulate", "compile")),
            name=f"pruned {number}",
            network_name="resnet8 v1",
            accelerator_name=dice.choice(list(PRESETS)),
            order=order,
            options={"count": 1},
            state=dice.choice(_STATES),
            created=created,
            started=created,
            ended=created + timedelta(seconds=dice.uniform(2, 60)),
            figures=figures,
            result={"report": figures | {"origins": dict.fromkeys(figures, "measured on RTL")}},
            last_event=20,
        )


if __name__ == "__main__":
    print(*fill(int(sys.argv[1])))
