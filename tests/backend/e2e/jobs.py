"""Submitting and watching jobs."""

from typing import Any

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
