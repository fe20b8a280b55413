"""Networks that jobs made: each becomes a version of a network of the project, with the job that made it and what it was made from."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import F

from backend.jobs.models import Job, JobArtifact
from backend.workspace.models import Network, NetworkVersion
from contracts.job import JobKind
from contracts.learning import DENSE

NETWORK: Final = "network"
"""What a trained network is called among its job's files."""
_TRAINED: Final = "trained"
_PRUNED: Final = "pruned"
_HOW: Final[Mapping[str, str]] = {JobKind.TRAIN.value: _TRAINED, JobKind.PRUNE.value: _PRUNED}
_NOTE: Final = 200


@dataclass(frozen=True)
class Candidate:
    """A network among the files of a job.

    Attributes:
        artifact: its digest.
        how: `trained` or `pruned`.
        note: what it is called beside its number.
        run: of a sweep, which run made it; else empty.
        seed: of that run.
    """

    artifact: str
    how: str
    note: str
    run: str = ""
    seed: int = 0


@dataclass(frozen=True)
class Made:
    """A network that a job made, and what the gate found in it."""

    network: Candidate
    facts: Mapping[str, Any]


def networks_among(job: Job, files: Iterable[JobArtifact], result: Mapping[str, Any] | None) -> list[Candidate]:
    """The networks that a job made, those that others come from first; none where it made none."""
    digests = {file.name: file.artifact_id for file in files}
    if job.kind == JobKind.PARETO.value:
        points = [point for point in (result or {}).get("points", ()) if point.get("file") in digests]
        found = [_of_run(job, point, digests[point["file"]]) for point in points]
        return sorted(found, key=lambda one: one.how != _TRAINED)
    if job.kind not in _HOW or NETWORK not in digests:
        return []
    return [Candidate(digests[NETWORK], _HOW[job.kind], job.name)]


def _of_run(job: Job, point: Mapping[str, Any], digest: str) -> Candidate:
    parts = (point["method"], point["budget"], f"seed {point['seed']}")
    note = ", ".join(str(part) for part in (job.name, *parts) if part)
    how = _TRAINED if point["method"] == DENSE else _PRUNED
    return Candidate(digest, how, note[:_NOTE], point["run"], point["seed"])


def add_versions(job: Job, made: Sequence[Made]) -> list[NetworkVersion]:
    """The next versions of the network that the job's order names, in the order of `made`; in a transaction.

    Those of a session come from what its order names. The pruned ones of a sweep come from its dense network of the same seed, or the first
    one that there is.
    """
    network, _ = Network.objects.get_or_create(
        project_id=job.project_id, name=job.order["network_name"], defaults={"created_by_id": job.user_id}
    )
    Network.objects.filter(pk=network.pk).update(latest=F("latest") + len(made), version=F("version") + 1)
    network.refresh_from_db()
    named = _parent(job)
    dense: dict[int, NetworkVersion] = {}
    versions = []
    for number, each in enumerate(made, network.latest - len(made) + 1):
        of_sweep = (
            dense.get(each.network.seed, next(iter(dense.values()), None)) if each.network.how == _PRUNED else None
        )
        version = NetworkVersion.objects.create(
            network=network,
            number=number,
            artifact_id=each.network.artifact,
            parent=of_sweep or named,
            how=each.network.how,
            made_by=job.pk,
            note=each.network.note,
            facts=dict(each.facts),
            created_by_id=job.user_id,
        )
        if each.network.run and each.network.how == _TRAINED:
            dense[each.network.seed] = version
        versions.append(version)
    return versions


def with_versions(
    result: Mapping[str, Any], made: Sequence[Made], versions: Sequence[NetworkVersion]
) -> dict[str, Any]:
    """A job's result that names what its networks became: `network_id` and `version`, of a sweep in each of its `points`."""
    names = {
        each.network.run: {"network_id": version.network_id, "version": version.pk}
        for each, version in zip(made, versions, strict=True)
    }
    if "" in names:
        return {**result, **names[""]}
    return {**result, "points": [{**point, **names.get(point["run"], {})} for point in result["points"]]}


def _parent(job: Job) -> NetworkVersion | None:
    named: str | None = job.order.get("dense")
    if named is not None and named.startswith("ver_"):
        return NetworkVersion.objects.filter(pk=named).first()
    return version_of(named)


def version_of(job_id: str | None) -> NetworkVersion | None:
    """The version that a session made; None where it made none, or it is gone."""
    return NetworkVersion.objects.filter(made_by=job_id).order_by("-id").first() if job_id else None
