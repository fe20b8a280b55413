"""What happens to a job, as it happens: the stream, taken up again where it broke, or polling where none comes through."""

import json
from collections.abc import Iterator
from typing import Any, Final

import httpx

from proprunn.errors import InternalError
from proprunn.transport import Transport

_MEDIA_TYPE: Final = "text/event-stream"
_POLL_S: Final = 1.0
_BROKEN_BEFORE_POLLING: Final = 3

Event = dict[str, Any]


def follow(transport: Transport, job: str, after: int = 0) -> Iterator[Event | None]:
    """Events after a cursor until the job is over; None now and then, so that whoever waits can look at the clock.

    Each event comes once, whatever breaks on the way.

    Raises:
        NotFoundError: the job is not there for this caller, or not any more.
        InternalError: the installation stayed away for all attempts.
    """
    broken = 0
    while broken < _BROKEN_BEFORE_POLLING:
        before = after
        try:
            for event in _stream(transport, job, after):
                if event is _END:
                    return
                after = event["sequence"] if event else after
                yield event
            broken += 1  # it ended without an end
        except _NoStreamError:
            break
        except InternalError:
            broken += 1
        broken = 1 if after != before else broken
        yield None
        transport.sleep(transport.pause(broken - 1))
    yield from poll(transport, job, after)


def poll(transport: Transport, job: str, after: int = 0) -> Iterator[Event | None]:
    """As `follow`, by asking again and again."""
    while True:
        found = transport.get(f"/jobs/{job}/events", {"after": after})
        yield from found["items"]
        after = found["next"]
        if found["done"]:
            return
        if not found["items"]:
            yield None
            transport.sleep(_POLL_S)


class _NoStreamError(Exception):
    """Something on the way does not let streams through."""


_END: Final[Event] = {}


def _stream(transport: Transport, job: str, after: int) -> Iterator[Event | None]:
    path, headers = f"/jobs/{job}/events/stream", {"Accept": _MEDIA_TYPE}
    with transport.stream(path, headers, {"after": after}) as answer:
        if not answer.headers.get("Content-Type", "").startswith(_MEDIA_TYPE):
            raise _NoStreamError
        yield from _parsed(answer)


def _parsed(answer: httpx.Response) -> Iterator[Event | None]:
    kind = ""
    for line in answer.iter_lines():
        if line.startswith(":"):
            yield None
        elif line.startswith("event:"):
            kind = line.removeprefix("event:").strip()
        elif line.startswith("data:") and kind == "job":
            yield json.loads(line.removeprefix("data:"))
        elif line.startswith("data:"):  # `end`; or `gone`, of which fetching the job tells
            yield _END
