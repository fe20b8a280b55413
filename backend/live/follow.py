"""A job's events from a cursor on: the doorbell only says when to read."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Any, Final

from channels.layers import get_channel_layer

from backend.accounts.caller import Caller
from backend.api.views_jobs import events_after
from backend.jobs import doorbell
from backend.jobs.visible import job_for
from backend.live.threads import in_thread

_AT_ONCE: Final = 500
_LOOK_ANYWAY_S: Final = 5.0
"""Rings may be lost; nothing stays unread for longer than this."""


async def follow(caller: Caller, job_id: str, after: int) -> AsyncGenerator[list[dict[str, Any]]]:
    """Events in batches to the job's end. An empty batch says that nothing happened for a while.

    Access is looked up again with every batch: who is no longer a member hears no more.

    Raises:
        NotVisibleError: there is no such job, or not for this caller (any more).
    """
    layer = get_channel_layer()
    channel = await layer.new_channel()
    await layer.group_add(doorbell.job_group(job_id), channel)
    try:
        while True:
            found = await in_thread(_read, caller, job_id, after)
            after = found["next"]
            if found["items"] or found["done"]:
                yield found["items"]
            if found["done"]:
                return
            if not found["items"] and not await _rung(layer, channel):
                yield []
    finally:
        await layer.group_discard(doorbell.job_group(job_id), channel)


def _read(caller: Caller, job_id: str, after: int) -> dict[str, Any]:
    return events_after(job_for(caller, job_id), after, _AT_ONCE)


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
