"""Submitting and watching jobs."""

import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

from backend.jobs.documents import rebuild
from contracts.job import JobState
from tests.backend.e2e.stack import Stack, until
from tests.hwservice.small_network import small_network_bytes

BINARY = {"Content-Type": "application/octet-stream"}


def new_project(stack: Stack) -> tuple[str, str]:
    """A project of `owner@example.org`, and a small network in it."""
    project = stack.client().post("/projects", json={"name": "first"}).json()["id"]
    return project, upload(stack, project)


def upload(stack: Stack, project: str) -> str:
    """A small network."""
    answer = stack.client().post(
        f"/projects/{project}/networks", params={"name": "small"}, content=small_network_bytes(), headers=BINARY
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def submit(stack: Stack, project: str, **form: object) -> str:
    """The address of a submitted job."""
    body = {"kind": "simulate", "accelerator": "edge-8x8", "simulator": "null", **form}
    answer = stack.client().post(f"/projects/{project}/jobs", json=body)
    assert answer.status_code == 202, answer.text
    return answer.headers["Location"]


def until_simulating(stack: Stack, url: str) -> None:
    """The job's worker is at work."""
    until(lambda: stack.job(url)["phase"] == "simulate" or bool(stack.job(url)["done"]), 60)
    assert not stack.job(url)["done"]


def events(stack: Stack, url: str) -> list[dict[str, Any]]:
    """All events; they count without gaps."""
    items: list[dict[str, Any]] = stack.client().get(stack.backend.url + url + "/events?limit=5000").json()["items"]
    assert [event["sequence"] for event in items] == list(range(1, len(items) + 1))
    return items


def states(stack: Stack, url: str) -> list[tuple[int, str]]:
    """The attempt and state of each change of state."""
    found = [(event["attempt"], event["changes"].get("state")) for event in events(stack, url)]
    return [(attempt, state) for attempt, state in found if state]


def check_ended_once(stack: Stack, url: str, state: str) -> None:
    """It came to that end, once, and its events add up to what is fetched."""
    job = stack.wait(url, 90)
    assert job["state"] == state, job
    ends = [changed for _, changed in states(stack, url) if JobState(changed).done]
    assert ends == [state]
    known = rebuild(events(stack, url))
    assert {name: job[name] for name in known} == known


def worker_processes(stack: Stack) -> list[int]:
    """Those that carry out attempts, of any service."""
    found = subprocess.run(["pgrep", "-f", "hwservice.jobs.worker"], capture_output=True, text=True, check=False)
    mine, alive = str(stack.folder).encode(), []
    for pid in map(int, found.stdout.split()):
        with suppress(OSError):
            if mine in Path(f"/proc/{pid}/environ").read_bytes():
                alive.append(pid)
    return alive
