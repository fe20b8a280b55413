from collections.abc import Callable
from pathlib import Path

import pytest

from backend.jobs.models import Job, JobArtifact
from contracts.job import JobState
from tests.backend.conftest import keep

REPORTS = Path(__file__).parents[2] / "frontend/data"
Finished = Callable[[int], list[Job]]


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
