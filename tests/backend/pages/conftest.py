from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django import DjangoAssertNumQueries

from backend.accounts.models import User
from backend.jobs.models import Job, JobArtifact
from contracts.job import JobState
from tests.backend.conftest import SignedIn, keep

REPORTS = Path(__file__).parents[2] / "frontend/data"
Finished = Callable[[int], list[Job]]
Asked = Callable[[User, str, int], bytes]


@pytest.fixture
def finished(job: Job) -> Finished:
    """As many jobs like the editor's that ended, each with a report of its own."""

    def make(count: int) -> list[Job]:
        text = (REPORTS / "resnet8-v1-edge-8x8.json").read_text()
        made = []
        for number in range(count):
            copy = Job.objects.get(pk=job.pk)
            copy.pk, copy.state, copy.name = f"job_done_{number:03}", JobState.COMPLETED.value, f"done {number}"
            copy.save(force_insert=True)
            JobArtifact.objects.create(
                job=copy,
                name="report",
                artifact=keep(text.replace('"compile_s":', f'"number": {number}, "compile_s":').encode()),
                file_name="report.json",
                media_type="application/json",
            )
            made.append(copy)
        return made

    return make


@pytest.fixture
def asked(signed_in: SignedIn, django_assert_num_queries: DjangoAssertNumQueries) -> Asked:
    """What a page answers to somebody, with exactly so many queries."""

    def ask(user: User, path: str, queries: int) -> bytes:
        browser = signed_in(user)
        with django_assert_num_queries(queries):
            answer = browser.get(path)
        assert answer.status_code == 200
        return bytes(answer.content)

    return ask
