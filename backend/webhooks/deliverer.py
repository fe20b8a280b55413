"""Posts what is due, beside the dispatcher. It holds no truth: killed at any moment, its successor goes on."""

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final, ParamSpec, TypeVar

from django.db import close_old_connections

from backend.webhooks.posting import post
from backend.webhooks.tries import Try, claim, finish, forget_old

_LOG: Final = logging.getLogger(__name__)
_POLL_SECONDS: Final = 0.5
_FORGET_SECONDS: Final = 3600.0
_AT_ONCE: Final = 16

P = ParamSpec("P")
R = TypeVar("R")


class Deliverer:
    """One per process at most; several processes may run one each."""

    def __init__(self) -> None:
        self._database = ThreadPoolExecutor(1, "webhooks-database")
        self._posts: set[asyncio.Task[None]] = set()
        self._room = asyncio.Event()
        self._forgot = -_FORGET_SECONDS

    async def run(self) -> None:
        """Work until cancelled."""
        try:
            while True:
                try:
                    await self._round()
                except Exception:
                    _LOG.exception("a round failed; the next one follows")
                self._room.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._room.wait(), _POLL_SECONDS)
        finally:
            for task in self._posts:
                task.cancel()
            await asyncio.gather(*self._posts, return_exceptions=True)
            self._database.shutdown()

    async def _round(self) -> None:
        for found in await self._store(claim, _AT_ONCE - len(self._posts)):
            task = asyncio.create_task(self._deliver(found), name=found.delivery)
            self._posts.add(task)
            task.add_done_callback(self._posts.discard)
        if time.monotonic() - self._forgot > _FORGET_SECONDS:
            self._forgot = time.monotonic()
            await self._store(forget_old)

    async def _deliver(self, found: Try) -> None:
        try:
            answer = await post(found.url, found.headers, found.body)
            await self._store(finish, found.delivery, found.lease, answer)
        except Exception:
            _LOG.exception("delivery %s failed by our fault; it is tried again when its lease ends", found.delivery)
        finally:
            self._room.set()

    async def _store(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Do something with the database, in the one thread that has its connection."""

        def fresh() -> R:
            close_old_connections()
            return work(*args, **kwargs)

        return await asyncio.get_running_loop().run_in_executor(self._database, fresh)
