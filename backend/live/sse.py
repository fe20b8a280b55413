"""Server-sent events, for whoever sits behind a proxy that knows no websockets."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from backend.accounts.caller import Caller
from backend.api.problems import ProblemError, invalid, problem_of, respond
from backend.live.callers import caller_of
from backend.live.follow import Stream, follow, stream_of_job, stream_of_project
from backend.live.threads import in_thread
from backend.workspace.access import NotVisibleError


async def job_events(request: HttpRequest, job: str) -> HttpResponseBase:
    """Events of a job from `?after=` or `Last-Event-ID` on; the stream ends with an event `end`."""
    return await _answer(request, stream_of_job, job)


async def project_events(request: HttpRequest, project: str) -> HttpResponseBase:
    """Events of all jobs of a project, likewise; this stream has no end."""
    return await _answer(request, stream_of_project, project)


async def _answer(request: HttpRequest, of: Callable[[Caller, str], Stream], name: str) -> HttpResponseBase:
    try:
        if request.method != "GET":
            detail = "server-sent events are read with GET"
            raise ProblemError(HTTPStatus.METHOD_NOT_ALLOWED, detail, headers={"Allow": "GET"})
        after = cursor_of(request.headers.get("Last-Event-ID") or request.GET.get("after", "0"))
        stream = await in_thread(of, await in_thread(caller_of, request), name)
    except (ProblemError, NotVisibleError) as error:
        return _refused(request, error)
    headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
    return StreamingHttpResponse(_lines(stream, after), content_type="text/event-stream", headers=headers)


def _refused(request: HttpRequest, error: Exception) -> HttpResponse:
    problem = problem_of(error)
    assert problem is not None
    return respond(request, problem)


def cursor_of(text: str) -> int:
    """A cursor from its text.

    Raises:
        ProblemError: it is no number.
    """
    if not text.isdecimal() or len(text) > 15:
        raise invalid("query.after", f"the cursor is {text[:40]!r}", text, "the sequence number of an event, or 0")
    return int(text)


async def _lines(stream: Stream, after: int) -> AsyncIterator[bytes]:
    try:
        async with aclosing(follow(stream, after)) as batches:
            async for batch in batches:
                if not batch:
                    yield b": nothing new\n\n"
                for event in batch:
                    yield f"id: {event[stream.cursor]}\nevent: job\ndata: {json.dumps(event)}\n\n".encode()
        yield b"event: end\ndata: {}\n\n"
    except NotVisibleError:
        yield b"event: gone\ndata: {}\n\n"
