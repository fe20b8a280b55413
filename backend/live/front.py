"""What stands before Django: caps on bodies, since Django reads a whole body before it looks at anything."""

import json
import re
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any, Final

from django.conf import settings

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

PLAIN_BYTES: Final = 1 << 20
_UPLOADS: Final = re.compile(r"/api/v1/(projects/[^/]+/(networks|data)|networks/[^/]+/versions)")


class _TooLargeError(Exception):
    """The body exceeds its cap."""


class BodyCap:
    """Answers 413 as soon as it is clear that a body exceeds its cap: an upload's, or 1 MB."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        cap = cap_for(scope["path"])
        headers = dict(scope["headers"])
        declared = headers.get(b"content-length", b"0")
        if not declared.isdigit() or int(declared) > cap:
            status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE if declared.isdigit() else HTTPStatus.BAD_REQUEST
            await _refuse(send, scope["path"], status, cap)
            return
        try:
            await self._app(scope, _capped(receive, cap), send)
        except _TooLargeError:
            await _refuse(send, scope["path"], HTTPStatus.REQUEST_ENTITY_TOO_LARGE, cap)


def cap_for(path: str) -> int:
    """The largest body that is taken there, in bytes."""
    upload: int = settings.ENVIRONMENT.upload_bytes
    return upload if _UPLOADS.fullmatch(path) else PLAIN_BYTES


def _capped(receive: Receive, cap: int) -> Receive:
    seen = 0

    async def counted() -> MutableMapping[str, Any]:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > cap:
            raise _TooLargeError
        return message

    return counted


async def _refuse(send: Send, path: str, status: HTTPStatus, cap: int) -> None:
    detail = f"the body has more than {cap} bytes; at most that many are taken"
    if status is HTTPStatus.BAD_REQUEST:
        detail = "Content-Length is no number"
    problem = {
        "type": "urn:proprunn:problem:TooLarge",
        "title": status.phrase,
        "status": int(status),
        "detail": detail,
        "instance": path,
        "code": "TooLarge",
        "field": "body",
        "fix": f"at most {cap} bytes, with their number in Content-Length",
    }
    body = json.dumps(problem).encode()
    headers = [(b"content-type", b"application/problem+json"), (b"connection", b"close")]
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": int(status), "headers": headers})
    await send({"type": "http.response.body", "body": body})
