"""Django under ASGI with each request whole in one thread, which keeps its connection to the database.

Django's own handler makes a thread, and with it a connection, for each request, and changes between thread and loop for
each middleware, each signal and the closing of the answer: three times the work of a list of jobs (measured by
`benchmarks.api_reads`).
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import IO, Any

from django.conf import settings
from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix
from django.utils.module_loading import import_string

from backend.live.threads import REQUESTS, in_thread_of

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Answering = Callable[[HttpRequest], HttpResponseBase]


class OneThreadHandler(ASGIHandler):
    """Middleware and views run as under WSGI; bodies come and answers go by the loop, so that streams hold no thread."""

    def load_middleware(self, is_async: bool = False) -> None:
        """Without the adapters that change between thread and loop, and without what programs have no use for."""
        del is_async
        super().load_middleware(is_async=False)
        chains: Any = self  # what Django's handler calls its parts is not in its types
        for_pages: Answering = chains._middleware_chain
        for_programs: Any = convert_exception_to_response(chains._get_response)
        for name in reversed(settings.MIDDLEWARE_FOR_PROGRAMS):
            for_programs = convert_exception_to_response(import_string(name)(for_programs))
        chains._middleware_chain = lambda request: (for_programs if _of_program(request) else for_pages)(request)

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Serve one request; without a context of its own, which would make it a thread."""
        await self.handle(scope, receive, send)

    async def handle(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Read, answer, send. That the caller left stops nothing but streams."""
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        with body:
            set_script_prefix(get_script_prefix(scope))
            request, refused = self.create_request(_with_length(scope, body), body)
            answer = await self.get_response_async(request) if request is not None else refused
            assert answer is not None
            if answer.streaming:
                await self._stream(answer, receive, send)
            else:
                await self.send_response(answer, send)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        """The answer, made in one go; streams are closed when they have been read."""

        def respond() -> HttpResponseBase:
            signals.request_started.send(sender=self.__class__, scope=getattr(request, "scope", None))
            answer = self.get_response(request)
            if not answer.streaming:
                answer.close()
            return answer

        return await in_thread_of(REQUESTS, respond)

    async def _stream(self, answer: HttpResponseBase, receive: Receive, send: Send) -> None:
        """Send until the end, or until the caller leaves."""
        tasks = [asyncio.create_task(self.listen_for_disconnect(receive))]
        tasks.append(asyncio.create_task(self.send_response(answer, send)))
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
                with suppress(asyncio.CancelledError, RequestAborted):
                    await task
            await in_thread_of(REQUESTS, answer.close)


def _of_program(request: HttpRequest) -> bool:
    """It presents a token: sessions, messages and the pages' content policy do not concern it."""
    return "HTTP_AUTHORIZATION" in request.META and request.path_info.startswith("/api/")


def _with_length(scope: dict[str, Any], body: IO[bytes]) -> dict[str, Any]:
    """With the body's length where it came in chunks, which Django would take for an empty one."""
    if any(name == b"content-length" for name, _ in scope["headers"]):
        return scope
    size = body.seek(0, os.SEEK_END)
    body.seek(0)
    return {**scope, "headers": [*scope["headers"], (b"content-length", str(size).encode())]} if size else scope
