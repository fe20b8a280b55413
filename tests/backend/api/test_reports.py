"""Reports of simulations, and several side by side."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from backend.accounts.models import User
from backend.jobs.comparisons import MOST
from backend.jobs.models import Job, JobArtifact
from contracts.job import JobState
from tests.backend.conftest import ClientOf, keep

REPORTS = Path(__file__).parents[2] / "frontend/data"
Finished = Callable[[str], Job]


@pytest.fixture
def finished(job: Job) -> Finished:
    """A job like the editor's, that ended with a real report."""

    def make(report: str) -> Job:
        copy = Job.objects.get(pk=job.pk)
        copy.pk, copy.state, copy.name = f"job_{report}", JobState.COMPLETED.value, report
        copy.save(force_insert=True)
        artifact = keep((REPORTS / f"{report}.json").read_bytes())
        JobArtifact.objects.create(
            job=copy, name="report", artifact=artifact, file_name="report.json", media_type="application/json"
        )
        return copy

    return make


def test_a_report_is_what_the_simulation_wrote_and_never_changes(
    finished: Finished, viewer: User, client_of: ClientOf
) -> None:
    job = finished("resnet8-v1-edge-8x8")
    api = client_of(viewer)
    answer = api.get(f"/api/v1/jobs/{job.pk}/report")
    assert answer.status_code == 200
    assert answer.json() == json.loads((REPORTS / "resnet8-v1-edge-8x8.json").read_text())
    again = api.get(f"/api/v1/jobs/{job.pk}/report", HTTP_IF_NONE_MATCH=answer["ETag"])
    assert again.status_code == 304


def test_a_job_without_a_report_says_when_there_will_be_one(job: Job, viewer: User, client_of: ClientOf) -> None:
    problem = client_of(viewer).get(f"/api/v1/jobs/{job.pk}/report")
    assert problem.status_code == 409
    assert problem.json()["detail"] == "the job is queued; its report comes with its end"
    assert problem.json()["value"] == job.pk


def test_an_analysis_says_where_cycles_went_and_what_would_help(
    finished: Finished, viewer: User, stranger: User, client_of: ClientOf
) -> None:
    job = finished("resnet8-v2-pynq-8x32")
    path = f"/api/v1/jobs/{job.pk}/analysis"
    answer = client_of(viewer).get(path)
    found: dict[str, Any] = answer.json()
    assert sum(found["parts_cycles"].values()) == pytest.approx(found["cycles"])
    assert {layer["bound_by"] for layer in found["layers"]} >= {"compute"}
    assert found["layers"][1]["changes"][0]["saves_cycles"] > 0
    assert client_of(viewer).get(path, HTTP_IF_NONE_MATCH=answer["ETag"]).status_code == 304
    assert client_of(stranger).get(path).status_code == 404


def test_comparing_gives_ratios_to_the_reference_and_layers_by_name(
    finished: Finished, viewer: User, client_of: ClientOf
) -> None:
    small, large = finished("resnet8-v1-edge-8x8"), finished("resnet8-v1-pynq-8x32")
    path = f"/api/v1/compare?jobs={small.pk},{large.pk}&reference={large.pk}"
    found: dict[str, Any] = client_of(viewer).get(path).json()
    first, second = (item["figures"]["cycles"] for item in found["items"])
    assert second["ratio"] == 1
    assert first["ratio"] == pytest.approx(first["value"] / second["value"])
    assert (first["unit"], first["origin"]) == ("cycles", "measured on RTL")
    layer = next(row for row in found["layers"] if row["name"] == "stage1.0.conv2")
    report = json.loads((REPORTS / "resnet8-v1-pynq-8x32.json").read_text())
    cycles = next(layer["cycles"] for layer in report["layers"] if layer["name"] == "stage1.0.conv2")
    assert layer["cycles"][1] == cycles


def test_a_layer_that_one_network_lacks_is_absent_there(finished: Finished, viewer: User, client_of: ClientOf) -> None:
    jobs = [finished("resnet8-v1-edge-8x8"), finished("resnet8-v2-edge-8x8")]
    rows = client_of(viewer).get(f"/api/v1/compare?jobs={jobs[0].pk},{jobs[1].pk}").json()["layers"]
    names = [
        {layer["name"] for layer in json.loads((REPORTS / f"{job.name}.json").read_text())["layers"]} for job in jobs
    ]
    for row in rows:
        assert [cycles is not None for cycles in row["cycles"]] == [row["name"] in own for own in names]


def test_what_cannot_be_compared_is_named(
    finished: Finished, job: Job, viewer: User, stranger: User, client_of: ClientOf
) -> None:
    done = finished("resnet8-v1-edge-8x8")
    api = client_of(viewer)
    assert api.get(f"/api/v1/compare?jobs={done.pk},{job.pk}").json()["value"] == job.pk
    assert api.get("/api/v1/compare?jobs=").json()["field"] == "query.jobs"
    many = ",".join(f"job_{n}" for n in range(MOST + 1))
    assert api.get(f"/api/v1/compare?jobs={many}").status_code == 422
    assert api.get(f"/api/v1/compare?jobs={done.pk}&reference=job_x").json()["field"] == "query.reference"
    assert api.get(f"/api/v1/compare?jobs={done.pk},job_none").status_code == 404
    assert client_of(stranger).get(f"/api/v1/compare?jobs={done.pk}").status_code == 404
    assert client_of(stranger).get(f"/api/v1/jobs/{done.pk}/report").status_code == 404


def test_a_comparison_is_a_table_for_those_who_ask_for_one(
    finished: Finished, job: Job, viewer: User, client_of: ClientOf
) -> None:
    jobs = [finished("resnet8-v1-edge-8x8"), finished("resnet8-v1-pynq-8x32")]
    Job.objects.filter(pk=jobs[1].pk).update(name="=1+1")
    path = f"/api/v1/compare?jobs={jobs[0].pk},{jobs[1].pk}"
    answer = client_of(viewer).get(f"{path}&format=csv")
    assert answer["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(answer.content.decode().splitlines()))
    assert [row["job"] for row in rows] == [one.pk for one in jobs]
    assert (rows[0]["latency_ms.unit"], rows[0]["cycles.origin"]) == ("ms", "measured on RTL")
    assert rows[1]["name"] == "'=1+1", "spreadsheets would calculate it"
    assert client_of(viewer).get(path, HTTP_ACCEPT="text/csv").content == answer.content
    problem = client_of(viewer).get(f"/api/v1/compare?jobs={job.pk}&format=csv")
    assert problem["Content-Type"] == "application/problem+json"
    assert json.loads(problem.content)["value"] == job.pk
