"""What the pages of predictors ask of the database: the same however many there are."""

from collections.abc import Iterator
from dataclasses import asdict

import pytest

from backend.accounts.models import User
from backend.clients import current
from backend.jobs.models import Job
from backend.workspace.models import Network, Project
from contracts.accelerator import PRESETS
from contracts.job import JobState
from tests.backend.api.world import Hardware
from tests.backend.pages.conftest import Asked
from tests.backend.predictors import predictor_like

QUERIES = {"index": 7, "new": 5, "predictor": 13}
ASKED = 16
"""With the answer about one network."""


@pytest.fixture
def learning(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Predictors that say 2 ms, 1.9 to 2.1, to whatever they are asked."""
    monkeypatch.setattr(current, "ServiceClient", Hardware)
    current.learning_service.cache_clear()
    yield
    current.learning_service.cache_clear()


@pytest.mark.parametrize("count", [1, 12])
def test_a_page_asks_as_often_however_much_there_is(
    project: Project, network: Network, job: Job, editor: User, asked: Asked, count: int
) -> None:
    assert network.project == project
    for number in range(count):
        predictor = predictor_like(job, f"job_predictor{number:02}")
    of_project = f"/projects/{project.pk}/predictors"
    places = {"index": of_project, "new": f"{of_project}/new", "predictor": f"/predictors/{predictor.pk}"}
    for name, address in places.items():
        asked(editor, address, QUERIES[name])


@pytest.mark.usefixtures("learning")
def test_a_network_is_asked_about_beside_what_the_rtl_measured(
    network: Network, job: Job, editor: User, asked: Asked
) -> None:
    done = Job.objects.get(pk=job.pk)
    done.pk, done.state, done.figures = "job_done", JobState.COMPLETED.value, {"latency_ms": 2.5}
    done.options = {"accelerator": asdict(PRESETS["edge-8x8"])}
    done.save(force_insert=True)
    predictor = predictor_like(job, "job_predictor")
    page = asked(editor, f"/predictors/{predictor.pk}?network={network.pk}&accelerator=edge-8x8", ASKED).decode()
    for shown in ("1.9 to 2.1", "yes</span>", "1.8", 'href="/jobs/job_done/report"', ">2.5</a>", "20.0"):
        assert shown in page, shown
    refused = asked(editor, f"/predictors/{predictor.pk}?network=net_x", QUERIES["predictor"] + 1).decode()
    assert "there is no network &#x27;net_x&#x27; here" in refused
