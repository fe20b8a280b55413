"""What is known before a body is read: who sends it, and how long it is."""

import asyncio
import json
from typing import Any

import pytest
from django.conf import settings

from backend.accounts.models import Scope, User
from backend.accounts.tokens import issue
from backend.config.asgi import application
from backend.workspace.models import DataFile, Project
from tests.backend.api.world import Hardware
from tests.backend.conftest import SignedIn

pytestmark = pytest.mark.django_db(transaction=True)
Headers = list[tuple[bytes, bytes]]


def post(path: str, headers: Headers, *chunks: bytes) -> tuple[int, dict[str, Any], int]:
    """Status, body, and how many chunks were asked for."""
    said: list[Any] = []
    left = list(chunks)

    async def receive() -> dict[str, Any]:
        if not left:
            await asyncio.sleep(60)
        body = left.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(left)}

    async def send(message: Any) -> None:
        said.append(message)

    where, _, query = path.partition("?")
    scope = {
        "type": "http",
        "method": "POST",
        "path": where,
        "query_string": query.encode(),
        "client": ("127.0.0.1", 9),
    }
    asyncio.run(application({**scope, "headers": [(b"host", b"localhost"), *headers]}, receive, send))
    body = b"".join(message.get("body", b"") for message in said)
    return said[0]["status"], json.loads(body or b"{}"), len(chunks) - len(left)


def bearer(user: User, *scopes: Scope) -> Headers:
    text = issue(user, "test", scopes)[1]
    return [(b"authorization", f"Bearer {text}".encode()), (b"content-type", b"application/octet-stream")]


@pytest.mark.parametrize("place", ["projects/{}/data?name=x", "projects/{}/networks?name=x", "networks/net_1/versions"])
def test_of_a_stranger_s_upload_nothing_is_read(place: str, project: Project) -> None:
    wrong = [(b"authorization", b"Bearer ppn_0123456789abcdef." + b"x" * 43)]
    for headers in ([], wrong):
        status, problem, read = post(f"/api/v1/{place.format(project.pk)}", headers, b"a" * 99, b"b")
        assert (status, read) == (401, 0)
        assert problem["field"] == "header.Authorization"


def test_of_an_upload_whose_token_does_not_allow_it_nothing_is_read(project: Project, editor: User) -> None:
    headers = bearer(editor, Scope.READ, Scope.RUN)
    status, problem, read = post(f"/api/v1/projects/{project.pk}/data?name=x", headers, b"a" * 99, b"b")
    assert (status, problem["code"], read) == (403, "Scope", 0)


def test_an_upload_may_come_in_chunks_of_no_known_number(
    project: Project, editor: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.api.uploads.hardware_service", Hardware)
    headers = bearer(editor, Scope.READ, Scope.UPLOAD)
    status, made, read = post(f"/api/v1/projects/{project.pk}/data?name=x", headers, b"a" * 99, b"b", b"")
    assert (status, made["size_bytes"], read) == (201, 100, 3)
    assert DataFile.objects.get().artifact.size_bytes == 100


def test_a_browser_uploads_with_its_session(
    project: Project, editor: User, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.api.uploads.hardware_service", Hardware)
    cookie = signed_in(editor).cookies[settings.SESSION_COOKIE_NAME].value
    headers = [(b"cookie", f"{settings.SESSION_COOKIE_NAME}={cookie}; csrftoken={'c' * 32}".encode())]
    headers += [(b"x-csrftoken", b"c" * 32), (b"content-type", b"application/octet-stream")]
    status, made, _ = post(f"/api/v1/projects/{project.pk}/data?name=x", headers, b"a")
    assert (status, made.get("size_bytes")) == (201, 1)
