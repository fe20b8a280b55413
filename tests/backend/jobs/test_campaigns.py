"""Campaigns of a project: what becomes of them when they are paused, resumed, extended and retried."""

from collections.abc import Iterator
from typing import Any

import pytest

from backend.accounts.caller import Caller
from backend.accounts.models import User
from backend.accounts.refusals import ConflictError
from backend.clients import current
from backend.clients.service import ServiceDownError, ServiceRefusedError
from backend.jobs import attempts
from backend.jobs.actions import retry_job
from backend.jobs.campaigns import (
    cancel_campaign,
    check_definition,
    extend,
    pause,
    resume,
    standing,
    standings,
    submit_campaign,
)
from backend.jobs.changes import Fence, change
from backend.jobs.models import Campaign
from backend.jobs.orders import OrderError
from backend.workspace.access import RoleError
from backend.workspace.models import Accelerator, Project
from contracts.job import JobState
from tests.backend.api.roles import DEFINITION
from tests.backend.api.world import Hardware

pytestmark = pytest.mark.django_db
OPTIONS: dict[str, Any] = {"definition": DEFINITION}


@pytest.fixture(autouse=True)
def _hardware(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(current, "ServiceClient", Hardware)
    current.hardware_service.cache_clear()
    yield
    current.hardware_service.cache_clear()


@pytest.fixture
def caller(editor: User) -> Caller:
    return Caller.of_session(editor)


@pytest.fixture
def campaign(project: Project, caller: Caller) -> str:
    return submit_campaign(caller, project, "", OPTIONS).campaign.pk


def found(campaign: str) -> Any:
    return standing(Campaign.objects.get(pk=campaign))


def ended(campaign: str, state: JobState, **columns: Any) -> None:
    """As if the service had carried out its newest job."""
    job = found(campaign).job
    change(Fence(job.pk, job.attempt, (JobState(job.state),)), {"state": state.value, **columns})


def test_a_campaign_is_called_as_its_definition_and_lets_single_jobs_go_ahead(campaign: str) -> None:
    now = found(campaign)
    assert (now.state, now.campaign.name, now.job.name, now.job.campaign) == ("queued", "ours", "ours", True)
    assert (now.networks, now.rows_in_all, now.rows, now.failures) == (4, 4, None, None)


def test_progress_is_told_in_rows(campaign: str) -> None:
    ended(campaign, JobState.RUNNING, phase="simulate", fraction=0.25, seconds_left=90.0)
    now = found(campaign)
    assert (now.state, now.rows, now.rows_per_minute) == ("running", 1, 2.0)
    ended(campaign, JobState.COMPLETED, result={"rows": 4, "failures": 1}, phase=None)
    now = found(campaign)
    assert (now.rows, now.failures, now.rows_per_minute) == (4, 1, None)


def test_a_paused_campaign_goes_on_in_a_job_with_the_same_definition(campaign: str, caller: Caller) -> None:
    assert pause(caller, campaign).state == "paused"
    first = found(campaign).job
    now = resume(caller, campaign)
    assert (now.state, now.job.retry_of_id, now.definition) == ("queued", first.pk, DEFINITION)
    assert [one.job.pk for one in standings(Campaign.objects.all())] == [now.job.pk]


def test_what_runs_is_pausing_until_its_processes_are_gone(campaign: str, caller: Caller) -> None:
    ended(campaign, JobState.RUNNING)
    assert pause(caller, campaign).state == "pausing"
    with pytest.raises(ConflictError, match="pausing"):
        resume(caller, campaign)
    attempts.end_cancelled(found(campaign).job)
    assert found(campaign).state == "paused"


def test_a_paused_campaign_is_cancelled_for_good_and_goes_on_all_the_same(campaign: str, caller: Caller) -> None:
    pause(caller, campaign)
    assert cancel_campaign(caller, campaign).state == "cancelled"
    with pytest.raises(ConflictError, match="cancelled"):
        cancel_campaign(caller, campaign)
    assert resume(caller, campaign).state == "queued"


def test_a_finished_campaign_is_extended_in_proportion(campaign: str, caller: Caller) -> None:
    ended(campaign, JobState.COMPLETED, result={"rows": 4, "failures": 0})
    with pytest.raises(ConflictError, match="completed"):
        resume(caller, campaign)
    now = extend(caller, campaign, 10)
    assert (now.state, now.networks, now.definition["part"][0]["count"]) == ("queued", 10, 10)
    assert now.definition["name"] == DEFINITION["name"]
    with pytest.raises(ConflictError, match="queued"):
        extend(caller, campaign, 20)


@pytest.mark.parametrize("networks", [1, 4, 10**6])
def test_a_campaign_is_not_extended_to_what_it_has_or_cannot_have(campaign: str, caller: Caller, networks: int) -> None:
    pause(caller, campaign)
    with pytest.raises(OrderError, match=f"has 4 networks, so it cannot be extended to {networks}"):
        extend(caller, campaign, networks)


def test_a_retry_belongs_to_the_campaign_too(campaign: str, caller: Caller) -> None:
    pause(caller, campaign)
    new = retry_job(caller, found(campaign).job.pk)
    assert (found(campaign).job.pk, found(campaign).state) == (new.pk, "queued")


def test_own_accelerators_go_to_the_service_with_their_fields(
    project: Project, caller: Caller, accelerator: Accelerator
) -> None:
    for named in (accelerator.pk, accelerator.name):
        definition = {**DEFINITION, "accelerators": ["pynq-8x32", named]}
        made = submit_campaign(caller, project, "", {"definition": definition})
        assert made.definition["accelerators"][0] == "pynq-8x32"
        assert made.definition["accelerators"][1]["rows"] == accelerator.description.rows


def test_a_wrong_definition_is_refused_at_once_where_the_service_can_be_asked(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise ServiceRefusedError("part 1: count is 0; it must be from 1 to 10000000", 422)

    monkeypatch.setattr(Hardware, "campaign_rows", refuse)
    with pytest.raises(OrderError, match="count is 0") as caught:
        check_definition(project, DEFINITION)
    assert (caught.value.field, caught.value.fix) == ("definition", "it must be from 1 to 10000000")


def test_a_campaign_waits_for_a_service_that_is_away(
    project: Project, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise ServiceDownError("the hardware service cannot be reached")

    monkeypatch.setattr(Hardware, "campaign_rows", away)
    check_definition(project, DEFINITION)
    assert submit_campaign(caller, project, "", OPTIONS).state == "queued"


def test_a_campaign_whose_definition_was_never_right_cannot_be_extended(project: Project, caller: Caller) -> None:
    for wrong in ({"name": "nothing"}, {"part": [{"count": "many"}]}, {"part": [{"count": 0}]}):
        made = submit_campaign(caller, project, "", {"definition": wrong}).campaign.pk
        pause(caller, made)
        with pytest.raises(ConflictError, match="without a count"):
            extend(caller, made, 9)


def test_whoever_may_only_look_changes_nothing(campaign: str, viewer: User) -> None:
    for do in (pause, cancel_campaign, resume):
        with pytest.raises(RoleError):
            do(Caller.of_session(viewer), campaign)
    assert found(campaign).state == "queued"
