"""Predictors as the backend takes them: fitted to a campaign's tables, by the learning service, which has slots of its own."""

import pytest

from backend.api.problems import ProblemError
from backend.api.views_jobs import wish_of
from backend.jobs import claim
from backend.jobs.models import Job, JobArtifact
from backend.jobs.orders import OrderError, Wish, order
from backend.jobs.submit import submit
from backend.workspace.models import Project
from contracts.job import JobKind, JobState, ServiceName
from tests.backend.conftest import keep

pytestmark = pytest.mark.django_db
WANTED = {"name": "mine", "kind": "hybrid"}


@pytest.fixture
def campaign(job: Job) -> Job:
    """A campaign that is over, with its tables."""
    job.kind, job.state = JobKind.CAMPAIGN.value, JobState.COMPLETED.value
    job.save()
    for name in ("networks", "layers", "card"):
        made = {"file_name": f"{name}.parquet", "media_type": "application/octet-stream"}
        JobArtifact.objects.create(job=job, name=name, artifact=keep(name.encode()), **made)
    return job


def test_the_service_gets_the_tables_and_what_is_wanted(project: Project, campaign: Job) -> None:
    wish = wish_of({"kind": "fit_predictor", "campaign": campaign.pk, "predictor": WANTED})
    found = order(project, wish)
    tables = {file["query"]["name"]: file["digest"] for file in found.files}
    assert set(tables) == {"networks", "layers"}
    assert {file["kind"] for file in found.files} == {"tables"}
    assert found.body == {"kind": "fit_predictor", "options": {**tables, **WANTED}}


@pytest.mark.parametrize(
    ("given", "wanted", "words"),
    [
        (None, WANTED, "campaign is missing"),
        ("job_x", WANTED, "no completed campaign 'job_x'"),
        ("", {}, "predictor has no name"),
        ("", {**WANTED, "networks": "0" * 64}, "predictor takes no networks"),
    ],
)
def test_what_is_missing_is_refused_in_words(
    project: Project, campaign: Job, given: str | None, wanted: dict[str, str], words: str
) -> None:
    wish = Wish(JobKind.FIT_PREDICTOR, None, campaign=given or campaign.pk, options={"predictor": wanted})
    if given is None:
        wish = Wish(JobKind.FIT_PREDICTOR, None, options={"predictor": wanted})
    with pytest.raises(OrderError, match=words):
        order(project, wish)


def test_a_campaign_of_another_project_is_not_found(campaign: Job) -> None:
    other = Project.objects.create(name="other")
    with pytest.raises(OrderError, match="no completed campaign"):
        order(other, Wish(JobKind.FIT_PREDICTOR, None, campaign=campaign.pk, options={"predictor": WANTED}))


def test_a_predictor_takes_no_network() -> None:
    with pytest.raises(ProblemError, match="have no network"):
        wish_of({"kind": "fit_predictor", "network": "net_1"})


def test_services_have_slots_of_their_own(project: Project, campaign: Job) -> None:
    user = campaign.user
    for _ in range(2):
        submit(project, user, Wish(JobKind.ELABORATE, "edge-8x8"))
        submit(project, user, Wish(JobKind.FIT_PREDICTOR, None, campaign=campaign.pk, options={"predictor": WANTED}))
    claimed = {name: claim.claim("here:1", 1, name) for name in ServiceName}
    assert [job.kind for job in claimed[ServiceName.HARDWARE]] == ["elaborate"]
    assert [job.kind for job in claimed[ServiceName.LEARNING]] == ["fit_predictor"]
    assert not claim.claim("here:1", 1, ServiceName.LEARNING)
    waiting = {job.kind: claim.place_of(job, 1) for job in claim.queue()}
    assert {kind: place.position for kind, place in waiting.items() if place} == {"elaborate": 1, "fit_predictor": 1}
