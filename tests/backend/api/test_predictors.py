"""Predictors as programs see them: listed, looked at from all sides, asked, deleted."""

import json
from dataclasses import asdict
from typing import Any

import pytest

from backend.accounts.models import User
from backend.jobs.models import Job
from backend.jobs.predictors import versions_in
from backend.workspace.models import Network, Project
from contracts.accelerator import PRESETS
from contracts.job import JobState
from contracts.structure.families import FAMILIES
from tests.backend.api.world import Hardware
from tests.backend.conftest import ClientOf
from tests.backend.predictors import DATA, card, predictor_like

pytestmark = pytest.mark.usefixtures("hardware")
STRUCTURE = FAMILIES["plain"]((3, 16, 16), (8, 16)).to_mapping()


@pytest.fixture
def predictor(job: Job) -> Job:
    return predictor_like(job, "job_predictor")


def test_a_predictor_is_listed_with_version_data_and_scores(
    predictor: Job, job: Job, project: Project, viewer: User, client_of: ClientOf
) -> None:
    assert predictor.pk == "job_predictor"
    predictor_like(job, "job_second")
    predictor_like(job, "job_other", "other")
    found = client_of(viewer).get(f"/api/v1/projects/{project.pk}/predictors").json()["items"]
    numbered = {one["id"]: (one["name"], one["version"]) for one in found}
    assert numbered == {"job_predictor": ("board", 1), "job_second": ("board", 2), "job_other": ("other", 1)}
    assert found[0]["data_digest"] == card()["data_digest"]
    assert found[0]["scores"]["all"]["mape"] == card()["scores"]["all"]["mape"]


def test_an_evaluation_is_what_the_job_wrote_and_never_changes(
    predictor: Job, viewer: User, client_of: ClientOf
) -> None:
    api = client_of(viewer)
    answer = api.get(f"/api/v1/predictors/{predictor.pk}/evaluation")
    assert answer.json() == json.loads((DATA / "evaluation.json").read_text())
    again = api.get(f"/api/v1/predictors/{predictor.pk}/evaluation", HTTP_IF_NONE_MATCH=answer["ETag"])
    assert again.status_code == 304


def test_a_network_is_asked_about_by_name_and_a_structure_as_it_is(
    predictor: Job, network: Network, viewer: User, client_of: ClientOf
) -> None:
    queries = [{"network": network.pk, "accelerator": "edge-8x8"}, {"structure": STRUCTURE}]
    said = client_of(viewer).post(f"/api/v1/predictors/{predictor.pk}/predictions", {"queries": queries}).json()
    assert (said["predictor"], said["unit"]) == (predictor.pk, "ms")
    first, second = said["items"]
    assert (first["version"], first["accelerator"], first["expert"]) == (network.versions.get().pk, "edge-8x8", 1.8)
    assert (second["version"], second["accelerator"]) == (None, "pynq-8x32")


def simulation(job: Job, key: str, **options: Any) -> None:
    """As `job`, completed with 2.5 ms."""
    found = Job.objects.get(pk=job.pk)
    found.pk, found.state, found.figures = key, JobState.COMPLETED.value, {"latency_ms": 2.5}
    found.options = {"accelerator": asdict(PRESETS["edge-8x8"]), **options}
    found.save(force_insert=True)


def test_the_rtls_figure_stands_beside_where_the_same_was_simulated(
    predictor: Job, job: Job, network: Network, viewer: User, client_of: ClientOf
) -> None:
    def measured(accelerator: str) -> Any:
        body = {"queries": [{"network": network.pk, "accelerator": accelerator}]}
        said = client_of(viewer).post(f"/api/v1/predictors/{predictor.pk}/predictions", body).json()
        return said["items"][0]["measured"]

    simulation(job, "job_null", simulator="null")
    assert measured("edge-8x8") is None
    simulation(job, "job_real")
    assert measured("edge-8x8") == {"value": 2.5, "job": "job_real", "origin": "measured on RTL"}
    assert measured("pynq-8x32") is None


@pytest.mark.parametrize(
    ("query", "field", "words"),
    [
        ({}, "body.queries.0", "say a network or a structure"),
        ({"network": "net_x", "structure": STRUCTURE}, "body.queries.0", "not both"),
        ({"network": "net_x"}, "body.network", "no network 'net_x'"),
        ({"structure": STRUCTURE, "accelerator": "pynq"}, "body.accelerator", "no accelerator 'pynq'"),
    ],
)
def test_a_question_that_names_nothing_is_refused_with_its_place(
    predictor: Job, viewer: User, client_of: ClientOf, query: dict[str, Any], field: str, words: str
) -> None:
    answer = client_of(viewer).post(f"/api/v1/predictors/{predictor.pk}/predictions", {"queries": [query]})
    assert answer.status_code == 422
    assert answer.json()["field"] == field
    assert words in answer.json()["detail"]


def test_a_network_that_structures_cannot_say_is_named(
    predictor: Job, network: Network, viewer: User, client_of: ClientOf
) -> None:
    version = network.versions.get()
    version.facts = {**version.facts, "structure": "wide is dilated by (2, 2), which structures cannot say"}
    version.save()
    body = {"queries": [{"network": network.pk}]}
    answer = client_of(viewer).post(f"/api/v1/predictors/{predictor.pk}/predictions", body)
    assert answer.status_code == 422
    assert "version 1 of small: wide is dilated" in answer.json()["detail"]


def test_a_network_of_before_structures_were_read_is_looked_at_again(
    predictor: Job, network: Network, viewer: User, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = network.versions.get()
    del version.facts["structure"]
    version.save()
    path, body = f"/api/v1/predictors/{predictor.pk}/predictions", {"queries": [{"network": network.pk}]}
    refused = client_of(viewer).post(path, body)
    assert (refused.status_code, "its structure was not read" in refused.json()["detail"]) == (422, True)
    monkeypatch.setattr(Hardware, "ensure", lambda *_: {"structure": STRUCTURE})
    assert client_of(viewer).post(path, body).status_code == 200
    assert network.versions.get().facts["structure"] == STRUCTURE


def test_a_deleted_predictor_is_gone_but_its_job_and_its_number_stay(
    predictor: Job, job: Job, project: Project, editor: User, client_of: ClientOf
) -> None:
    api = client_of(editor)
    assert api.delete(f"/api/v1/predictors/{predictor.pk}").status_code == 204
    assert api.get(f"/api/v1/predictors/{predictor.pk}").status_code == 404
    shown = api.get(f"/api/v1/jobs/{predictor.pk}").json()
    assert (shown["state"], shown["artifacts"]) == ("completed", {})
    again = predictor_like(job, "job_second")
    assert versions_in(project.pk)[again.pk] == 2


def test_predictors_of_others_do_not_exist(predictor: Job, stranger: User, client_of: ClientOf) -> None:
    answer = client_of(stranger).get(f"/api/v1/predictors/{predictor.pk}")
    assert (answer.status_code, answer.json()["field"]) == (404, "path.predictor")
