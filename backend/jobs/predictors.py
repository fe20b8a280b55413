"""Predictors: what completed `fit_predictor` jobs made. Each is known by its job's id, and answers as long as its files are kept."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache, partial
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet

from backend.accounts.caller import Caller
from backend.clients.current import hardware_service, learning_service
from backend.jobs.attempts import fence_of
from backend.jobs.changes import artifacts_of, change
from backend.jobs.documents import plain
from backend.jobs.models import Campaign, Job, JobArtifact
from backend.jobs.orders import network_query
from backend.workspace.access import NotVisibleError, row_for
from backend.workspace.activity import note
from backend.workspace.models import NetworkVersion, Project, Role
from backend.workspace.store import the_store
from backend.workspace.structure import structure_of
from contracts.accelerator import Accelerator
from contracts.dataset import NETWORKS
from contracts.energy import default_table_name
from contracts.job import JobKind, JobState

NAME: Final = "predictor"
EVALUATION: Final = "evaluation"
_CARD: Final = (
    "kind", "target", "data_digest", "rows", "accelerators", "families", "split", "scores", "seed",
)  # fmt: skip
_FIGURES: Final[Mapping[str, str]] = {"latency": "latency_ms", "energy": "energy_mj", "throughput": "throughput_fps"}
"""What a simulation calls each target; accuracy is not simulated."""
_KEPT: Final = 32
MEASURED: Final = "measured on RTL"
MODELLED: Final = "modelled from counters of the RTL"


def predictors_of(project: Project) -> QuerySet[Job]:
    """A project's predictors, as their jobs."""
    return _made().filter(project=project)


def _made() -> QuerySet[Job]:
    return Job.objects.filter(
        kind=JobKind.FIT_PREDICTOR.value, state=JobState.COMPLETED.value, artifacts__name=NAME
    ).defer("order")


def predictor_for(caller: Caller, predictor_id: str, needed: Role = Role.VIEWER) -> Job:
    """A predictor, for somebody who may do what the role allows.

    Raises:
        NotVisibleError, RoleError.
    """
    return row_for(caller.user, _made(), predictor_id, needed, "predictor")


def versions_in(project_id: str) -> dict[str, int]:
    """By job: the how many-th of its name it is in the project, from 1; deleted ones count."""
    done = Job.objects.filter(
        project=project_id, kind=JobKind.FIT_PREDICTOR.value, state=JobState.COMPLETED.value
    ).order_by("ended", "id")
    count: dict[str, int] = {}
    found = {}
    for job, name in done.values_list("pk", "options__name"):
        found[job] = count[name] = count.get(name, 0) + 1
    return found


def predictor_document(job: Job, versions: Mapping[str, int]) -> dict[str, Any]:
    """A predictor as the API shows it; its scores are of networks that it was not fitted to."""
    card = (job.result or {})["predictor"]
    return {
        "id": job.pk,
        "project": job.project_id,
        "name": card["name"],
        "version": versions[job.pk],
        **{name: card[name] for name in _CARD},
        "created": plain(job.ended),
        "created_by": job.user_id,
        "job": job.pk,
        "url": f"/api/v1/predictors/{job.pk}",
        "file_url": f"/api/v1/jobs/{job.pk}/artifacts/{NAME}",
    }


def campaign_of(job: Job) -> Campaign | None:
    """The campaign whose rows a predictor was fitted to; None where it was deleted."""
    tables = JobArtifact.objects.filter(job__project_id=job.project_id, name=NETWORKS)
    found = tables.filter(artifact_id=job.options[NETWORKS]).select_related("job__of_campaign").order_by("-id").first()
    return found.job.of_campaign if found else None


def evaluation_digest(job: Job) -> str:
    """The digest of a predictor's evaluation.

    Raises:
        NotVisibleError: it was fitted before predictors were evaluated.
    """
    found = job.artifacts.filter(name=EVALUATION).values_list("artifact_id", flat=True).first()
    if found is None:
        raise NotVisibleError("evaluation", job.pk)
    return found


def evaluation_at(digest: str) -> Mapping[str, Any]:
    """An evaluation as JSON carries it (docs/predictors.md); not to be changed."""
    return _read(str(the_store().address), digest)


