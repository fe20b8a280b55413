"""Networks that jobs made: each becomes a version of a network of the project, with the job that made it and what it was made from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import F

from backend.jobs.models import Job, JobArtifact
from backend.workspace.models import Network, NetworkVersion
from contracts.job import JobKind

NETWORK: Final = "network"
"""What a trained network is called among its job's files."""
_HOW: Final[Mapping[str, str]] = {JobKind.TRAIN.value: "trained", JobKind.PRUNE.value: "pruned"}


@dataclass(frozen=True)
class Made:
    """A network that a job made: its file, and what the gate found in it."""

    artifact: str
    facts: Mapping[str, Any]


def network_among(job: Job, files: list[JobArtifact]) -> str | None:
    """The digest of the network that a job made; None where it made none."""
    return next((file.artifact_id for file in files if job.kind in _HOW and file.name == NETWORK), None)


def add_version(job: Job, made: Made) -> NetworkVersion:
    """The next version of the network that the job's order names; in a transaction."""
    network, _ = Network.objects.get_or_create(
        project_id=job.project_id, name=job.order["network_name"], defaults={"created_by_id": job.user_id}
    )
    Network.objects.filter(pk=network.pk).update(latest=F("latest") + 1, version=F("version") + 1)
    network.refresh_from_db()
    return NetworkVersion.objects.create(
        network=network,
        number=network.latest,
        artifact_id=made.artifact,
        parent=_parent(job),
        how=_HOW[job.kind],
        made_by=job.pk,
        note=job.name,
        facts=dict(made.facts),
        created_by_id=job.user_id,
    )


def _parent(job: Job) -> NetworkVersion | None:
    named: str | None = job.order["dense"]
    if named is not None and named.startswith("ver_"):
        return NetworkVersion.objects.filter(pk=named).first()
    return version_of(named)


def version_of(job_id: str | None) -> NetworkVersion | None:
    """The version that a job made; None where it made none, or it is gone."""
    return NetworkVersion.objects.filter(made_by=job_id).order_by("-id").first() if job_id else None
