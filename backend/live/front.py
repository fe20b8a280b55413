"""What stands before Django: caps on bodies, since Django reads a whole body before it looks at anything."""

import json
import re
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any, Final

from django.conf import settings

from backend.accounts.models import Scope as TokenScope
from backend.api.problems import MEDIA_TYPE, ProblemError
from backend.live.callers import caller_of_scope
from backend.live.threads import in_thread

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

PLAIN_BYTES: Final = 1 << 20
_UPLOADS: Final = re.compile(r"/api/v1/(projects/[^/]+/(networks|data)|networks/[^/]+/versions)")


class _TooLargeError(Exception):
    """The body exceeds its cap."""


class BodyCap:
    """Answers 413 as soon as it is clear that a body exceeds its cap: an upload's, or 1 MB.

    Of an upload nothing is read before it is known who sends it, and that the token at hand allows uploads.
    """

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
        if scope["method"] == "POST" and _UPLOADS.fullmatch(scope["path"]):
            problem = await in_thread(_not_allowed, scope)
            if problem is not None:
                await _send(send, scope["path"], problem)
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


def _not_allowed(scope: Scope) -> ProblemError | None:
    try:
        caller = caller_of_scope(scope)
    except ProblemError as problem:
        return problem
    if caller.may(TokenScope.UPLOAD):
        return None
    detail, fix = "the token lacks the scope 'upload'", "issue one with 'upload'"
    return ProblemError(HTTPStatus.FORBIDDEN, detail, code="Scope", fix=fix)


async def _refuse(send: Send, path: str, status: HTTPStatus, cap: int) -> None:
    detail = f"the body has more than {cap} bytes; at most that many are taken"
    fix = "send a smaller file, or ask the operator for a higher limit" if cap > PLAIN_BYTES else "send data as a file"
    if status is HTTPStatus.BAD_REQUEST:
        detail, fix = "Content-Length is no number", "send the body's length in bytes"
    await _send(send, path, ProblemError(status, detail, code="TooLarge", field="body", fix=fix))


async def _send(send: Send, path: str, problem: ProblemError) -> None:
    """An answer that ends the connection, since the body is still to come."""
    body = json.dumps(problem.document(path)).encode()
    headers = [(b"content-type", MEDIA_TYPE.encode()), (b"connection", b"close")]
    headers += [(name.lower().encode(), value.encode()) for name, value in problem.headers.items()]
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": int(problem.status), "headers": headers})
    await send({"type": "http.response.body", "body": body})
