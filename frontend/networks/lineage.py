"""Where a version comes from and what was made of it: from the network that was brought or trained to those pruned from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from backend.jobs.models import Job
from backend.workspace.models import NetworkVersion
from frontend.pruning.results import KINDS, Outcome, outcome

_MOST: Final = 500
"""Versions of a project that are looked at, the newest ones."""

_DEEPEST: Final = 4


@dataclass(frozen=True)
class Member:
    """One version in a line.

    Attributes:
        depth: 0 of the oldest; generations beyond the fourth stand as deep as the fourth.
        made: the session that made it; None where another job did, or somebody brought it.
        now: it is the one that is looked at.
    """

    version: NetworkVersion
    depth: int
    made: Outcome | None
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
    jobs = Job.objects.filter(pk__in=[row.made_by for row, _ in line if row.made_by], kind__in=KINDS).defer("order")
    made = {job.pk: outcome(job) for job in jobs}
    return [Member(row, min(depth, _DEEPEST), made.get(row.made_by), row.pk == version.pk) for row, depth in line]


def _line(
    root: NetworkVersion, children: Mapping[str | None, list[NetworkVersion]]
) -> list[tuple[NetworkVersion, int]]:
    found, left = [], [(root, 0)]
    while left:
        row, depth = left.pop()
        found.append((row, depth))
        left += [(child, depth + 1) for child in reversed(children.get(row.pk, []))]
    return found
