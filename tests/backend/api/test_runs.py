"""Many jobs at once: runs, actions on several jobs, the queue."""

from collections.abc import Mapping
from typing import Any

import pytest

from backend.accounts.models import User
from backend.clients.service import ServiceDownError
from backend.jobs import standing
from backend.jobs.claim import place_of, queue
from backend.jobs.models import Job, Run
from backend.workspace.models import Network, Project
from contracts.job import JobState
from tests.backend.conftest import Api, ClientOf, Configure


class TwoSlots:
    """A hardware service that can carry out two jobs at a time."""

    def slots(self) -> int:
        return 2


@pytest.fixture(autouse=True)
def service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standing, "hardware_service", TwoSlots)


def submit(api: Api, project: Project, **values: Any) -> Any:
    return api.post(f"/api/v1/projects/{project.pk}/runs", {"name": "sweep", "kind": "simulate", **values})


def test_a_run_is_every_network_on_every_accelerator(
    editor: User, viewer: User, project: Project, network: Network, client_of: ClientOf
) -> None:
    answer = submit(client_of(editor), project, networks=[network.pk], accelerators=["edge-8x8", "pynq-8x32"], count=2)
    assert answer.status_code == 202
    run = client_of(viewer).get(answer["Location"]).json()
    assert run["states"]["queued"] == 2
    jobs = client_of(viewer).get(f"/api/v1/jobs?run={run['id']}").json()["items"]
    assert {job["accelerator_name"] for job in jobs} == {"edge-8x8", "pynq-8x32"}
    assert [item["id"] for item in client_of(viewer).get(f"/api/v1/projects/{project.pk}/runs").json()["items"]] == [
        run["id"]
    ]


def test_a_run_is_submitted_whole_or_not_at_all(
    editor: User, project: Project, network: Network, client_of: ClientOf, configure: Configure
) -> None:
    api = client_of(editor)
    wrong = submit(api, project, networks=[network.pk, "net_none"], accelerators=["edge-8x8"])
    assert (wrong.status_code, wrong.json()["field"]) == (422, "body.network")
    configure(queued_per_user=1)
    full = submit(api, project, networks=[network.pk], accelerators=["edge-8x8", "pynq-8x32"])
    assert full.status_code == 429
    assert not Job.objects.exists()
    assert not Run.objects.exists()


def test_options_that_the_kind_lacks_are_refused_by_name(
    editor: User, project: Project, network: Network, client_of: ClientOf
) -> None:
    values = {"networks": [network.pk], "accelerators": ["edge-8x8"], "kind": "compile", "count": 2}
    assert submit(client_of(editor), project, **values).json()["field"] == "body.count"


def test_cancelling_a_run_ends_its_jobs(
    editor: User, viewer: User, project: Project, network: Network, client_of: ClientOf
) -> None:
    run = submit(client_of(editor), project, networks=[network.pk], accelerators=["edge-8x8", "pynq-8x32"]).json()
    assert client_of(viewer).post(run["url"] + "/cancel").status_code == 403
    assert client_of(editor).post(run["url"] + "/cancel").json()["states"]["cancelled"] == 2


def test_each_job_of_an_action_answers_for_itself(job: Job, editor: User, client_of: ClientOf) -> None:
    api = client_of(editor)

    def act(do: str) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = api.post(
            "/api/v1/jobs/actions", {"do": do, "jobs": [job.pk, "job_none"]}
        ).json()["items"]
        return found

    early, missing = act("retry")
    assert (early["problem"]["status"], missing["problem"]["status"]) == (409, 404)
    assert act("cancel")[0]["changed"] is True
    retried = act("retry")[0]
    assert Job.objects.get(pk=retried["new"]).retry_of_id == job.pk


def test_the_queue_tells_what_waits_for_what_and_hides_what_others_do(
    job: Job, viewer: User, stranger: User, client_of: ClientOf
) -> None:
    seen = client_of(viewer).get("/api/v1/queue").json()
    assert (seen["slots"], seen["busy"], seen["queued"]) == (2, 0, 1)
    assert (seen["waiting"][0]["job"]["id"], seen["waiting"][0]["reason"]) == (job.pk, "a free slot")
    assert client_of(stranger).get("/api/v1/queue").json()["waiting"][0]["job"] is None
    User.objects.filter(pk=job.user_id).update(running_max=0)
    reason = client_of(viewer).get("/api/v1/queue").json()["waiting"][0]["reason"]
    assert reason == "its user or project has as many jobs running as it may"


def test_without_the_service_the_queue_says_so(
    job: Job, viewer: User, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down() -> TwoSlots:
        raise ServiceDownError("nobody answers")

    monkeypatch.setattr(standing, "hardware_service", down)
    seen = client_of(viewer).get("/api/v1/queue").json()
    assert seen["problem"] == "nobody answers"
    assert seen["waiting"][0]["reason"] == "the hardware service is away"
    assert seen["waiting"][0]["job"]["id"] == job.pk


def test_a_jobs_position_is_its_place_in_the_order_of_claims(job: Job, owner: User) -> None:
    for number, (campaign, user) in enumerate([(False, owner), (True, owner), (False, job.user), (True, job.user)]):
        copy = Job.objects.get(pk=job.pk)
        copy.pk, copy.campaign, copy.user = f"job_{number}", campaign, user
        copy.save(force_insert=True)
    User.objects.filter(pk=owner.pk).update(level=3, weight=0.5)
    User.objects.filter(pk=job.user_id).update(level=7, weight=2)
    waiting = list(queue())
    assert [place_of(one, 1).position for one in waiting] == list(range(1, 6))  # type: ignore[union-attr]
    assert {one.state for one in waiting} == {JobState.QUEUED.value}
