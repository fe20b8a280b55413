"""Database work from coroutines."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, ParamSpec, TypeVar

from asgiref.sync import sync_to_async
from django.db import close_old_connections

_POOL: Final = ThreadPoolExecutor(4, "live-database")
P = ParamSpec("P")
R = TypeVar("R")


async def in_thread(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Do something with the database, in one of a few threads with connections of their own."""

    def fresh() -> R:
        close_old_connections()
        return work(*args, **kwargs)

    return await sync_to_async(fresh, thread_sensitive=False, executor=_POOL)()
