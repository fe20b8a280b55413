"""Events from a cursor on, of one job or of a whole project: the doorbell only says when to read."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from channels.layers import get_channel_layer

from backend.accounts.caller import Caller
from backend.accounts.tokens import is_alive
from backend.jobs import doorbell
from backend.jobs.events import Found, events_of_job, events_of_project
from backend.jobs.visible import job_for
from backend.live.threads import in_thread
from backend.workspace.access import NotVisibleError, project_for, role_of

_AT_ONCE: Final = 500
_LOOK_ANYWAY_S: Final = 5.0
"""Rings may be lost; nothing stays unread for longer than this."""
_GATHERED_S: Final = 0.003


@dataclass(frozen=True)
class Stream:
    """What somebody listens to.

    Attributes:
        caller: who listens.
        project: where it lies.
        cursor: which of an event's numbers its cursor is.
        group: who is rung at news.
        read: what is there after a cursor, whoever asks.
    """

    caller: Caller
    project: str
    cursor: str
    group: str
    read: Callable[[int], Found]

    def check(self) -> None:
        """Refuse who may not look any more: members may, whose token, if any, is alive.

        Raises:
            NotVisibleError: there is no such thing for this caller.
        """
        token, user = self.caller.token, self.caller.user
        if role_of(user, self.project) is None or (token is not None and not is_alive(token)):
            raise NotVisibleError("project", self.project)


def stream_of_job(caller: Caller, name: str) -> Stream:
    """A job's events; it ends with the job.

    Raises:
        NotVisibleError: there is no such job for this caller.
    """
    job = job_for(caller, name)

    def read(after: int) -> Found:
        return events_of_job(name, after, _AT_ONCE)

    return Stream(caller, job.project_id, "sequence", doorbell.job_group(name), read)


def stream_of_project(caller: Caller, name: str) -> Stream:
    """The events of all jobs of a project; it has no end.

    Raises:
        NotVisibleError: there is no such project for this caller.
    """
    project = project_for(caller.user, name).pk

    def read(after: int) -> Found:
        return events_of_project(project, after, _AT_ONCE)

    return Stream(caller, project, "number", doorbell.project_group(project), read)


class _SharedReads:
    """One read of the database for all who wait for the same events: a ring wakes all listeners of a job at once."""

    def __init__(self) -> None:
        self._gathering: dict[tuple[asyncio.AbstractEventLoop, str, int], asyncio.Task[Found]] = {}

    async def read(self, stream: Stream, after: int) -> Found:
        """What is there after a cursor; read after this was called."""
        key = (asyncio.get_running_loop(), stream.group, after)
        if key not in self._gathering:
            self._gathering[key] = asyncio.create_task(self._soon(key, stream))
        return await asyncio.shield(self._gathering[key])

    async def _soon(self, key: tuple[asyncio.AbstractEventLoop, str, int], stream: Stream) -> Found:
        await asyncio.sleep(_GATHERED_S)
        # Who comes from now on may have been rung for what this read misses.
        del self._gathering[key]
        return await in_thread(stream.read, key[2])


_reads: Final = _SharedReads()


async def follow(stream: Stream, after: int) -> AsyncGenerator[list[dict[str, Any]]]:
    """Events in batches to the end. An empty batch says that nothing happened for a while.

    Access is looked up before every batch: who is no longer a member, or whose token was revoked, hears no more.

    Raises:
        NotVisibleError: there is no such thing, or not for this caller (any more).
    """
    layer = get_channel_layer()
    channel = await layer.new_channel()
    await layer.group_add(stream.group, channel)
    try:
        while True:
            found = await _reads.read(stream, after)
            after = found["next"]
            if found["items"] or found["done"]:
                await in_thread(stream.check)
                yield found["items"]
            if found["done"]:
                return
            if not found["items"] and not await _rung(layer, channel):
                await in_thread(stream.check)
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
