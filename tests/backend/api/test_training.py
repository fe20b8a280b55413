"""Training jobs as the backend takes them: what the service is asked for, and what becomes of the networks that they make."""

from collections.abc import Mapping
from typing import Any

import pytest

from backend.accounts.models import User
from backend.jobs import attempts
from backend.jobs.claim import claim, of_service
from backend.jobs.lineage import Made, networks_among, version_of
from backend.jobs.models import Job, JobArtifact
from backend.jobs.orders import OrderError, Wish, order
from backend.jobs.submit import submit
from backend.workspace.models import Accelerator, DataFile, Project
from contracts.job import JobKind, ServiceName
from tests.backend.conftest import ClientOf, keep

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("hardware")]
TRAINED = {"accuracy_float": 0.9, "params": 1000, "train_energy_wh": 0.5}
PRUNED = {**TRAINED, "measured_latency_ms": 0.1, "measured_energy_mj": 0.2, "bit_exact": True, "accuracy_dense": 0.9}


@pytest.fixture
def data_set(project: Project, editor: User) -> DataFile:
    facts = {"image_shape": [1, 8, 8], "classes": 10}
    artifact = keep(b"images")
    return DataFile.objects.create(project=project, name="my images", artifact=artifact, facts=facts, created_by=editor)


def finish(job: Job, result: Mapping[str, Any], files: Mapping[str, bytes] | None = None) -> Job:
    """The job, which made a network, or several."""
    (running,) = claim("dispatcher", 1, ServiceName.LEARNING)
    assert running.pk == job.pk
    files = files or {"network": b"a network of " + job.pk.encode(), "report": b"{}"}
    rows = [
        JobArtifact(
            job=running, name=name, artifact=keep(content), file_name=name, media_type="application/octet-stream"
        )
        for name, content in files.items()
    ]
    made = [Made(each, {"layers": 4}) for each in networks_among(running, rows, result)]
    assert attempts.complete(running, result, rows, made)
    return Job.objects.get(pk=job.pk)


@pytest.fixture
def trained(project: Project, editor: User) -> Job:
    job = submit(project, editor, Wish(JobKind.TRAIN, None, options={"data": "digits", "epochs": 2}))
    return finish(job, TRAINED)


def test_the_service_gets_everything_that_it_must_have(
    project: Project, data_set: DataFile, trained: Job, accelerator: Accelerator
) -> None:
    options = {"data": data_set.pk, "network": "resnet20", "latency_ms": 0.2, "epochs": 2}
    found = order(project, Wish(JobKind.PRUNE, accelerator.pk, options=options, dense=trained.pk))
    report = trained.artifacts.get(name="report").artifact_id
    assert {file["kind"]: file["digest"] for file in found.files} == {
        "data-sets": data_set.artifact_id,
        "reports": report,
    }
    said = found.body["options"]
    assert (said["data"], said["dense"]) == (data_set.artifact_id, report)
    assert said["accelerator"]["rows"] == accelerator.description.rows
    assert said["seed"] == 0
    assert found.network_name == "resnet20 on my images"


@pytest.mark.parametrize(
    ("options", "more", "field", "words"),
    [
        ({"data": "data_x", "latency_ms": 1}, {}, "data", "no data file 'data_x'"),
        ({"epochs": 0, "latency_ms": 1}, {}, "epochs", "^epochs is 0$"),
        ({}, {}, "latency_ms", "there is no budget"),
        ({"latency_ms": 1}, {"dense": "job_x"}, "dense", "no completed training job 'job_x'"),
    ],
)
def test_what_is_wrong_is_refused_by_name(
    project: Project, options: dict[str, Any], more: dict[str, str], field: str, words: str
) -> None:
    with pytest.raises(OrderError, match=words) as refused:
        order(project, Wish(JobKind.PRUNE, "pynq-8x32", options=options, **more))
    assert refused.value.field == field


def test_a_budget_below_the_least_is_refused_with_the_least(
    project: Project, editor: User, client_of: ClientOf
) -> None:
    answer = client_of(editor).post(f"/api/v1/projects/{project.pk}/prune", {"latency_ms": 0.001})
    assert answer.status_code == 422
    problem = answer.json()
    assert (problem["field"], problem["fix"]) == ("body.latency_ms", "give at least 0.01001")


