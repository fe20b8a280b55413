"""Campaigns: submitted, paused, resumed, extended. Rows stay with the service, so whatever goes on repeats none."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction
from django.db.models import Max

from backend.accounts.caller import Caller
from backend.accounts.refusals import ConflictError
from backend.clients.current import hardware_service
from backend.clients.service import ServiceDownError, ServiceRefusedError
from backend.jobs import attempts
from backend.jobs.models import Campaign, Job
from backend.jobs.orders import OrderError, Wish, with_own_accelerators
from backend.jobs.submit import Label, again, submit
from backend.jobs.visible import campaign_for
from backend.workspace.activity import note
from backend.workspace.models import Project, Role
from contracts.campaign import grown, networks_of, parts_of, rows_of
from contracts.job import CampaignState, JobKind, JobState

MOST_NETWORKS: Final = 200_000
"""What the service takes in one definition."""
SIMULATE: Final = "simulate"
"""The phase in which rows are made, and fractions are shares of them."""
_AFTER_ROWS: Final = ("train", "export")


_WHERE_PAUSED: Final = {
    JobState.CANCELLING.value: CampaignState.PAUSING,
    JobState.CANCELLED.value: CampaignState.PAUSED,
}


@dataclass(frozen=True)
class Standing:
    """A campaign as it is.

    Attributes:
        job: its newest.
    """

    campaign: Campaign
    job: Job

    @property
    def state(self) -> CampaignState:
        """See `CampaignState`."""
        state = CampaignState(self.job.state)
        return _WHERE_PAUSED.get(self.job.state, state) if self.campaign.paused else state

    @property
    def definition(self) -> Mapping[str, Any]:
        """What its newest job was to do."""
        found: Mapping[str, Any] = self.job.options["definition"]
        return found

    @property
    def networks(self) -> int:
        """That it draws."""
        return networks_of(self.definition)

    @property
    def rows_in_all(self) -> int:
        """When it is complete."""
        return rows_of(self.definition)

    @property
    def rows(self) -> int | None:
        """Rows that are there, as far as the job says; networks that are equal count once in the tables, and twice before."""
        if self.job.result is not None:
            return int(self.job.result["rows"])
        if self.job.phase in _AFTER_ROWS:
            return self.rows_in_all
        if self.job.phase == SIMULATE and self.job.fraction is not None:
            return round(self.job.fraction * self.rows_in_all)
        return None

    @property
    def failures(self) -> int | None:
        """Rows that hold a reason instead of figures; known when it is complete."""
        return None if self.job.result is None else int(self.job.result["failures"])

    @property
    def rows_per_minute(self) -> float | None:
        """As the time that is left says."""
        left_s, rows = self.job.seconds_left, self.rows
        if self.job.phase != SIMULATE or not left_s or rows is None:
            return None
        return (self.rows_in_all - rows) / left_s * 60


def standing(campaign: Campaign) -> Standing:
    """A campaign with its newest job."""
    return Standing(campaign, campaign.jobs.select_related("user").latest("id"))


def standings(campaigns: Iterable[Campaign]) -> list[Standing]:
    """Several, in two queries; ids sort by the time of creation."""
    rows = list(campaigns)
    found = Job.objects.filter(of_campaign__in=rows).values("of_campaign").annotate(newest=Max("id"))
    newest = {job.of_campaign_id: job for job in Job.objects.in_bulk([row["newest"] for row in found]).values()}
    return [Standing(row, newest[row.pk]) for row in rows]


def estimate(project: Project, definition: Mapping[str, Any]) -> Mapping[str, Any]:
    """Rows and minutes of a definition, in all and by part, as the hardware service estimates them.

    Raises:
        OrderError: the definition is wrong.
        ServiceDownError: the service cannot be asked.
    """
    try:
        return hardware_service().estimate_campaign(with_own_accelerators(project, definition))
    except ServiceRefusedError as error:
        raise _wrong(definition, error) from error


def check_definition(project: Project, definition: Mapping[str, Any]) -> None:
    """Refuse a wrong definition at once where the service can be asked; where it is away, it will be when its turn comes.

    Raises:
        OrderError: the definition is wrong.
    """
    try:
        hardware_service().campaign_rows(with_own_accelerators(project, definition))
    except ServiceRefusedError as error:
        raise _wrong(definition, error) from error
    except ServiceDownError:
        return


def submit_campaign(caller: Caller, project: Project, name: str, options: Mapping[str, Any]) -> Standing:
    """Queue a campaign whose definition was checked.

    Args:
        name: the definition's own where it is empty.
        options: `definition`, and `simulator` where it should be another than the RTL's.

    Raises:
        QuotaError: too many jobs of the user wait.
    """
    with transaction.atomic():
        job = submit(project, caller.user, Wish(JobKind.CAMPAIGN, None, options=options), Label(name=name))
        assert job.of_campaign is not None
        note(caller, "campaign.submit", job.of_campaign.pk, project)
    return Standing(job.of_campaign, job)


def pause(caller: Caller, campaign_id: str) -> Standing:
    """Stop a campaign to go on later: what is being simulated is dropped, every row that is there is kept.

    Raises:
        NotVisibleError, RoleError.
        ConflictError: it neither waits nor runs.
    """
    return _stop(caller, campaign_id, "pause", paused=True)


def cancel_campaign(caller: Caller, campaign_id: str) -> Standing:
    """End a campaign, also one that is paused; its rows stay with the service, and `resume` still goes on from them.

    Raises:
        NotVisibleError, RoleError.
        ConflictError: it is over.
    """
    return _stop(caller, campaign_id, "cancel", paused=False)


def _stop(caller: Caller, campaign_id: str, verb: str, *, paused: bool) -> Standing:
    found = standing(campaign_for(caller, campaign_id, Role.EDITOR))
    who = caller.user.name or caller.user.email
    with transaction.atomic():
        stopped = attempts.cancel(found.job, f"{'paused' if paused else 'cancelled'} by {who}")
        if not stopped and (paused or not found.campaign.paused):
            fix = "extend it" if found.job.state == JobState.COMPLETED.value else "resume it first"
            raise ConflictError(f"the campaign is {found.state.value}", fix)
        Campaign.objects.filter(pk=campaign_id).update(paused=paused)
        note(caller, f"campaign.{verb}", campaign_id, found.campaign.project)
    return standing(campaign_for(caller, campaign_id))


def resume(caller: Caller, campaign_id: str) -> Standing:
    """Go on with what was paused, cancelled or failed: a new job, which makes what is missing.

    Raises:
        NotVisibleError, RoleError, QuotaError.
        ConflictError: it is not over, or complete.
    """
    found = standing(campaign_for(caller, campaign_id, Role.EDITOR))
    if not found.job.done or found.job.state == JobState.COMPLETED.value:
        fix = "extend it" if found.job.done else "wait until it has stopped"
        raise ConflictError(f"the campaign is {found.state.value}", fix)
    with transaction.atomic():
        again(found.job, caller.user)
        note(caller, "campaign.resume", campaign_id, found.campaign.project)
    return standing(campaign_for(caller, campaign_id))


def extend(caller: Caller, campaign_id: str, networks: int) -> Standing:
    """More of the same: its parts grow in proportion until there are at least so many networks.

    Raises:
        NotVisibleError, RoleError, QuotaError.
        OrderError: it has as many networks already, or would have too many.
        ConflictError: it is not over, or its definition was never right.
    """
    found = standing(campaign_for(caller, campaign_id, Role.EDITOR))
    counts = [part.get("count") for part in parts_of(found.definition)]
    if not counts or not all(type(count) is int and count > 0 for count in counts):
        raise ConflictError("the campaign's definition has parts without a count", "submit it anew")
    if not found.job.done:
        raise ConflictError(f"the campaign is {found.state.value}", "pause it first, or wait until it is over")
    if not found.networks < networks <= MOST_NETWORKS:
        detail = f"the campaign has {found.networks} networks, so it cannot be extended to {networks}"
        raise OrderError("networks", networks, detail, f"a whole number from {found.networks + 1} to {MOST_NETWORKS}")
    options = {**found.job.options, "definition": grown_definition(found.definition, networks)}
    label = Label(found.campaign.name, of_campaign=found.campaign, retry_of=found.job)
    with transaction.atomic():
        submit(found.campaign.project, caller.user, Wish(JobKind.CAMPAIGN, None, options=options), label)
        Campaign.objects.filter(pk=campaign_id).update(paused=False)
        note(caller, "campaign.extend", campaign_id, found.campaign.project, networks=networks)
    return standing(campaign_for(caller, campaign_id))


def grown_definition(definition: Mapping[str, Any], networks: int) -> dict[str, Any]:
    """A definition that the service took, with greater counts."""
    parts = parts_of(definition)
    counts = grown([part["count"] for part in parts], networks)
    name = "parts" if definition.get("parts") else "part"
    more = [{**part, "count": count} for part, count in zip(parts, counts, strict=True)]
    return {**definition, name: more}


def _wrong(definition: Mapping[str, Any], error: ServiceRefusedError) -> OrderError:
    detail, _, fix = str(error).partition("; ")
    return OrderError("definition", definition.get("name"), detail, fix)
