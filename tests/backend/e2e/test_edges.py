"""`kill -9` of backend, service or worker at each edge of the state table: see `mortal`.

However a process died: the job ends as it would have, once; its events count without gaps and add up to what is fetched;
no process of any attempt is left.
"""

import os
import secrets
import signal
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.backend.e2e.jobs import (
    BINARY,
    check_ended_once,
    new_project,
    states,
    submit,
    until_simulating,
    worker_processes,
)
from tests.backend.e2e.mortal import arm, is_armed
from tests.backend.e2e.stack import Process, Stack, running_stack, until
from tests.hwservice.small_network import images_bytes

pytestmark = pytest.mark.slow

SOME = 160
"""Inputs of a job that can be disturbed while it runs."""
LONG = 10_000
"""Inputs of a job that is still at work when a test has done what it wants."""


@dataclass(frozen=True)
class Place:
    """A project with a network, and data that do not fit it."""

    stack: Stack
    project: str
    network: str
    misfits: str

    def submit(self, **form: object) -> str:
        return submit(self.stack, self.project, **{"network": self.network, "count": 1, **form})

    def arm(self, point: str) -> None:
        arm(self.stack.folder / "mortal", point)

    def submit_mortally(self, point: str, mortal: Process, **form: object) -> str:
        """Submit a job over which a process dies, perhaps before it answered, and start that again."""
        self.arm(point)
        name = secrets.token_hex(8)
        with suppress(httpx.TransportError):
            self.submit(name=name, **form)
        mortal.revive()
        found = self.stack.client().get("/jobs", params={"project": self.project, "limit": 200}).json()["items"]
        (job,) = [job["id"] for job in found if job["name"] == name]
        return f"/api/v1/jobs/{job}"

    def cancel(self, url: str) -> None:
        """Ask for it; the backend may die over it."""
        with suppress(httpx.TransportError):
            self.stack.client().post(self.stack.backend.url + url + "/cancel")

    def check(self, url: str, state: str = "completed", attempt: int | None = None) -> None:
        check_ended_once(self.stack, url, state)
        assert not is_armed(self.stack.folder / "mortal"), "nobody came by"
        assert attempt in (None, self.stack.job(url)["attempt"])
        until(lambda: not worker_processes(self.stack))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("edges")
    with running_stack(folder, "tests.backend.e2e.mortal", lease_s="2") as stack:
        project, network = new_project(stack)
        answer = stack.client().post(
            f"/projects/{project}/data",
            params={"name": "misfits"},
            content=images_bytes(shape=(3, 4, 4)),
            headers=BINARY,
        )
        yield Place(stack, project, network, answer.json()["id"])


def test_a_job_whose_submission_was_cut_off_exists_once_when_it_is_sent_again(place: Place) -> None:
    body = {"kind": "compile", "accelerator": "edge-8x8", "network": place.network, "name": "cut off"}
    client, path = place.stack.client(), f"/projects/{place.project}/jobs"
    place.arm("backend.jobs.submit.submit after")
    with pytest.raises(httpx.TransportError):
        client.post(path, json=body, headers={"Idempotency-Key": "cut-off"})
    place.stack.backend.revive()
    answer = client.post(path, json=body, headers={"Idempotency-Key": "cut-off"})
    assert answer.status_code == 202
    found = client.get("/jobs", params={"project": place.project, "limit": 200}).json()["items"]
    assert [job["name"] for job in found].count("cut off") == 1
    place.check(answer.headers["Location"])


@pytest.mark.parametrize(
    "point",
    [
        "backend.jobs.claim.claim before",
        "backend.jobs.claim.charge before",
        "backend.jobs.claim.claim after",
        "backend.clients.service.ServiceClient.put_attempt after",
        "backend.jobs.outbox.started after",
        "backend.jobs.attempts.hear before",
        "backend.jobs.attempts.complete before",
        "backend.jobs.attempts.artifacts_of before",
        "backend.jobs.attempts.complete after",
    ],
)
def test_a_job_completes_in_its_first_attempt_wherever_the_backend_dies(place: Place, point: str) -> None:
    url = place.submit_mortally(point, place.stack.backend)
    place.check(url, attempt=1)


