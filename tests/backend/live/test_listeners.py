"""Who may listen to a job's events: the same callers as in the API."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from django.db import connections
from django.test import Client
from django.utils import timezone

from backend.accounts.caller import Caller
from backend.accounts.models import Scope, Token, User
from backend.accounts.tokens import check, issue
from backend.config.asgi import application
from backend.jobs.attempts import cancel
from backend.jobs.models import Job
from backend.jobs.orders import Wish
from backend.jobs.submit import submit
from backend.live.follow import stream_of_job
from backend.workspace.access import NotVisibleError
from backend.workspace.models import Membership, Network, Project
from contracts.job import JobKind
from tests.backend.conftest import ClientOf

pytestmark = pytest.mark.django_db(transaction=True)
ROLES = {"owner": 200, "editor": 200, "viewer": 200, "stranger": 404, "operator": 200}


def header(user: User) -> str:
    return f"Bearer {issue(user, 'test', [Scope.READ])[1]}"


def close_code(job: Job, authorization: str | None) -> int:
    """How the socket of a job that is over ends."""

    async def listen() -> int:
        headers = [(b"host", b"localhost")] + ([(b"authorization", authorization.encode())] if authorization else [])
        path = f"/ws/v1/jobs/{job.pk}/events"
        scope = {"type": "websocket", "path": path, "query_string": b"", "headers": headers, "subprotocols": []}
        socket = ApplicationCommunicator(application, scope)  # type: ignore[no-untyped-call]  # asgiref
        await socket.send_input({"type": "websocket.connect"})  # type: ignore[no-untyped-call]  # asgiref
        while True:
            said: dict[str, Any] = await socket.receive_output(5)  # type: ignore[no-untyped-call]  # asgiref
            if said["type"] == "websocket.close":
                return int(said["code"])

    return asyncio.run(listen())


@pytest.mark.parametrize(("role", "status"), ROLES.items())
def test_members_hear_a_job_s_events_and_strangers_hear_of_no_job(
    role: str, status: int, job: Job, request: pytest.FixtureRequest
) -> None:
    cancel(job, "no longer needed")
    authorization = header(request.getfixturevalue(role))
    answer = Client().get(f"/api/v1/jobs/{job.pk}/events/stream", HTTP_AUTHORIZATION=authorization)
    answer.close()
    assert answer.status_code == status
    assert close_code(job, authorization) == {200: 1000, 404: 4404}[status]


def test_without_an_account_nothing_is_heard(job: Job) -> None:
    assert Client().get(f"/api/v1/jobs/{job.pk}/events/stream").status_code == 401
    assert close_code(job, "Bearer wrong") == 4401
    assert close_code(job, None) == 4401


def test_whoever_is_no_longer_a_member_hears_no_more(job: Job, viewer: User) -> None:
    cancel(job, "no longer needed")
    authorization = header(viewer)
    assert close_code(job, authorization) == 1000
    Membership.objects.filter(user=viewer).delete()
    assert close_code(job, authorization) == 4404


async def told_by(path: str, authorization: str, count: int, meanwhile: Callable[[], None]) -> list[dict[str, Any]]:
    """So many events of a socket that stays open; something happens once it is."""
    headers = [(b"host", b"localhost"), (b"authorization", authorization.encode())]
    where, _, query = path.partition("?")
    scope = {"type": "websocket", "path": where, "query_string": query.encode(), "headers": headers, "subprotocols": []}
    socket = ApplicationCommunicator(application, scope)  # type: ignore[no-untyped-call]  # asgiref
    await socket.send_input({"type": "websocket.connect"})  # type: ignore[no-untyped-call]  # asgiref
    assert (await socket.receive_output(5))["type"] == "websocket.accept"  # type: ignore[no-untyped-call]  # asgiref
    await asyncio.to_thread(meanwhile)
    said = [await socket.receive_output(10) for _ in range(count)]  # type: ignore[no-untyped-call]  # asgiref
    await socket.send_input({"type": "websocket.disconnect", "code": 1000})  # type: ignore[no-untyped-call]  # asgiref
    await socket.wait(5)  # type: ignore[no-untyped-call]  # asgiref
    return [json.loads(message["text"]) for message in said]


def test_a_project_s_events_are_those_of_all_its_jobs_in_one_order(
    job: Job, project: Project, editor: User, viewer: User, network: Network, client_of: ClientOf
) -> None:
    def meanwhile() -> None:
        second = submit(project, editor, Wish(JobKind.COMPILE, "edge-8x8", network=network.pk))
        cancel(job, "no longer needed")
        cancel(second, "nor this")
        connections.close_all()

    place = f"projects/{project.pk}/events"
    heard = asyncio.run(told_by(f"/ws/v1/{place}?after=1", header(viewer), 3, meanwhile))
    assert [event["number"] for event in heard] == [2, 3, 4]
    assert [event["changes"]["state"] for event in heard] == ["queued", "cancelled", "cancelled"]
    client = client_of(viewer)
    listed = client.get(f"/api/v1/{place}").json()
    assert (listed["items"][1:], listed["next"], listed["done"]) == (heard, 4, False)
    assert client.get(f"/api/v1/{place}?after=3").json()["items"] == heard[-1:]
    for one in {event["job"] for event in heard} | {job.pk}:
        alone = client.get(f"/api/v1/jobs/{one}/events").json()["items"]
        assert alone == [event for event in listed["items"] if event["job"] == one]


@pytest.mark.parametrize(("role", "status"), ROLES.items())
def test_members_hear_a_project_s_events_as_they_see_the_project(
    role: str, status: int, project: Project, request: pytest.FixtureRequest
) -> None:
    authorization = header(request.getfixturevalue(role))
    answer = Client().get(f"/api/v1/projects/{project.pk}/events/stream", HTTP_AUTHORIZATION=authorization)
    answer.close()
    assert answer.status_code == status


def test_whose_token_is_revoked_hears_no_more(job: Job, viewer: User) -> None:
    token, text = issue(viewer, "test", [Scope.READ])
    stream = stream_of_job(Caller.of_token(check(text, "127.0.0.1")), job.pk)
    stream.check()
    Token.objects.filter(pk=token.pk).update(revoked=timezone.now())
    with pytest.raises(NotVisibleError):
        stream.check()
