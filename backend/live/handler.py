"""Django under ASGI with each request whole in one thread, which keeps its connection to the database.

Django's own handler makes a thread, and with it a connection, for each request, and changes between thread and loop for
each middleware: three times the work of a list of jobs (measured by `benchmarks.api_reads`).
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from backend.live.threads import REQUESTS, in_thread_of

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]


class OneThreadHandler(ASGIHandler):
    """Middleware and views run as under WSGI; bodies come and answers go by the loop, so that streams hold no thread."""

    def load_middleware(self, is_async: bool = False) -> None:
        """Without the adapters that change between thread and loop."""
        del is_async
        super().load_middleware(is_async=False)

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Serve one request; without a context of its own, which would make it a thread."""
        await self.handle(scope, receive, send)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        """The answer, made in one go."""
        return await in_thread_of(REQUESTS, lambda: self.get_response(request))
