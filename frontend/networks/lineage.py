"""Where a version comes from and what was made of it: from the network that was brought or trained to those pruned from it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.urls import reverse

from backend.jobs.models import Job
from backend.workspace.models import NetworkVersion
from contracts.job import JobKind
from frontend.pareto.runs import budget_text
from frontend.pruning.results import KINDS, outcome

_MOST: Final = 500
"""Versions of a project that are looked at, the newest ones."""

_DEEPEST: Final = 4


@dataclass(frozen=True)
class Maker:
    """The session, or the run of a sweep, that made a version.

    Attributes:
        page: that shows it.
        result: its figures.
    """

    page: str
    method: str
    seed: int
    budget: str
    result: Mapping[str, Any]


@dataclass(frozen=True)
class Member:
    """One version in a line.

    Attributes:
        depth: 0 of the oldest; generations beyond the fourth stand as deep as the fourth.
        made: None where another job made it, or somebody brought it.
        now: it is the one that is looked at.
    """

    version: NetworkVersion
    depth: int
    made: Maker | None
    now: bool


def lineage_of(version: NetworkVersion) -> list[Member]:
    """The oldest ancestor and all that was made of it, each below what it was made from; empty where the version stands alone."""
    rows = NetworkVersion.objects.filter(network__project=version.network.project_id).select_related("network")
    known = {row.pk: row for row in rows.defer("facts").order_by("-id")[:_MOST]}
    root = version
    seen = {root.pk}
    while root.parent_id in known and root.parent_id not in seen:
        root = known[root.parent_id]
        seen.add(root.pk)
    children: dict[str | None, list[NetworkVersion]] = {}
    for row in sorted(known.values(), key=lambda row: row.pk):
        children.setdefault(row.parent_id, []).append(row)
    line = _line(root, children)
    if len(line) == 1:
        return []
    made = dict(_makers(row for row, _ in line))
    return [Member(row, min(depth, _DEEPEST), made.get(row.pk), row.pk == version.pk) for row, depth in line]


def _makers(rows: Iterable[NetworkVersion]) -> Iterator[tuple[str, Maker]]:
    """By version."""
    versions: dict[str, list[str]] = {}
    for row in rows:
        versions.setdefault(row.made_by, []).append(row.pk)
    jobs = Job.objects.filter(pk__in=[*filter(None, versions)], kind__in=(*KINDS, JobKind.PARETO.value))
    for job in jobs.defer("order"):
        if job.kind == JobKind.PARETO.value:
            yield from _runs_of(job)
            continue
        one = outcome(job)
        page = reverse("pruning:session", args=[job.pk])
        maker = Maker(page, one.method, one.options["seed"], ", ".join(one.budgets_text), one.result or {})
        yield from ((version, maker) for version in versions[job.pk])


def _runs_of(sweep: Job) -> Iterator[tuple[str, Maker]]:
    page = reverse("pareto:sweep", args=[sweep.pk])
    for point in (sweep.result or {}).get("points", ()):
        if "version" in point:
            yield point["version"], Maker(page, point["method"], point["seed"], budget_text(point["budget"]), point)


def _line(
    root: NetworkVersion, children: Mapping[str | None, list[NetworkVersion]]
) -> list[tuple[NetworkVersion, int]]:
    found, left = [], [(root, 0)]
    while left:
        row, depth = left.pop()
        found.append((row, depth))
        left += [(child, depth + 1) for child in reversed(children.get(row.pk, []))]
    return found