@pytest.mark.parametrize("side", ["before", "after"])
def test_a_job_fails_once_where_the_backend_dies_over_its_failure(place: Place, side: str) -> None:
    url = place.submit_mortally(f"backend.jobs.attempts.fail {side}", place.stack.backend, inputs=place.misfits)
    place.check(url, "failed", attempt=1)
    assert place.stack.job(url)["failure"]["class"] == "input"


@pytest.mark.parametrize("side", ["before", "after"])
def test_a_job_is_tried_again_once_where_backend_and_worker_die(place: Place, side: str) -> None:
    url = place.submit(count=SOME)
    until_simulating(place.stack, url)
    place.arm(f"backend.jobs.attempts.fail {side}")
    kill_workers(place.stack, signal.SIGKILL)
    place.stack.backend.revive()
    place.check(url, attempt=2)


@pytest.mark.parametrize("side", ["before", "after"])
def test_a_silent_attempt_is_tried_again_once_where_the_backend_dies_over_it(place: Place, side: str) -> None:
    url = place.submit(count=SOME)
    until_simulating(place.stack, url)
    place.arm(f"backend.jobs.attempts.expire {side}")
    place.stack.service.signal(signal.SIGSTOP)
    place.stack.backend.revive()
    until(lambda: place.stack.job(url)["state"] == "queued")
    place.stack.service.signal(signal.SIGCONT)
    place.check(url, attempt=2)


@pytest.mark.parametrize(
    "point",
    [
        "backend.jobs.attempts.cancel after",
        "backend.clients.service.ServiceClient.cancel after",
        "backend.jobs.attempts.end_cancelled before",
        "backend.jobs.attempts.end_cancelled after",
    ],
)
def test_a_running_job_is_cancelled_wherever_the_backend_dies(place: Place, point: str) -> None:
    url = place.submit(count=LONG)
    until_simulating(place.stack, url)
    place.arm(point)
    place.cancel(url)
    place.stack.backend.revive()
    if (
        place.stack.job(url)["state"] == "running"
    ):  # it died before anything was on disk: the caller heard of no success
        place.cancel(url)
    place.check(url, "cancelled", attempt=1)


def test_a_waiting_job_is_cancelled_or_not_where_the_backend_dies_over_it(place: Place) -> None:
    place.stack.service.kill()
    url = place.submit()
    place.arm("backend.jobs.attempts.cancel after")
    place.cancel(url)
    place.stack.backend.revive()
    place.cancel(url)
    place.check(url, "cancelled", attempt=1)
    place.stack.service.start()


@pytest.mark.parametrize(
    "point",
    ["put before", "put after", "hear_progress after", "hear_ended before", "hear_ended after"],
)
def test_a_job_completes_wherever_the_service_dies(place: Place, point: str) -> None:
    url = place.submit_mortally(f"servicekit.jobs.board.JobBoard.{point}", place.stack.service)
    place.check(url)


@pytest.mark.parametrize("side", ["before", "after"])
def test_a_job_is_cancelled_where_the_service_dies_over_it(place: Place, side: str) -> None:
    url = place.submit(count=LONG)
    until_simulating(place.stack, url)
    place.arm(f"servicekit.jobs.board.JobBoard.cancel {side}")
    place.cancel(url)
    place.stack.service.revive()
    place.check(url, "cancelled", attempt=1)


@pytest.mark.parametrize("point", ["_limit before", "carry_out before", "carry_out after"])
def test_a_job_completes_in_its_second_attempt_wherever_the_worker_dies(place: Place, point: str) -> None:
    place.arm(f"servicekit.jobs.worker.{point}")
    url = place.submit()
    place.check(url, attempt=2)
    assert states(place.stack, url) == [(1, "queued"), (1, "running"), (2, "queued"), (2, "running"), (2, "completed")]


def test_a_worker_frozen_for_too_long_is_replaced_and_gone(place: Place) -> None:
    url = place.submit(count=SOME)
    until_simulating(place.stack, url)
    frozen = kill_workers(place.stack, signal.SIGSTOP)
    until(lambda: place.stack.job(url)["attempt"] == 2)
    assert not any(Path(f"/proc/{pid}").exists() for pid in frozen)
    place.check(url, attempt=2)


def kill_workers(stack: Stack, number: int) -> list[int]:
    found = worker_processes(stack)
    assert found
    for pid in found:
        os.kill(pid, number)
    return found
