"""From a wish to a queued job."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.db import transaction

from backend.accounts.models import User
from backend.jobs import doorbell
from backend.jobs.changes import create
from backend.jobs.models import LIVE, Campaign, Job, Run
from backend.jobs.orders import SESSIONS, Order, OrderError, Wish, order
from backend.workspace.models import Artifact, Project
from contracts.errors import InputError
from contracts.job import JobKind, JobState

FORMER: Final = "former"
"""Which field of an attempt names the jobs that it goes on with."""
_FORMER_MOST: Final = 50


class QuotaError(InputError):
    """More than the installation allows to one user or project."""


@dataclass(frozen=True)
class Label:
    """What a job is called and belongs to.

    Attributes:
        fresh: it is carried out even where the same was done before.
        of_campaign: what a job of kind `campaign` goes on with; a new one where absent.
    """

    name: str = ""
    run: Run | None = None
    campaign: bool = False
    fresh: bool = False
    retry_of: Job | None = None
    of_campaign: Campaign | None = None


def submit(project: Project, user: User, wish: Wish, label: Label | None = None) -> Job:
    """Queue a job.

    Raises:
        OrderError: the wish refers to something that is not there, or is not valid.
        QuotaError: too many jobs of the user wait.
    """
    return submit_all(project, user, [wish], label)[0]


def submit_all(project: Project, user: User, wishes: Sequence[Wish], label: Label | None = None) -> list[Job]:
    """Queue several jobs, or none.

    Raises:
        OrderError, QuotaError: as `submit`.
    """
    with transaction.atomic():
        check_quota(user, len(wishes))
        jobs = [create(_job(project, user, order(project, wish), label or Label())) for wish in wishes]
        transaction.on_commit(doorbell.ring_dispatch)
    return jobs


def check_quota(user: User, more: int) -> None:
    """Refuse what exceeds the user's share of the queue.

    Raises:
        QuotaError: too many wait.
    """
    most = settings.ENVIRONMENT.queued_per_user if user.queued_max is None else user.queued_max
    waiting = Job.objects.filter(user=user, state__in=LIVE).count()
    if waiting + more > most:
        raise QuotaError(
            f"{waiting} of your jobs wait or run; with {more} more they exceed {most}: wait or cancel some"
        )


def again(job: Job, user: User) -> Job:
    """Queue a new job with the order of one that is over.

    Raises:
        OrderError: its data was deleted, and its file with it.
        QuotaError: too many jobs of the user wait.
    """
    with transaction.atomic():
        check_quota(user, 1)
        wanted = {file["digest"] for file in job.order["files"]}
        if wanted - set(Artifact.objects.filter(pk__in=wanted).values_list("pk", flat=True)):
            raise OrderError("job", job.pk, "a file that it needs was deleted", "upload it, and submit a new job")
        copied = {
            name: getattr(job, name)
            for name in ("kind", "name", "network", "network_name", "accelerator_name", "order", "options", "campaign")
        }
        copied["order"] = {**job.order, "body": _body_again(job), "fresh": True}
        same = {"project_id": job.project_id, "run_id": job.run_id, "of_campaign_id": job.of_campaign_id}
        new = create(Job(user=user, retry_of=job, **same, **copied))
        Campaign.objects.filter(pk=job.of_campaign_id).update(paused=False)
        transaction.on_commit(doorbell.ring_dispatch)
    return new


def _body_again(job: Job) -> Mapping[str, Any]:
    """What the service is asked for: where a session ended early, the new one goes on with it."""
    body: dict[str, Any] = dict(job.order["body"])
    former = body.pop(FORMER, [])
    if body["kind"] not in SESSIONS or job.state == JobState.COMPLETED.value:
        return body
    return {**body, FORMER: [job.pk, *former][:_FORMER_MOST]}


def _campaign(project: Project, user: User, found: Order, label: Label) -> Campaign | None:
    """The campaign that a job belongs to; jobs of other kinds belong to none."""
    if found.body["kind"] != JobKind.CAMPAIGN.value or label.of_campaign is not None:
        return label.of_campaign
    name = label.name or str(found.body["options"]["definition"].get("name", ""))
    return Campaign.objects.create(project=project, name=name[:100] or "Campaign", created_by=user)


def _job(project: Project, user: User, found: Order, label: Label) -> Job:
    version, campaign = found.network, _campaign(project, user, found, label)
    return Job(
        project=project,
        user=user,
        run=label.run,
        retry_of=label.retry_of,
        campaign=label.campaign or campaign is not None or found.body["kind"] == JobKind.PARETO.value,
        of_campaign=campaign,
        kind=found.body["kind"],
        name=label.name or (campaign.name if campaign else ""),
        network=version,
        network_name=f"{version.network.name} v{version.number}" if version else found.network_name,
        accelerator_name=found.accelerator.name if found.accelerator else "",
        order={**found.to_mapping(), "fresh": label.fresh},
        options=dict(found.body["options"]),
    )