@pytest.mark.parametrize(
    ("kind", "body", "field", "detail", "fix"),
    [
        ("train", {"network": "resnet9"}, "network", "there is no network 'resnet9'", "did you mean resnet8"),
        ("prune", {"network": "resnet9", "latency_ms": 1}, "network", "there is no network", "did you mean resnet8"),
        ("train", {"epochs": 0}, "epochs", "epochs is 0", "give 1 to 1000"),
        ("train", {"validation_share": 1.5}, "validation_share", "validation_share is 1.5", "give a share from 0"),
        ("pareto", {"shares": [1.5]}, "shares", "a share is 1.5", "give shares above 0, up to 1"),
        ("pareto", {"shares": [0.001]}, "shares", "shares 0.001 of the dense network's latency_ms", "at least 0.02501"),
        ("pareto", {"budgets_mj": [0.001]}, "budgets_mj", "budgets_mj 0.001 is below", "give at least 0.02001"),
        ("pareto", {}, "shares", "there is no budget", "give one of shares, budgets_ms, budgets_mj"),
    ],
)
def test_a_newcomer_s_mistakes_are_named_before_anything_is_queued(
    project: Project,
    editor: User,
    client_of: ClientOf,
    kind: str,
    body: dict[str, Any],
    field: str,
    detail: str,
    fix: str,
) -> None:
    answer = client_of(editor).post(f"/api/v1/projects/{project.pk}/{kind}", body)
    assert answer.status_code == 422
    problem = answer.json()
    assert problem["field"] == f"body.{field}"
    assert detail in problem["detail"]
    assert fix in problem["fix"]
    assert problem["fix"] not in problem["detail"]
    assert not Job.objects.exists()


def test_what_a_job_made_becomes_a_version_with_its_job_and_what_it_came_from(
    project: Project, editor: User, viewer: User, trained: Job, client_of: ClientOf
) -> None:
    dense = version_of(trained.pk)
    assert dense is not None
    assert (dense.network.name, dense.number, dense.how, dense.parent) == ("resnet8 on digits", 1, "trained", None)
    wish = Wish(
        JobKind.PRUNE, "pynq-8x32", options={"data": "digits", "latency_ms": 0.2, "epochs": 2}, dense=trained.pk
    )
    pruned = finish(submit(project, editor, wish), PRUNED)
    said = client_of(viewer).get(f"/api/v1/networks/{dense.network_id}/versions/2").json()
    assert (said["how"], said["made_by"], said["parent"]) == ("pruned", pruned.pk, dense.pk)
    assert pruned.result is not None
    assert pruned.result["version"] == said["id"]
    assert pruned.figures["latency_ms"] == PRUNED["measured_latency_ms"]
    assert pruned.figures["accuracy_dense"] == 0.9


def test_each_network_of_a_sweep_becomes_a_version_that_came_from_the_dense_one_of_its_seed(
    project: Project, editor: User, viewer: User, client_of: ClientOf
) -> None:
    options = {"data": "digits", "methods": ["dense", "swd"], "shares": [0.5], "seeds": [0, 1], "epochs": 2}
    job = submit(project, editor, Wish(JobKind.PARETO, "pynq-8x32", options=options))
    points: list[dict[str, Any]] = [
        {
            "run": f"{method}-{seed}",
            "method": method,
            "seed": seed,
            "budget": budget,
            "file": f"network-{seed}-{method}",
        }
        for seed in (0, 1)
        for method, budget in (("swd", "latency-0.5"), ("dense", None))
    ]
    files = {point["file"]: f"a network of {point['run']}".encode() for point in points}
    done = finish(job, {"points": [*points, {"run": "lost", "method": "swd"}], "cells": []}, files)
    assert done.result is not None
    named = {point["run"]: point.get("version") for point in done.result["points"]}
    assert named.pop("lost") is None
    (network,) = {point["network_id"] for point in done.result["points"] if "version" in point}
    listed = client_of(viewer).get(f"/api/v1/networks/{network}/versions").json()["items"]
    versions = {each["id"]: each for each in listed}
    assert len(versions) == 4
    assert {each["made_by"] for each in listed} == {job.pk}
    for seed in (0, 1):
        dense, pruned = versions[named[f"dense-{seed}"]], versions[named[f"swd-{seed}"]]
        assert (dense["how"], dense["parent"]) == ("trained", None)
        assert (pruned["how"], pruned["parent"]) == ("pruned", dense["id"])
        assert pruned["note"] == f"swd, latency-0.5, seed {seed}"


def test_training_has_the_slots_of_the_learning_service(trained: Job) -> None:
    assert of_service(Job.objects.all(), ServiceName.LEARNING).get() == trained
