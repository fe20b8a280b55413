"""Whichever process dies or freezes, at whichever edge: no job is lost, none finishes twice."""

import signal
import time
from collections.abc import Iterator

import pytest

from tests.backend.e2e.jobs import check_ended_once, new_project, states, submit, until_simulating, worker_processes
from tests.backend.e2e.stack import Stack, running_stack, until

pytestmark = pytest.mark.slow

LEASE_S = 2.0
COUNT = 150
"""Inputs: enough for a job that can be disturbed while it runs."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack that tests may hurt; whole again for the next one."""
    with running_stack(tmp_path_factory.mktemp("mortal"), lease_s=str(LEASE_S)) as found:
        yield found


@pytest.fixture(scope="module")
def place(stack: Stack) -> tuple[str, str]:
    return new_project(stack)


def workers(stack: Stack) -> int:
    return len(worker_processes(stack))


def check_finished_once(stack: Stack, url: str) -> None:
    check_ended_once(stack, url, "completed")


def test_a_job_goes_on_where_the_backend_was_killed(stack: Stack, place: tuple[str, str]) -> None:
    url = submit(stack, place[0], network=place[1], count=COUNT)
    until_simulating(stack, url)
    stack.backend.kill()
    stack.backend.start()
    check_finished_once(stack, url)
    assert stack.job(url)["attempt"] == 1


def test_a_job_that_ended_while_the_backend_was_dead_is_brought_home(stack: Stack, place: tuple[str, str]) -> None:
    url = submit(stack, place[0], network=place[1], count=100)
    until_simulating(stack, url)
    stack.backend.kill()
    until(lambda: workers(stack) == 0)
    stack.backend.start()
    check_finished_once(stack, url)
    assert stack.job(url)["attempt"] == 1


def test_jobs_that_waited_when_the_backend_was_killed_are_carried_out(stack: Stack, place: tuple[str, str]) -> None:
    urls = [submit(stack, place[0], network=place[1], count=10 + number) for number in range(6)]
    stack.backend.kill()
    stack.backend.start()
    for url in urls:
        check_finished_once(stack, url)
    until(lambda: workers(stack) == 0)


def test_a_job_is_started_anew_where_the_service_was_killed(stack: Stack, place: tuple[str, str]) -> None:
    url = submit(stack, place[0], network=place[1], count=COUNT)
    until_simulating(stack, url)
    stack.service.kill()
    until(lambda: workers(stack) == 0)
    stack.service.start()
    check_finished_once(stack, url)
    job = stack.job(url)
    assert job["attempt"] == 2
    assert states(stack, url)[:3] == [(1, "queued"), (1, "running"), (2, "queued")]


def test_a_service_frozen_past_the_lease_changes_nothing_when_it_wakes(stack: Stack, place: tuple[str, str]) -> None:
    url = submit(stack, place[0], network=place[1], count=COUNT)
    until_simulating(stack, url)
    stack.service.signal(signal.SIGSTOP)
    until(lambda: stack.job(url)["state"] == "queued", 30)
    assert "nothing was heard" in stack.job(url)["reason"]
    stack.service.signal(signal.SIGCONT)
    check_finished_once(stack, url)
    assert stack.job(url)["attempt"] == 2
    until(lambda: workers(stack) == 0)


def test_a_frozen_backend_that_wakes_goes_on(stack: Stack, place: tuple[str, str]) -> None:
    url = submit(stack, place[0], network=place[1], count=COUNT)
    until_simulating(stack, url)
    stack.backend.signal(signal.SIGSTOP)
    time.sleep(2 * LEASE_S)
    stack.backend.signal(signal.SIGCONT)
    check_finished_once(stack, url)


def test_cancelling_survives_the_backend(stack: Stack, place: tuple[str, str]) -> None:
    url = submit(stack, place[0], network=place[1], count=10_000)
    until_simulating(stack, url)
    stack.service.signal(signal.SIGSTOP)
    stack.client().post(stack.backend.url + url + "/cancel")
    stack.backend.kill()
    stack.service.signal(signal.SIGCONT)
    stack.backend.start()
    assert stack.wait(url, 20)["state"] == "cancelled"
    until(lambda: workers(stack) == 0)


def test_a_job_is_cancelled_though_its_service_is_dead(stack: Stack, place: tuple[str, str]) -> None:
    url = submit(stack, place[0], network=place[1], count=10_000)
    until_simulating(stack, url)
    stack.service.kill()
    stack.client().post(stack.backend.url + url + "/cancel")
    try:
        assert stack.wait(url, 20)["state"] == "cancelled"
        until(lambda: workers(stack) == 0)
    finally:
        stack.service.start()


def test_jobs_wait_while_the_service_is_away(stack: Stack, place: tuple[str, str]) -> None:
    stack.service.kill()
    url = submit(stack, place[0], network=place[1], count=3)
    time.sleep(2 * LEASE_S)
    assert stack.job(url)["state"] == "queued"
    stack.service.start()
    check_finished_once(stack, url)
    assert states(stack, url) == [(1, "queued"), (1, "running"), (1, "completed")]
