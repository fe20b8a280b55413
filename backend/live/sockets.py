"""Events by websocket: `/ws/v1/jobs/{id}/events?after=`, one JSON text each, closed with 1000 at the job's end.

`/ws/v1/projects/{id}/events?after=` carries those of all jobs of a project, and has no end.
"""

import asyncio
import json
from contextlib import aclosing, suppress
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qs

from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.http import HttpRequest

from backend.accounts.caller import Caller
from backend.api.problems import ProblemError
from backend.live.callers import caller_of, request_of
from backend.live.follow import Stream, follow, stream_of_job, stream_of_project
from backend.live.sse import cursor_of
from backend.live.threads import in_thread
from backend.workspace.access import NotVisibleError

NORMAL: Final = 1000
UNAUTHORISED: Final = 4401
NOT_THERE: Final = 4404
MALFORMED: Final = 4422


class _Socket(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels has no types
    """One listener. What it says is ignored."""

    _sender: "asyncio.Task[None] | None" = None

    async def connect(self) -> None:
        """Accept, then refuse with a code where it must be, since browsers see no other reason."""
        await self.accept()
        name = self.scope["url_route"]["kwargs"]["name"]
        query = parse_qs(self.scope.get("query_string", b"").decode("latin-1"))
        try:
            after = cursor_of(query.get("after", ["0"])[-1])
            stream = await in_thread(self.stream_of, await in_thread(_caller, self.scope), name)
        except ProblemError as error:
            code = MALFORMED if error.field == "query.after" else UNAUTHORISED
            await self.close(code, error.detail[:100])
        except NotVisibleError as error:
            await self.close(NOT_THERE, str(error)[:100])
        else:
            self._sender = asyncio.create_task(self._send_all(stream, after))

    def stream_of(self, caller: Caller, name: str) -> Stream:
        """What is listened to."""
        raise NotImplementedError

    async def disconnect(self, code: int) -> None:
        """The listener left."""
        del code
        if self._sender is not None:
            self._sender.cancel()
            with suppress(asyncio.CancelledError):
                await self._sender

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Ignore it."""

    async def _send_all(self, stream: Stream, after: int) -> None:
        try:
            async with aclosing(follow(stream, after)) as batches:
                async for batch in batches:
                    for event in batch:
                        await self.send(json.dumps(event))
            await self.close(NORMAL)
        except NotVisibleError as error:
            await self.close(NOT_THERE, str(error)[:100])


class JobSocket(_Socket):
    """A listener to one job."""

    def stream_of(self, caller: Caller, name: str) -> Stream:
        """See the base class."""
        return stream_of_job(caller, name)


class ProjectSocket(_Socket):
    """A listener to all jobs of a project."""

    def stream_of(self, caller: Caller, name: str) -> Stream:
        """See the base class."""
        return stream_of_project(caller, name)


def _caller(scope: dict[str, Any]) -> Caller:
    """The caller of a websocket; a browser's must come from one of our own pages."""
    request = request_of(scope)
    if "HTTP_AUTHORIZATION" not in request.META:
        _check_origin(request)
    return caller_of(request)


def _check_origin(request: HttpRequest) -> None:
    origin = request.META.get("HTTP_ORIGIN", "")
    own = f"{'https' if settings.ENVIRONMENT.https else 'http'}://{request.get_host()}"
    if origin not in (own, *settings.CSRF_TRUSTED_ORIGINS):
        raise ProblemError(HTTPStatus.FORBIDDEN, "the page's origin is not trusted", field="header.Origin")
