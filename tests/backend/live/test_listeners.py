"""Who may listen to a job's events: the same callers as in the API."""

import asyncio
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from django.test import Client

from backend.accounts.models import Scope, User
from backend.accounts.tokens import issue
from backend.config.asgi import application
from backend.jobs.attempts import cancel
from backend.jobs.models import Job
from backend.workspace.models import Membership

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