@lru_cache(maxsize=_KEPT)
def _read(store: str, digest: str) -> Mapping[str, Any]:
    del store  # tells installations apart
    found: Mapping[str, Any] = json.loads(b"".join(the_store().read(digest)))
    return found


def delete_predictor(caller: Caller, predictor_id: str) -> None:
    """Delete a predictor's files; its job stays as the record of what was done.

    Raises:
        NotVisibleError, RoleError.
    """
    job = predictor_for(caller, predictor_id, Role.EDITOR)
    with transaction.atomic():
        JobArtifact.objects.filter(job=job).delete()
        change(fence_of(job, (JobState.COMPLETED,)), {}, artifacts=artifacts_of(job))
        note(caller, "predictor.delete", job.pk, job.project_id, name=job.options["name"])


@dataclass(frozen=True)
class Question:
    """A network on an accelerator.

    Attributes:
        version: of a network; None where the structure itself was given.
        structure: of a network that the project need not have.
    """

    accelerator: Accelerator
    version: NetworkVersion | None = None
    structure: Mapping[str, Any] | None = None

    def to_mapping(self) -> dict[str, Any]:
        """As the learning service is asked.

        Raises:
            InputError: structures cannot say what the version does.
        """
        structure = structure_of(_read_again(self.version)) if self.version is not None else self.structure
        return {"structure": structure, "accelerator": asdict(self.accelerator)}


def _read_again(version: NetworkVersion) -> NetworkVersion:
    """With the structure, which the service reads now where it was uploaded before structures were read.

    Raises:
        ServiceDownError, ServiceRefusedError.
    """
    if "structure" not in version.facts:
        digest = version.artifact_id
        query = network_query(digest, version.dims)
        found = hardware_service().ensure("networks", digest, partial(the_store().read, digest), query)
        version.facts = {**version.facts, **found}
        version.save(update_fields=["facts"])
    return version


def ask(
    predictor: Job, questions: Sequence[Question], target: str | None = None, inputs: bool = False
) -> dict[str, Any]:
    """Predictions in the order of the questions, each beside the closed form's and, where there is one, the RTL's.

    Args:
        predictor: the job that made it.
        questions: networks on accelerators.
        target: what it was fitted to, where absent; `throughput` of a predictor of latency.
        inputs: hand out what the predictor's ONNX file is to be asked with.

    Raises:
        InputError: a network that structures cannot say.
        ServiceRefusedError: the predictor foretells no such target, or a structure is none.
        ServiceDownError: the learning service is away.
    """
    service, digest = learning_service(), predictor.artifacts.get(name=NAME).artifact_id
    body = {"queries": [question.to_mapping() for question in questions], "target": target, "inputs": inputs}
    service.ensure("predictor-files", digest, partial(the_store().read, digest), {"name": "predictor.zip"})
    said = service.predict(digest, body)
    items = [
        {**item, **_about(question), "measured": _measured(question, said["target"])}
        for question, item in zip(questions, said["items"], strict=True)
    ]
    return {
        "predictor": predictor.pk,
        **{name: said[name] for name in ("target", "unit", "origin", "microseconds")},
        "items": items,
    }


def _about(question: Question) -> dict[str, Any]:
    version = question.version.pk if question.version is not None else None
    return {"version": version, "accelerator": question.accelerator.name}


def _measured(question: Question, target: str) -> dict[str, Any] | None:
    """The newest simulation of the same on the same accelerator, priced by its board's energy table."""
    if question.version is None or target not in _FIGURES:
        return None
    done = Job.objects.filter(
        network=question.version, kind=JobKind.SIMULATE.value, state=JobState.COMPLETED.value
    ).order_by("-id")
    tables, wanted = (None, default_table_name(question.accelerator)), asdict(question.accelerator)
    for job in done.only("figures", "options")[:_KEPT]:
        value, same = job.figures.get(_FIGURES[target]), job.options.get("accelerator") == wanted
        real = job.options.get("simulator", "rtl") == "rtl" and job.options.get("energy_table") in tables
        if value is not None and same and real:
            return {"value": value, "job": job.pk, "origin": MODELLED if target == "energy" else MEASURED}
    return None
