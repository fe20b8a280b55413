"""Tells whoever listens that there is something new to read. Nothing is carried, and a lost ring costs only time."""

import asyncio
from typing import Final

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

RUNG: Final = {"type": "rung"}
DISPATCH: Final = "dispatch"
"""Group of the dispatchers."""
_bound: list[asyncio.AbstractEventLoop] = []


def bind(loop: asyncio.AbstractEventLoop) -> None:
    """Ring in this loop from now on: the in-memory layer's queues belong to the loop of their readers."""
    _bound[:] = [loop]


def job_group(job_id: str) -> str:
    """Who listens to a job."""
    return f"job.{job_id}"


def project_group(project_id: str) -> str:
    """Who listens to a project."""
    return f"project.{project_id}"


def ring(job_id: str, project_id: str) -> None:
    """There are new events of a job."""
    _send(job_group(job_id), project_group(project_id))


def ring_dispatch() -> None:
    """There is something to claim or to tell."""
    _send(DISPATCH)


def _send(*groups: str) -> None:
    loop = _bound[0] if _bound else None
    if loop is not None and loop.is_running():
        asyncio.run_coroutine_threadsafe(_send_all(groups), loop)
    else:
        async_to_sync(_send_all)(groups)


async def _send_all(groups: tuple[str, ...]) -> None:
    layer = get_channel_layer()
    for group in groups:
        await layer.group_send(group, RUNG)
