"""Events from a cursor on, of one job or of a whole project: the doorbell only says when to read."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from channels.layers import get_channel_layer

from backend.accounts.caller import Caller
from backend.accounts.models import Token
from backend.jobs import doorbell
from backend.jobs.events import Found, events_of_job, events_of_project
from backend.jobs.visible import job_for
from backend.live.threads import in_thread
from backend.workspace.access import NotVisibleError, project_for

_AT_ONCE: Final = 500
_LOOK_ANYWAY_S: Final = 5.0
"""Rings may be lost; nothing stays unread for longer than this."""


@dataclass(frozen=True)
class Stream:
    """What somebody listens to.

    Attributes:
        caller: who listens.
        name: the job or project.
        cursor: which of an event's numbers its cursor is.
        group: who is rung at news.
        read: what is there after a cursor. Raises `NotVisibleError` to whoever may not look.
    """

    caller: Caller
    name: str
    cursor: str
    group: str
    read: Callable[[int], Found]

    def look(self, after: int) -> Found:
        """What is there after a cursor, to who still may look: members whose token, if any, is alive.

        Raises:
            NotVisibleError: there is no such thing, or not for this caller (any more).
        """
        token = self.caller.token
        if token is not None and not Token.objects.get(pk=token.pk).alive:
            raise NotVisibleError("token", token.pk)
        return self.read(after)


def stream_of_job(caller: Caller, job: str) -> Stream:
    """A job's events; it ends with the job."""

    def read(after: int) -> Found:
        return events_of_job(job_for(caller, job), after, _AT_ONCE)

    return Stream(caller, job, "sequence", doorbell.job_group(job), read)


def stream_of_project(caller: Caller, project: str) -> Stream:
    """The events of all jobs of a project; it has no end."""

    def read(after: int) -> Found:
        return events_of_project(project_for(caller.user, project).pk, after, _AT_ONCE)

    return Stream(caller, project, "number", doorbell.project_group(project), read)


async def follow(stream: Stream, after: int) -> AsyncGenerator[list[dict[str, Any]]]:
    """Events in batches to the end. An empty batch says that nothing happened for a while.

    Access is looked up again with every batch: who is no longer a member, or whose token was revoked, hears no more.

    Raises:
        NotVisibleError: there is no such thing, or not for this caller (any more).
    """
    layer = get_channel_layer()
    channel = await layer.new_channel()
    await layer.group_add(stream.group, channel)
    try:
        while True:
            found = await in_thread(stream.look, after)
            after = found["next"]
            if found["items"] or found["done"]:
                yield found["items"]
            if found["done"]:
                return
            if not found["items"] and not await _rung(layer, channel):
                yield []
    finally:
        await layer.group_discard(stream.group, channel)


async def _rung(layer: Any, channel: str) -> bool:
    """Wait for a ring, and take all others that came with it."""
    try:
        await asyncio.wait_for(layer.receive(channel), _LOOK_ANYWAY_S)
    except TimeoutError:
        return False
    with suppress(TimeoutError):
        while True:
            await asyncio.wait_for(layer.receive(channel), 0.001)
    return True
