"""Blocking work from coroutines: in threads that stay, and with them their connections to the database."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, ParamSpec, TypeVar

from asgiref.sync import sync_to_async
from django.db import close_old_connections

_LISTENERS: Final = ThreadPoolExecutor(4, "live-database")
REQUESTS: Final = ThreadPoolExecutor(32, "requests")
"""For whole requests. Some wait long, for a service or a lock; as many threads are made as wait at a time."""
P = ParamSpec("P")
R = TypeVar("R")


async def in_thread(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Do something with the database, in one of a few threads with connections of their own."""
    return await in_thread_of(_LISTENERS, lambda: work(*args, **kwargs))


async def in_thread_of(pool: ThreadPoolExecutor, work: Callable[[], R]) -> R:
    """Likewise, in a thread of a pool."""

    def fresh() -> R:
        close_old_connections()
        return work()

    return await sync_to_async(fresh, thread_sensitive=False, executor=pool)()
